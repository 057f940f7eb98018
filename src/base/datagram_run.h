// Outgoing datagrams of one path that lie one behind the other: what a kernel with segmentation
// offload (UDP_SEGMENT) sends for little more than the price of one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"

namespace parley {

struct DatagramRun {
  FlowPath path;
  Bytes bytes;           // of all of them, not empty
  uint16_t segment = 0;  // size of each; the last may be shorter

  size_t count() const { return (bytes.size() + segment - 1) / segment; }
  // `i` < count().
  Bytes datagram(size_t i) const {
    const size_t at = i * segment;
    return bytes.subspan(at, std::min<size_t>(segment, bytes.size() - at));
  }
};

}  // namespace parley
