// A token bucket for what one connection sends.
#pragma once

#include "base/units.h"

namespace parley::signaling {

// Allows bursts of `burst` messages and `per_second` on average. A join with its trickled
// candidates, views and states is some 60 messages; somebody who drags a window's edge sends 10
// views a second.
class RateLimit {
 public:
  static constexpr int64_t kBurst = 120;
  static constexpr int64_t kPerSecond = 30;

  explicit RateLimit(Timestamp now, int64_t burst = kBurst, int64_t per_second = kPerSecond)
      : burst_(burst), per_second_(per_second), tokens_micro_(burst * kMicro), last_(now) {}

  // Takes one token; false if there is none.
  bool allow(Timestamp now);

 private:
  static constexpr int64_t kMicro =
      1'000'000;  // tokens are counted in millionths: no rounding over time

  int64_t burst_;
  int64_t per_second_;
  int64_t tokens_micro_;
  Timestamp last_;
};

}  // namespace parley::signaling
