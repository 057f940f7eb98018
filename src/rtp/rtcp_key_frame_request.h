// The two ways to ask a sender for a key frame: picture loss indication (RFC 4585 §6.3.1) and full
// intra request (RFC 5104 §4.3.1). See rtcp.h for the conventions of parse and write.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bounded.h"
#include "rtp/rtcp.h"

namespace parley::rtp {

struct PictureLoss {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  bool operator==(const PictureLoss&) const = default;
};

std::optional<PictureLoss> parse_pli(const RtcpBlock& block);
bool write_pli(ByteWriter& writer, const PictureLoss& pli);

struct FirEntry {
  uint32_t ssrc = 0;
  // Counts commands per SSRC; a repeated one is a retransmission of the same request.
  uint8_t sequence = 0;
  bool operator==(const FirEntry&) const = default;
};

// A peer has a few encodings; entries beyond the bound are ignored.
inline constexpr size_t kMaxFirEntries = 32;

struct FullIntraRequest {
  uint32_t sender_ssrc = 0;
  BoundedVector<FirEntry, kMaxFirEntries> entries;
};

std::optional<FullIntraRequest> parse_fir(const RtcpBlock& block);
bool write_fir(ByteWriter& writer, uint32_t sender_ssrc, std::span<const FirEntry> entries);

}  // namespace parley::rtp
