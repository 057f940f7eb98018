#include "congestion/queue_delay.h"

#include <algorithm>

namespace parley::congestion {

void QueueDelay::on_packet(Timestamp sent, Timestamp received) {
  report_ = std::min(report_, received - sent);
  report_longest_ = std::max(report_longest_, received - sent);
}

void QueueDelay::end_report(Timestamp now) {
  if (report_.is_infinite()) return;
  if (!started_ || now - window_start_ > kWindow) {
    previous_least_ = window_least_;
    window_least_ = TimeDelta::infinite();
    window_start_ = now;
    started_ = true;
  }
  window_least_ = std::min(window_least_, report_);
  const TimeDelta least = std::min(window_least_, previous_least_);
  value_ = report_ - least;
  longest_ = report_longest_ - least;
  report_ = TimeDelta::infinite();
  report_longest_ = -TimeDelta::infinite();
}

}  // namespace parley::congestion
