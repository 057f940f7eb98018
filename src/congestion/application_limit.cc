#include "congestion/application_limit.h"

#include <algorithm>

namespace parley::congestion {

void ApplicationLimit::update(Timestamp now, DataRate target) {
  const double span_bytes = static_cast<double>(target.bps()) * kShare / 8 * kSpan.seconds_f();
  if (!started_) {
    started_ = true;
    last_ = now;
  }
  const TimeDelta step = std::clamp(now - last_, TimeDelta::zero(), kSpan);
  last_ = std::max(last_, now);
  unused_bytes_ += static_cast<double>(target.bps()) * kShare / 8 * step.seconds_f();
  unused_bytes_ = std::clamp(unused_bytes_, -span_bytes, span_bytes);
  if (unused_bytes_ > 0.8 * span_bytes) limited_ = true;
  if (unused_bytes_ < 0.5 * span_bytes) limited_ = false;
}

void ApplicationLimit::on_sent(DataSize size, Timestamp now, DataRate target) {
  unused_bytes_ -= static_cast<double>(size.bytes());
  update(now, target);
}

}  // namespace parley::congestion
