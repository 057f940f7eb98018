// Whether the queue on the path grows: the slope of the smoothed one-way delay against an adaptive
// threshold (draft-ietf-rmcat-gcc-02 §5.3-5.4; Carlucci et al., "Analysis and Design of the Google
// Congestion Control for WebRTC", 2016).
#pragma once

#include <array>
#include <cstddef>

#include "base/units.h"
#include "congestion/arrival_groups.h"

namespace parley::congestion {

enum class BandwidthUsage { kNormal, kUnder, kOver };

// Rules
// 1. The accumulated delay variation is smoothed (0.9) and a line is fitted through the last
//    kWindow points.
// 2. Slope x number of deltas (at most 60) x 4 is held against the threshold.
// 3. Above it for 10 ms and in two deltas, not falling: kOver. Below its negative: kUnder.
// 4. The threshold follows the signal, up slowly and down quicker, within [6, 600] ms, so that a
//    competitor who fills the queue doesn't starve us; a spike more than 15 ms above it is not
//    followed.
class TrendlineDetector {
 public:
  static constexpr size_t kWindow = 20;

  void on_delta(const GroupDelta& delta);
  BandwidthUsage usage() const { return usage_; }
  double threshold_ms() const { return threshold_ms_; }
  // Forgets the delays, keeps the threshold. After a silence of the feedback.
  void reset();

 private:
  struct Point {
    double time_ms = 0;
    double delay_ms = 0;
  };
  double slope() const;
  void detect(double slope, double step_ms, Timestamp arrived);
  void adapt(double signal_ms, Timestamp arrived);

  std::array<Point, kWindow> points_{};
  size_t count_ = 0;  // ever, since the reset
  Timestamp first_arrival_;
  double accumulated_ms_ = 0;
  double smoothed_ms_ = 0;
  double previous_slope_ = 0;
  double over_for_ms_ = -1;
  int over_deltas_ = 0;
  double threshold_ms_ = 12.5;
  Timestamp adapted_;
  bool ever_adapted_ = false;
  BandwidthUsage usage_ = BandwidthUsage::kNormal;
};

}  // namespace parley::congestion
