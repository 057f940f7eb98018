// What a receiver report says about one incoming stream: RFC 3550 §6.4.1, computed as in its
// appendices A.3 and A.8.
#pragma once

#include <cstdint>
#include <optional>

#include "base/sequence.h"
#include "base/units.h"

namespace parley::sfu {

class ReceiveStatistics {
 public:
  explicit ReceiveStatistics(uint32_t clock_rate) : clock_rate_(clock_rate) {}

  // A packet of the stream itself, not a retransmission. `sequence` unwrapped.
  void on_packet(int64_t sequence, uint32_t rtp_time, Timestamp now);
  // The middle 32 bits of the NTP time of the latest sender report.
  void on_sender_report(uint32_t compact_ntp, Timestamp now);

  struct Report {
    uint8_t fraction_lost = 0;    // of 256, since the last report
    int32_t cumulative_lost = 0;  // 24 bits on the wire
    uint32_t extended_highest = 0;
    uint32_t jitter = 0;              // in the stream's clock
    uint32_t last_sender_report = 0;  // compact NTP; 0: none yet
    uint32_t delay_since = 0;         // in 1/65536 s
  };
  // nullopt if no packet came since the last report. Starts the next interval.
  std::optional<Report> take_report(Timestamp now);

  // Share of packets lost in the last reported interval, 0..1.
  float last_loss() const { return last_loss_; }

 private:
  uint32_t clock_rate_;
  int64_t base_ = -1;
  int64_t highest_ = -1;
  int64_t received_ = 0;
  int64_t expected_prior_ = 0;
  int64_t received_prior_ = 0;
  std::optional<int64_t> transit_;
  double jitter_ = 0;
  uint32_t sender_report_ = 0;
  Timestamp sender_report_at_;
  float last_loss_ = 0;
};

}  // namespace parley::sfu
