#include "rtp/rtcp_remb.h"

#include <algorithm>
#include <bit>

namespace parley::rtp {
namespace {

constexpr uint8_t kApplicationLayerFeedback = 15;
constexpr uint32_t kName = 0x52454d42;  // "REMB"
constexpr int kMantissaBits = 18;

}  // namespace

// draft-alvestrand-rmcat-remb-03 §2.2: SSRC of the sender, an unused SSRC of 0, then
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |       'R'     |      'E'      |      'M'      |      'B'      |
//   |   num SSRC    | exponent  |             mantissa              |
//   |   SSRC ....
std::optional<Remb> parse_remb(const RtcpBlock& block) {
  if (!block.is(RtcpType::kPayloadFeedback, kApplicationLayerFeedback)) return std::nullopt;
  ByteReader reader(block.body);
  Remb remb;
  remb.sender_ssrc = reader.u32();
  reader.skip(4);
  if (reader.u32() != kName) return std::nullopt;
  const size_t count = reader.u8();
  const uint32_t word = reader.u24();
  if (!reader.ok() || reader.remaining() < count * 4) return std::nullopt;

  const int exponent = static_cast<int>(word >> kMantissaBits);
  const uint64_t mantissa = word & ((1u << kMantissaBits) - 1);
  if (mantissa != 0 && static_cast<int>(std::bit_width(mantissa)) + exponent > 63)
    return std::nullopt;
  remb.rate = DataRate::bps(mantissa == 0 ? 0 : static_cast<int64_t>(mantissa << exponent));
  for (size_t i = 0; i < std::min(count, kMaxRembSsrcs); ++i) remb.ssrcs.push_back(reader.u32());
  return remb;
}

bool write_remb(ByteWriter& writer, const Remb& remb) {
  const size_t size = 16 + remb.ssrcs.size() * 4;
  if (!write_rtcp_header(writer, RtcpType::kPayloadFeedback, kApplicationLayerFeedback, size)) {
    return false;
  }
  const auto bps = static_cast<uint64_t>(std::max<int64_t>(remb.rate.bps(), 0));
  const int exponent = std::max(static_cast<int>(std::bit_width(bps)) - kMantissaBits, 0);
  writer.u32(remb.sender_ssrc);
  writer.u32(0);
  writer.u32(kName);
  writer.u8(static_cast<uint8_t>(remb.ssrcs.size()));
  writer.u24((static_cast<uint32_t>(exponent) << kMantissaBits) |
             static_cast<uint32_t>(bps >> exponent));
  for (const uint32_t ssrc : remb.ssrcs) writer.u32(ssrc);
  return true;
}

}  // namespace parley::rtp
