// The delay-based target: additive or multiplicative increase, multiplicative decrease
// (draft-ietf-rmcat-gcc-02 §5.5).
#pragma once

#include <optional>

#include "base/units.h"
#include "congestion/trendline.h"

namespace parley::congestion {

struct RateControlInput {
  BandwidthUsage usage = BandwidthUsage::kNormal;
  std::optional<DataRate> acked;
  TimeDelta round_trip = TimeDelta::millis(200);
  TimeDelta queue_delay;
  bool application_limited = false;
};

// Rules
// 1. kOver: decrease to kBeta x acked rate, at most once per round trip (10 ms to 200 ms), at once
//    again if the target is still above twice the acked rate; never up. Then hold.
// 2. kUnder: hold: a queue drains.
// 3. kNormal: increase.
// 4. Far from the last known capacity: by 8 % a second. Near it (within three deviations of the
//    acked rates at which decreases happened): by a rate of kAdditivePerSecond, whatever the round
//    trip, so that flows with different ones share alike.
// 5. An acked rate beyond the known capacity's upper bound forgets that capacity.
// 6. Never above 1.5 x acked + 10 kbit/s by increase, and no increase while the application sends
//    too little for it to be tried out.
// 7. A probe sets the target directly, upwards only.
class RateControl {
 public:
  static constexpr double kBeta = 0.85;
  static constexpr DataRate kAdditivePerSecond = DataRate::kbps(40);

  RateControl(DataRate start, DataRate least, DataRate most);

  DataRate update(const RateControlInput& input, Timestamp now);
  // Sets the target, within its limits: a probe's result, or a cut for want of feedback.
  void set(DataRate target, Timestamp now);
  DataRate target() const { return target_; }
  // The last update was a decrease.
  bool decreased() const { return decreased_; }

 private:
  enum class State { kHold, kIncrease, kDecrease };
  void decrease(const RateControlInput& input, Timestamp now);
  void increase(const RateControlInput& input, Timestamp now);
  void learn_capacity(DataRate acked);
  double capacity_deviation_kbps() const;

  DataRate target_;
  DataRate least_;
  DataRate most_;
  State state_ = State::kHold;
  bool decreased_ = false;
  bool ever_decreased_ = false;
  Timestamp last_decrease_;
  Timestamp last_update_;
  bool ever_updated_ = false;
  std::optional<double> capacity_kbps_;
  double capacity_variance_ = 0.4;  // normalised by the capacity
};

}  // namespace parley::congestion
