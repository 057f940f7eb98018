#include "congestion/trendline.h"

#include <algorithm>
#include <cmath>

namespace parley::congestion {
namespace {

constexpr double kSmoothing = 0.9;
constexpr double kGain = 4.0;
constexpr size_t kMostDeltas = 60;
constexpr double kOverForMs = 10;
constexpr double kUp = 0.0087;
constexpr double kDown = 0.039;
constexpr double kSpikeMs = 15;
constexpr double kLeastThresholdMs = 6;
constexpr double kMostThresholdMs = 600;
constexpr double kLongestStepMs = 100;

double ms(TimeDelta d) {
  return static_cast<double>(d.us()) / 1000;
}

}  // namespace

void TrendlineDetector::on_delta(const GroupDelta& delta) {
  if (count_ == 0) first_arrival_ = delta.arrived;
  accumulated_ms_ += ms(delta.arrival - delta.send);
  smoothed_ms_ = kSmoothing * smoothed_ms_ + (1 - kSmoothing) * accumulated_ms_;
  points_[count_ % kWindow] = {ms(delta.arrived - first_arrival_), smoothed_ms_};
  ++count_;
  detect(count_ < kWindow ? previous_slope_ : slope(), ms(delta.send), delta.arrived);
}

double TrendlineDetector::slope() const {
  double mean_time = 0;
  double mean_delay = 0;
  for (const Point& p : points_) {
    mean_time += p.time_ms;
    mean_delay += p.delay_ms;
  }
  mean_time /= kWindow;
  mean_delay /= kWindow;
  double numerator = 0;
  double denominator = 0;
  for (const Point& p : points_) {
    numerator += (p.time_ms - mean_time) * (p.delay_ms - mean_delay);
    denominator += (p.time_ms - mean_time) * (p.time_ms - mean_time);
  }
  return denominator > 0 ? numerator / denominator : previous_slope_;
}

void TrendlineDetector::detect(double slope, double step_ms, Timestamp arrived) {
  if (count_ < 2) return;
  const double signal = static_cast<double>(std::min(count_, kMostDeltas)) * slope * kGain;
  if (signal > threshold_ms_) {
    // The first delta above: half of its time, on average, was above too.
    over_for_ms_ = over_for_ms_ < 0 ? step_ms / 2 : over_for_ms_ + step_ms;
    ++over_deltas_;
    if (over_for_ms_ > kOverForMs && over_deltas_ > 1 && slope >= previous_slope_) {
      over_for_ms_ = 0;
      over_deltas_ = 0;
      usage_ = BandwidthUsage::kOver;
    }
  } else {
    over_for_ms_ = -1;
    over_deltas_ = 0;
    usage_ = signal < -threshold_ms_ ? BandwidthUsage::kUnder : BandwidthUsage::kNormal;
  }
  previous_slope_ = slope;
  adapt(signal, arrived);
}

void TrendlineDetector::adapt(double signal_ms, Timestamp arrived) {
  const double size = std::abs(signal_ms);
  const double step = ever_adapted_ ? ms(arrived - adapted_) : 0;
  adapted_ = arrived;
  ever_adapted_ = true;
  if (size > threshold_ms_ + kSpikeMs) return;
  const double gain = size < threshold_ms_ ? kDown : kUp;
  threshold_ms_ += gain * (size - threshold_ms_) * std::clamp(step, 0.0, kLongestStepMs);
  threshold_ms_ = std::clamp(threshold_ms_, kLeastThresholdMs, kMostThresholdMs);
}

void TrendlineDetector::reset() {
  count_ = 0;
  accumulated_ms_ = 0;
  smoothed_ms_ = 0;
  previous_slope_ = 0;
  over_for_ms_ = -1;
  over_deltas_ = 0;
  usage_ = BandwidthUsage::kNormal;
}

}  // namespace parley::congestion
