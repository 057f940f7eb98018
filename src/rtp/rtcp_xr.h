// Extended reports (RFC 3611), of which two blocks are read: receiver reference time (§4.4) and its
// echo, delay since last receiver report (§4.5), by which one who only receives can measure its
// round trip. See rtcp.h for the conventions of parse and write.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "rtp/ntp.h"
#include "rtp/rtcp.h"

namespace parley::rtp {

// RFC 3611 §4.5: round trip = now - last_rr - delay; see round_trip_time().
struct DlrrItem {
  uint32_t ssrc = 0;                 // of the receiver this answers
  uint32_t last_rr = 0;              // compact NTP of its last reference time; 0 = none yet
  uint32_t delay_since_last_rr = 0;  // 16.16 seconds
  bool operator==(const DlrrItem&) const = default;
};

// One or two receivers talk to a sender here; items beyond the bound are ignored.
inline constexpr size_t kMaxDlrrItems = 32;

struct ExtendedReport {
  uint32_t sender_ssrc = 0;
  std::optional<NtpTime> reference_time;        // RRTR
  BoundedVector<DlrrItem, kMaxDlrrItems> dlrr;  // DLRR
};

// Blocks of other types, and those two with a length that can't be theirs, are skipped.
std::optional<ExtendedReport> parse_extended_report(const RtcpBlock& block);
bool write_extended_report(ByteWriter& writer, const ExtendedReport& report);

}  // namespace parley::rtp
