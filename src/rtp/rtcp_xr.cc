#include "rtp/rtcp_xr.h"

namespace parley::rtp {
namespace {

constexpr uint8_t kReferenceTime = 4;
constexpr uint8_t kDlrr = 5;
constexpr size_t kDlrrItemSize = 12;

void read_dlrr(Bytes data, ExtendedReport& report) {
  ByteReader reader(data);
  while (reader.remaining() >= kDlrrItemSize && !report.dlrr.full()) {
    DlrrItem item;
    item.ssrc = reader.u32();
    item.last_rr = reader.u32();
    item.delay_since_last_rr = reader.u32();
    report.dlrr.push_back(item);
  }
}

}  // namespace

// RFC 3611 §2 and §3: SSRC of the sender, then blocks of `length` 32-bit words after this one.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |      BT       | type-specific |            length             |
//   |   BT = 4:  NTP timestamp (64)
//   |   BT = 5:  for each receiver  SSRC (32), LRR (32), DLRR (32)
std::optional<ExtendedReport> parse_extended_report(const RtcpBlock& block) {
  if (!block.is(RtcpType::kExtendedReport)) return std::nullopt;
  ByteReader reader(block.body);
  ExtendedReport report;
  report.sender_ssrc = reader.u32();
  while (reader.ok() && reader.remaining() > 0) {
    const uint8_t type = reader.u8();
    reader.skip(1);
    const Bytes data = reader.bytes(size_t{reader.u16()} * 4);
    if (type == kReferenceTime && data.size() == 8) {
      report.reference_time = NtpTime(load_be64(data.data()));
    } else if (type == kDlrr && data.size() % kDlrrItemSize == 0) {
      read_dlrr(data, report);
    }
  }
  if (!reader.ok()) return std::nullopt;
  return report;
}

bool write_extended_report(ByteWriter& writer, const ExtendedReport& report) {
  const size_t dlrr_size = report.dlrr.size() * kDlrrItemSize;
  const size_t size =
      4 + (report.reference_time ? 12 : 0) + (report.dlrr.empty() ? 0 : 4 + dlrr_size);
  if (!write_rtcp_header(writer, RtcpType::kExtendedReport, 0, size)) return false;
  writer.u32(report.sender_ssrc);
  if (report.reference_time) {
    writer.u8(kReferenceTime);
    writer.u8(0);
    writer.u16(2);
    writer.u64(report.reference_time->value());
  }
  if (!report.dlrr.empty()) {
    writer.u8(kDlrr);
    writer.u8(0);
    writer.u16(static_cast<uint16_t>(dlrr_size / 4));
    for (const DlrrItem& item : report.dlrr) {
      writer.u32(item.ssrc);
      writer.u32(item.last_rr);
      writer.u32(item.delay_since_last_rr);
    }
  }
  return true;
}

}  // namespace parley::rtp
