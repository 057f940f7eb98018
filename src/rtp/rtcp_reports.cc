#include "rtp/rtcp_reports.h"

#include <algorithm>

namespace parley::rtp {
namespace {

constexpr size_t kReportBlockSize = 24;
constexpr size_t kSenderInfoSize = 20;

// RFC 3550 §6.4.1
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |                             SSRC                              |
//   | fraction lost |       cumulative number of packets lost       |
//   |           extended highest sequence number received           |
//   |                      interarrival jitter                      |
//   |                            last SR                            |
//   |                      delay since last SR                      |
void read_reports(ByteReader& reader, size_t count, ReportBlocks& out) {
  for (size_t i = 0; i < count; ++i) {
    ReportBlock r;
    r.ssrc = reader.u32();
    const uint32_t loss = reader.u32();
    r.fraction_lost = static_cast<uint8_t>(loss >> 24);
    r.cumulative_lost = static_cast<int32_t>(loss << 8) >> 8;  // sign-extends 24 bits
    r.extended_highest_sequence = reader.u32();
    r.jitter = reader.u32();
    r.last_sr = reader.u32();
    r.delay_since_last_sr = reader.u32();
    out.push_back(r);  // `count` has 5 bits, so it fits
  }
}

void write_reports(ByteWriter& writer, const ReportBlocks& reports) {
  for (const ReportBlock& r : reports) {
    writer.u32(r.ssrc);
    writer.u8(r.fraction_lost);
    writer.u24(static_cast<uint32_t>(std::clamp(r.cumulative_lost, -0x80'0000, 0x7f'ffff)));
    writer.u32(r.extended_highest_sequence);
    writer.u32(r.jitter);
    writer.u32(r.last_sr);
    writer.u32(r.delay_since_last_sr);
  }
}

}  // namespace

// RFC 3550 §6.4.1: SSRC, then the sender info below, then report blocks.
//
//   |              NTP timestamp, most significant word             |
//   |             NTP timestamp, least significant word             |
//   |                         RTP timestamp                         |
//   |                     sender's packet count                     |
//   |                      sender's octet count                     |
std::optional<SenderReport> parse_sender_report(const RtcpBlock& block) {
  if (!block.is(RtcpType::kSenderReport)) return std::nullopt;
  ByteReader reader(block.body);
  SenderReport report;
  report.sender_ssrc = reader.u32();
  report.ntp = NtpTime(reader.u64());
  report.rtp_timestamp = reader.u32();
  report.packet_count = reader.u32();
  report.octet_count = reader.u32();
  read_reports(reader, block.count, report.reports);
  if (!reader.ok()) return std::nullopt;
  return report;
}

// RFC 3550 §6.4.2: SSRC, then report blocks.
std::optional<ReceiverReport> parse_receiver_report(const RtcpBlock& block) {
  if (!block.is(RtcpType::kReceiverReport)) return std::nullopt;
  ByteReader reader(block.body);
  ReceiverReport report;
  report.sender_ssrc = reader.u32();
  read_reports(reader, block.count, report.reports);
  if (!reader.ok()) return std::nullopt;
  return report;
}

bool write_sender_report(ByteWriter& writer, const SenderReport& report) {
  const size_t size = 4 + kSenderInfoSize + report.reports.size() * kReportBlockSize;
  if (!write_rtcp_header(writer, RtcpType::kSenderReport, report.reports.size(), size)) {
    return false;
  }
  writer.u32(report.sender_ssrc);
  writer.u64(report.ntp.value());
  writer.u32(report.rtp_timestamp);
  writer.u32(report.packet_count);
  writer.u32(report.octet_count);
  write_reports(writer, report.reports);
  return true;
}

bool write_receiver_report(ByteWriter& writer, const ReceiverReport& report) {
  const size_t size = 4 + report.reports.size() * kReportBlockSize;
  if (!write_rtcp_header(writer, RtcpType::kReceiverReport, report.reports.size(), size)) {
    return false;
  }
  writer.u32(report.sender_ssrc);
  write_reports(writer, report.reports);
  return true;
}

}  // namespace parley::rtp
