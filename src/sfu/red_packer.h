// Redundant audio (RFC 2198) for viewers whose path loses packets: each packet carries the one
// before it once more, so that a single loss costs nothing. Made here once for all of them;
// publishers needn't send it.
#pragma once

#include <array>
#include <cstdint>

#include "base/bounded.h"
#include "base/bytes.h"
#include "rtp/red.h"
#include "sfu/up_track.h"

namespace parley::sfu {

class RedPacker {
 public:
  explicit RedPacker(PacketPool& pool) : pool_(pool) {}

  // Remembers a plain packet that is being delivered; before pack() of the same.
  void on_packet(const TrackPacket& packet);
  // The packet as RED, its blocks numbered `payload_type` as the viewer's Opus is. Plain as it was
  // if there is no copy to add or no room: viewers of more than kVariants numberings at a time. The
  // payload is lent by the pool, which must be pinned.
  TrackPacket pack(const TrackPacket& packet, uint8_t payload_type);

 private:
  static constexpr size_t kVariants = 2;
  static constexpr size_t kMostPayload = 2 * rtp::kMaxRedBlockSize + 5;
  struct Kept {
    int64_t sequence = -1;
    int64_t rtp_time = 0;
    size_t size = 0;
    std::array<uint8_t, rtp::kMaxRedBlockSize> bytes;
  };
  struct Variant {
    uint8_t payload_type = 0;
    Bytes payload;  // empty: it couldn't be made
  };

  PacketPool& pool_;
  std::array<Kept, 2> kept_;  // this packet and the one before
  size_t newest_ = 0;
  BoundedVector<Variant, kVariants> variants_;
};

}  // namespace parley::sfu
