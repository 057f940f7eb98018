// When to try again what failed: 30 s after the first failure, then twice as long each time, at
// most 10 minutes.
#pragma once

#include <algorithm>

#include "base/units.h"

namespace parley::room {

class Backoff {
 public:
  static constexpr TimeDelta kFirst = TimeDelta::seconds(30);
  static constexpr TimeDelta kLongest = TimeDelta::seconds(600);

  void fail(Timestamp now) {
    wait_ = wait_ == TimeDelta::zero() ? kFirst : std::min(wait_ * 2, kLongest);
    retry_at_ = now + wait_;
  }
  // A failure that trying again soon won't mend.
  void fail_for_long(Timestamp now) {
    wait_ = kLongest;
    retry_at_ = now + wait_;
  }
  void reset() { *this = Backoff(); }

  // The past (zero) when nothing has failed.
  Timestamp retry_at() const { return retry_at_; }

 private:
  TimeDelta wait_ = TimeDelta::zero();
  Timestamp retry_at_;
};

}  // namespace parley::room
