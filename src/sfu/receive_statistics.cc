#include "sfu/receive_statistics.h"

#include <algorithm>
#include <cmath>

namespace parley::sfu {

void ReceiveStatistics::on_packet(int64_t sequence, uint32_t rtp_time, Timestamp now) {
  if (base_ < 0) base_ = sequence;
  highest_ = std::max(highest_, sequence);
  ++received_;
  // RFC 3550 §A.8; only the difference of two transits matters, so both clocks may start anywhere.
  const int64_t arrival = now.us() * clock_rate_ / 1'000'000;
  const int64_t transit = static_cast<int32_t>(static_cast<uint32_t>(arrival) - rtp_time);
  if (transit_) {
    const double d = std::abs(static_cast<double>(static_cast<int32_t>(transit - *transit_)));
    jitter_ += (d - jitter_) / 16;
  }
  transit_ = transit;
}

void ReceiveStatistics::on_sender_report(uint32_t compact_ntp, Timestamp now) {
  sender_report_ = compact_ntp;
  sender_report_at_ = now;
}

std::optional<ReceiveStatistics::Report> ReceiveStatistics::take_report(Timestamp now) {
  if (base_ < 0) return std::nullopt;
  const int64_t expected = highest_ - base_ + 1;
  const int64_t expected_interval = expected - expected_prior_;
  const int64_t received_interval = received_ - received_prior_;
  if (received_interval == 0 && expected_interval == 0) return std::nullopt;
  expected_prior_ = expected;
  received_prior_ = received_;
  const int64_t lost_interval = expected_interval - received_interval;
  Report report;
  if (expected_interval > 0 && lost_interval > 0) {
    report.fraction_lost =
        static_cast<uint8_t>(std::min<int64_t>(255, (lost_interval << 8) / expected_interval));
  }
  last_loss_ = static_cast<float>(report.fraction_lost) / 256.0f;
  report.cumulative_lost =
      static_cast<int32_t>(std::clamp<int64_t>(expected - received_, -0x800000, 0x7fffff));
  report.extended_highest = static_cast<uint32_t>(highest_);
  report.jitter = static_cast<uint32_t>(jitter_);
  report.last_sender_report = sender_report_;
  if (sender_report_ != 0) {
    report.delay_since = static_cast<uint32_t>((now - sender_report_at_).us() * 65536 / 1'000'000);
  }
  return report;
}

}  // namespace parley::sfu
