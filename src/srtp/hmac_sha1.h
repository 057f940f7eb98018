// HMAC-SHA1 (RFC 2104) with the key's two blocks hashed beforehand, as SRTP authenticates with one
// key for long.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace parley::srtp {

class HmacSha1 {
 public:
  static constexpr size_t kDigestLength = 20;

  // At most 64 bytes of key.
  explicit HmacSha1(Bytes key);
  ~HmacSha1();

  // The digest of the three parts one after the other; allocates nothing.
  std::array<uint8_t, kDigestLength> digest(Bytes a, Bytes b, Bytes c) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::srtp
