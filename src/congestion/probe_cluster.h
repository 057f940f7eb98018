// A probe: a few packets sent faster than the target, to see whether the path carries that rate.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/units.h"

namespace parley::congestion {

// Unique within one estimator until 2^16 later ones; zero is "no probe".
using ProbeId = Id<struct ProbeTag>;

// Sent by the Pacer; done when both `packets` and `size` are reached.
struct ProbeCluster {
  ProbeId id;
  DataRate rate;
  uint32_t packets = 0;
  DataSize size;
};

}  // namespace parley::congestion
