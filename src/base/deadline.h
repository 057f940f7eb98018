// When a core wants to be called next, and why. Every core answers poll_timeout() with one of
// these; its driver calls handle_timeout(now) at or after `when`. The reason is for traces and for
// whoever wonders why a core keeps waking.
#pragma once

#include "base/units.h"

namespace parley {

struct Deadline {
  Timestamp when = Timestamp::never();
  const char* reason = "idle";  // a string literal
  // How much later will do for a driver that has nothing else to wake for.
  TimeDelta leeway = {};

  // The earlier of the two; at equal times the first.
  static constexpr Deadline earliest(Deadline a, Deadline b) { return b.when < a.when ? b : a; }
};

}  // namespace parley
