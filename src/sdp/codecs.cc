#include "sdp/codecs.h"

#include <string>

#include "sdp/text.h"

namespace parley::sdp {
namespace {

// How well one payload format fits; 0: not at all.
int rank(const PayloadFormat& payload, rtp::Codec codec) {
  if (!payload.is(encoding_name(codec))) return 0;
  switch (codec) {
    case rtp::Codec::kOpus:  // RFC 7587 §7: always 48000/2
      return payload.clock_rate == 48'000 && payload.channels == 2;
    case rtp::Codec::kVp8:
      return payload.clock_rate == 90'000;
    case rtp::Codec::kVp9:
      return payload.clock_rate == 90'000 && payload.parameter("profile-id").value_or("0") == "0";
    case rtp::Codec::kAv1:
      return payload.clock_rate == 90'000 && payload.parameter("profile").value_or("0") == "0";
    case rtp::Codec::kH264:
      break;
  }
  if (payload.clock_rate != 90'000 || payload.parameter("packetization-mode") != "1") return 0;
  // RFC 6184 §8.1: profile_idc 0x42 is baseline, and with constraint_set1 (0x40 of the next byte)
  // constrained baseline.
  const std::string level_id = lower_case(payload.parameter("profile-level-id").value_or("42000a"));
  if (level_id.size() != 6 || !level_id.starts_with("42")) return 0;
  const auto constraints = hex_digit(level_id[2]);
  if (!constraints) return 0;
  return (*constraints & 4) != 0 ? 2 : 1;
}

const PayloadFormat* best_payload(const MediaSection& section, rtp::Codec codec) {
  const PayloadFormat* best = nullptr;
  int best_rank = 0;
  for (const PayloadFormat& payload : section.payloads) {
    if (const int r = rank(payload, codec); r > best_rank) {
      best = &payload;
      best_rank = r;
    }
  }
  return best;
}

uint8_t find_rtx(const MediaSection& section, const PayloadFormat& main) {
  for (const PayloadFormat& payload : section.payloads) {
    if (!payload.is("rtx") || payload.clock_rate != main.clock_rate) continue;
    const auto apt = payload.parameter("apt");
    if (apt && decimal<uint8_t>(*apt) == main.payload_type) return payload.payload_type;
  }
  return 0;
}

// RFC 2198 §5: the fmtp lists the payload types of the blocks, primary first: "111/111". All must
// be `main`.
uint8_t find_red(const MediaSection& section, const PayloadFormat& main) {
  for (const PayloadFormat& payload : section.payloads) {
    if (!payload.is("red") || payload.clock_rate != main.clock_rate) continue;
    std::string_view blocks = payload.parameters;
    bool only_main = !blocks.empty();
    while (only_main && !blocks.empty())
      only_main = decimal<uint8_t>(take_until(blocks, '/')) == main.payload_type;
    if (only_main) return payload.payload_type;
  }
  return 0;
}

}  // namespace

std::string_view encoding_name(rtp::Codec codec) {
  switch (codec) {
    case rtp::Codec::kOpus:
      return "opus";
    case rtp::Codec::kVp8:
      return "VP8";
    case rtp::Codec::kVp9:
      return "VP9";
    case rtp::Codec::kH264:
      return "H264";
    case rtp::Codec::kAv1:
      break;
  }
  return "AV1";
}

std::optional<rtp::CodecParameters> find_codec(const MediaSection& section, rtp::Codec codec) {
  const PayloadFormat* payload = best_payload(section, codec);
  if (payload == nullptr) return std::nullopt;
  rtp::CodecParameters out{
      .codec = codec, .payload_type = payload->payload_type, .clock_rate = payload->clock_rate};
  if (codec == rtp::Codec::kOpus) {
    out.red_payload_type = find_red(section, *payload);
  } else {
    out.rtx_payload_type = find_rtx(section, *payload);
  }
  return out;
}

std::vector<rtp::CodecParameters> find_codecs(const MediaSection& section,
                                              std::span<const rtp::Codec> wanted) {
  std::vector<rtp::CodecParameters> out;
  for (const rtp::Codec codec : wanted) {
    if (const auto found = find_codec(section, codec)) out.push_back(*found);
  }
  return out;
}

}  // namespace parley::sdp
