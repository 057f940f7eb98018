// The figures by which a congestion scenario is judged.
#pragma once

#include <optional>
#include <vector>

#include "sim/congestion_world.h"

namespace parley::sim {

struct Span {
  TimeDelta from;
  TimeDelta to;
};

// Received bytes of one flow, or of all media flows of one direction, over what the path could
// carry.
double utilisation(const CongestionTrace& trace, Span span, bool backward = false);
DataRate mean_received(const std::vector<FlowSample>& flow, Span span);
DataRate mean_target(const std::vector<FlowSample>& flow, Span span);
// Quantile in [0, 1] of the queueing of the packets of all media flows of one direction.
TimeDelta queueing(const CongestionTrace& trace, double quantile, Span span, bool backward = false);
// Jain's index of the flows' mean received rates: 1 is equal.
double jain(const CongestionTrace& trace, Span span, const std::vector<size_t>& flows);
// From `at` until the sum of targets first reaches `share` of the capacity then.
std::optional<TimeDelta> time_to_reach(const CongestionTrace& trace, TimeDelta at, double share,
                                       bool backward = false);
// From `at` until the sum of targets is first at or under the capacity.
std::optional<TimeDelta> time_to_fit(const CongestionTrace& trace, TimeDelta at,
                                     bool backward = false);

}  // namespace parley::sim
