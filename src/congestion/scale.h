// Rates times a factor. base/units.h leaves this out: outside congestion control it hides rounding.
#pragma once

#include "base/units.h"

namespace parley::congestion {

constexpr DataRate scale(DataRate rate, double factor) {
  return DataRate::bps(static_cast<int64_t>(static_cast<double>(rate.bps()) * factor));
}

}  // namespace parley::congestion
