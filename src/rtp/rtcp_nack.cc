#include "rtp/rtcp_nack.h"

#include <bit>

namespace parley::rtp {
namespace {

constexpr uint8_t kGenericNack = 1;

struct PidAndMask {
  uint16_t pid = 0;
  uint16_t mask = 0;  // bit i: pid + i + 1
};

// Takes as many numbers off the front of `rest` as one element holds, repetitions included.
PidAndMask take_element(std::span<const uint16_t>& rest) {
  PidAndMask element{.pid = rest.front()};
  rest = rest.subspan(1);
  while (!rest.empty()) {
    const auto distance = static_cast<uint16_t>(rest.front() - element.pid);
    if (distance > 16) break;
    if (distance > 0) element.mask = static_cast<uint16_t>(element.mask | (1u << (distance - 1)));
    rest = rest.subspan(1);
  }
  return element;
}

}  // namespace

// RFC 4585 §6.1 and §6.2.1: SSRC of the sender, SSRC of the media, then elements of
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |              PID              |              BLP              |
std::optional<Nack> parse_nack(const RtcpBlock& block) {
  if (!block.is(RtcpType::kTransportFeedback, kGenericNack)) return std::nullopt;
  ByteReader reader(block.body);
  Nack nack;
  nack.sender_ssrc = reader.u32();
  nack.media_ssrc = reader.u32();
  if (!reader.ok() || reader.remaining() % 4 != 0) return std::nullopt;
  while (reader.remaining() > 0 && !nack.truncated) {
    const uint16_t pid = reader.u16();
    nack.truncated |= !nack.sequences.push_back(pid);
    for (unsigned mask = reader.u16(); mask != 0; mask &= mask - 1) {
      const auto sequence = static_cast<uint16_t>(pid + std::countr_zero(mask) + 1);
      nack.truncated |= !nack.sequences.push_back(sequence);
    }
  }
  return nack;
}

bool write_nack(ByteWriter& writer, uint32_t sender_ssrc, uint32_t media_ssrc,
                std::span<const uint16_t> sequences) {
  if (sequences.empty()) return false;
  size_t elements = 0;
  for (auto rest = sequences; !rest.empty(); ++elements) take_element(rest);
  if (!write_rtcp_header(writer, RtcpType::kTransportFeedback, kGenericNack, 8 + elements * 4)) {
    return false;
  }
  writer.u32(sender_ssrc);
  writer.u32(media_ssrc);
  for (auto rest = sequences; !rest.empty();) {
    const PidAndMask element = take_element(rest);
    writer.u16(element.pid);
    writer.u16(element.mask);
  }
  return true;
}

}  // namespace parley::rtp
