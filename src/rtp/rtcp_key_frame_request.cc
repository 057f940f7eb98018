#include "rtp/rtcp_key_frame_request.h"

namespace parley::rtp {
namespace {

constexpr uint8_t kPli = 1;
constexpr uint8_t kFir = 4;

}  // namespace

// RFC 4585 §6.3.1: the two SSRCs and nothing else.
std::optional<PictureLoss> parse_pli(const RtcpBlock& block) {
  if (!block.is(RtcpType::kPayloadFeedback, kPli) || block.body.size() < 8) return std::nullopt;
  return PictureLoss{.sender_ssrc = load_be32(block.body.data()),
                     .media_ssrc = load_be32(block.body.data() + 4)};
}

bool write_pli(ByteWriter& writer, const PictureLoss& pli) {
  if (!write_rtcp_header(writer, RtcpType::kPayloadFeedback, kPli, 8)) return false;
  writer.u32(pli.sender_ssrc);
  writer.u32(pli.media_ssrc);
  return true;
}

// RFC 5104 §4.3.1.1: SSRC of the sender, an unused SSRC of 0, then entries of
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |                             SSRC                              |
//   |  sequence nr  |                   reserved                    |
std::optional<FullIntraRequest> parse_fir(const RtcpBlock& block) {
  if (!block.is(RtcpType::kPayloadFeedback, kFir)) return std::nullopt;
  ByteReader reader(block.body);
  FullIntraRequest fir;
  fir.sender_ssrc = reader.u32();
  reader.skip(4);
  if (!reader.ok() || reader.remaining() % 8 != 0) return std::nullopt;
  while (reader.remaining() > 0 && !fir.entries.full()) {
    const uint32_t ssrc = reader.u32();
    fir.entries.push_back({.ssrc = ssrc, .sequence = reader.u8()});
    reader.skip(3);
  }
  return fir;
}

bool write_fir(ByteWriter& writer, uint32_t sender_ssrc, std::span<const FirEntry> entries) {
  const size_t size = 8 + entries.size() * 8;
  if (!write_rtcp_header(writer, RtcpType::kPayloadFeedback, kFir, size)) return false;
  writer.u32(sender_ssrc);
  writer.u32(0);
  for (const FirEntry& entry : entries) {
    writer.u32(entry.ssrc);
    writer.u8(entry.sequence);
    writer.zeros(3);
  }
  return true;
}

}  // namespace parley::rtp
