#include "congestion/burst_allowance.h"

namespace parley::congestion {

void BurstAllowance::on_report(const BurstReport& report, Timestamp now) {
  if (report.congested || report.longest_wait > kLongWait) return fall(DataSize(), now);
  if (report.wanting) value_ = DataSize();
  if (report.longest_wait > kShortWait) {
    if (report.newest_sent > changed_) fall(DataSize::bytes(value_.bytes() / 2), now);
    return;
  }
  if (report.wanting || now < rests_until_ || report.newest_sent < tried_) return;
  value_ = std::max(value_ + value_, report.target * kFirst);
  value_ = value(report.target);
  changed_ = now;
  tried_ = Timestamp::never();
}

void BurstAllowance::fall(DataSize value, Timestamp now) {
  value_ = value;
  changed_ = now;
  tried_ = Timestamp::never();
  rests_until_ = now + kRest;
}

}  // namespace parley::congestion
