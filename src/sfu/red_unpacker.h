// Takes a publisher's redundant audio (RFC 2198) apart, so that everything behind it sees plain
// packets, and fills gaps from the copies.
//
// Rules:
//  1. A frame is given once, whichever packet brings it.
//  2. Copies stand for the packets right before theirs, as browsers send them; those whose own
//     packet hasn't come yet are given first, oldest first. Their own packet, should it come later,
//     is not given any more.
//  3. What is older than kWindow packets is ignored.
#pragma once

#include <cstdint>

#include "base/bounded.h"
#include "sfu/up_track.h"

namespace parley::sfu {

class RedUnpacker {
 public:
  static constexpr int64_t kWindow = 64;
  using Primaries = BoundedVector<TrackPacket, 4>;

  // Of every audio packet of a track, redundant or not. Payloads point into `packet`'s. Empty if
  // all was given before or the payload isn't RED as it says.
  Primaries unpack(const TrackPacket& packet);

 private:
  bool take(int64_t sequence);

  int64_t newest_ = -1;
  uint64_t taken_ = 0;  // bit i: newest_ - i
};

}  // namespace parley::sfu
