// Generic NACK (RFC 4585 §6.2.1): a list of lost sequence numbers. See rtcp.h for the conventions
// of parse and write.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bounded.h"
#include "rtp/rtcp.h"

namespace parley::rtp {

// More than a receiver can want at once: half a second at 1,000 packets a second.
inline constexpr size_t kMaxNackSequences = 512;

struct Nack {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  BoundedVector<uint16_t, kMaxNackSequences> sequences;  // in wire order
  bool truncated = false;                                // the packet asked for more than the bound
};

std::optional<Nack> parse_nack(const RtcpBlock& block);

// Packs `sequences` in the order given; ascending order (on the circle) packs best. An empty list
// writes nothing and returns false.
bool write_nack(ByteWriter& writer, uint32_t sender_ssrc, uint32_t media_ssrc,
                std::span<const uint16_t> sequences);

}  // namespace parley::rtp
