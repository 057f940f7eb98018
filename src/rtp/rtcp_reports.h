// Sender and receiver reports (RFC 3550 §6.4). See rtcp.h for the conventions of parse and write.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "rtp/ntp.h"
#include "rtp/rtcp.h"

namespace parley::rtp {

// RFC 3550 §6.4.1: what the reporter received from one source.
struct ReportBlock {
  uint32_t ssrc = 0;
  uint8_t fraction_lost = 0;    // since the last report, in 256ths
  int32_t cumulative_lost = 0;  // 24 bits signed: duplicates make it negative; clamped when written
  uint32_t extended_highest_sequence = 0;  // cycles in the upper 16 bits
  uint32_t jitter = 0;                     // in units of the RTP clock
  uint32_t last_sr = 0;                    // compact NTP of the last sender report; 0 = none yet
  uint32_t delay_since_last_sr = 0;        // 16.16 seconds; see compact_ntp_to_delta
  bool operator==(const ReportBlock&) const = default;
};
using ReportBlocks = BoundedVector<ReportBlock, kMaxRtcpCount>;

struct SenderReport {
  uint32_t sender_ssrc = 0;
  NtpTime ntp;
  uint32_t rtp_timestamp = 0;  // the same instant as `ntp`
  uint32_t packet_count = 0;
  uint32_t octet_count = 0;  // payload only
  ReportBlocks reports;
};

struct ReceiverReport {
  uint32_t sender_ssrc = 0;
  ReportBlocks reports;  // may be empty
};

// Profile-specific extensions after the report blocks are ignored.
std::optional<SenderReport> parse_sender_report(const RtcpBlock& block);
std::optional<ReceiverReport> parse_receiver_report(const RtcpBlock& block);
bool write_sender_report(ByteWriter& writer, const SenderReport& report);
bool write_receiver_report(ByteWriter& writer, const ReceiverReport& report);

}  // namespace parley::rtp
