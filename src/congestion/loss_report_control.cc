#include "congestion/loss_report_control.h"

#include <algorithm>
#include <cmath>

#include "congestion/scale.h"

namespace parley::congestion {
namespace {

constexpr double kLowLoss = 0.02;
constexpr double kHighLoss = 0.10;
constexpr double kIncrease = 1.08;  // a second
constexpr TimeDelta kLongestStep = TimeDelta::seconds(1);

}  // namespace

void LossReportControl::on_loss_report(double fraction, Timestamp now) {
  const double loss = std::clamp(fraction, 0.0, 1.0);
  const TimeDelta step =
      reported_ ? std::clamp(now - last_report_, TimeDelta::zero(), kLongestStep) : kLongestStep;
  if (loss < kLowLoss) {
    target_ = scale(target_, std::pow(kIncrease, step.seconds_f()));
  } else if (loss > kHighLoss && (!reported_ || now - last_decrease_ >= kDecreaseInterval)) {
    target_ = scale(target_, 1 - loss / 2);
    last_decrease_ = now;
  }
  target_ = std::clamp(target_, least_, most_);
  reported_ = true;
  last_report_ = now;
}

void LossReportControl::on_remb(DataRate rate, Timestamp now) {
  // The first one is the receiver's own estimate: better than a start value.
  if (!reported_) target_ = std::clamp(rate, least_, most_);
  remb_ = std::max(rate, least_);
  remb_at_ = now;
}

std::optional<DataRate> LossReportControl::remb(Timestamp now) const {
  if (!remb_ || now - remb_at_ > kRembLifetime) return std::nullopt;
  return remb_;
}

DataRate LossReportControl::target(Timestamp now) const {
  const auto bound = remb(now);
  return bound ? std::min(target_, *bound) : target_;
}

}  // namespace parley::congestion
