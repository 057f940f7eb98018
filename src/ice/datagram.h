// What an ICE agent hands out to be sent.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"

namespace parley::ice {

// Every message an agent writes fits: the largest is a check, with two user name fragments of
// kMaxUfrag.
inline constexpr size_t kMaxMessage = 512;
// RFC 8839 §5.4 allows 256; browsers use 4 to 8.
inline constexpr size_t kMaxUfrag = 128;

struct OutDatagram {
  FlowPath path;
  std::array<uint8_t, kMaxMessage> bytes;
  size_t size = 0;

  Bytes data() const { return Bytes(bytes).first(size); }
};

}  // namespace parley::ice
