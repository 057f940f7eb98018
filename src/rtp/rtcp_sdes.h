// Source descriptions (RFC 3550 §6.5), of which only CNAME is read, and goodbyes (§6.6). See rtcp.h
// for the conventions of parse and write.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bounded.h"
#include "rtp/rtcp.h"

namespace parley::rtp {

struct SdesChunk {
  uint32_t ssrc = 0;
  std::string_view
      cname;  // within the parsed packet; at most 255 bytes, any bytes; empty if there is none
  bool operator==(const SdesChunk&) const = default;
};
using SdesChunks = BoundedVector<SdesChunk, kMaxRtcpCount>;

std::optional<SdesChunks> parse_sdes(const RtcpBlock& block);
bool write_sdes(ByteWriter& writer, std::span<const SdesChunk> chunks);

struct Bye {
  BoundedVector<uint32_t, kMaxRtcpCount> ssrcs;
  std::string_view reason;  // within the parsed packet; at most 255 bytes, any bytes
};

std::optional<Bye> parse_bye(const RtcpBlock& block);
bool write_bye(ByteWriter& writer, std::span<const uint32_t> ssrcs, std::string_view reason = {});

}  // namespace parley::rtp
