// How long a picture stood still, as webrtc-stats counts freezes (freezeCount): a gap between two
// shown frames of at least three mean ones, and of 150 ms more than one.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "base/units.h"

namespace parley::sim {

class FreezeMeter {
 public:
  void on_frame(Timestamp now) {
    if (last_) judge(now - *last_);
    last_ = now;
  }
  // The last frame stays until now: a picture that never comes back is frozen, too.
  void end(Timestamp now) { on_frame(now); }

  TimeDelta frozen() const { return frozen_; }
  TimeDelta longest() const { return longest_; }

 private:
  static constexpr size_t kFrames = 30;
  static constexpr TimeDelta kFreeze = TimeDelta::millis(150);

  void judge(TimeDelta shown) {
    TimeDelta mean = durations_.empty() ? TimeDelta::millis(66) : TimeDelta::zero();
    for (const TimeDelta one : durations_)
      mean = mean + one / static_cast<int64_t>(durations_.size());
    const TimeDelta limit = std::max(mean * 3, mean + kFreeze);
    longest_ = std::max(longest_, shown);
    if (shown >= limit) frozen_ = frozen_ + shown;
    // A freeze doesn't hide the next one.
    durations_.push_back(std::min(shown, limit));
    if (durations_.size() > kFrames) durations_.pop_front();
  }

  std::deque<TimeDelta> durations_;
  std::optional<Timestamp> last_;
  TimeDelta frozen_ = TimeDelta::zero();
  TimeDelta longest_ = TimeDelta::zero();
};

}  // namespace parley::sim
