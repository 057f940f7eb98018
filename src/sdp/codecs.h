// From the payload types of an m-line to the codecs that Parley forwards, and back.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rtp/parameters.h"
#include "sdp/description.h"

namespace parley::sdp {

// How SDP spells it: "opus", "VP8", ...
std::string_view encoding_name(rtp::Codec codec);

// The codec as this m-line numbers it, with its retransmissions (RFC 4588) or redundancy (RFC 2198)
// where listed. Of several forms of one codec the one that everybody decodes is taken: H.264
// constrained baseline, then baseline, in packetization mode 1 (RFC 6184 §8.1); VP9 and AV1 profile
// 0. nullopt if the m-line has no such form.
std::optional<rtp::CodecParameters> find_codec(const MediaSection& section, rtp::Codec codec);

// Those of `wanted` that the m-line has, in the order of `wanted`.
std::vector<rtp::CodecParameters> find_codecs(const MediaSection& section,
                                              std::span<const rtp::Codec> wanted);

}  // namespace parley::sdp
