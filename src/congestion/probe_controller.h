// When to probe, and how fast.
#pragma once

#include <optional>

#include "base/units.h"
#include "congestion/probe_cluster.h"
#include "congestion/probe_estimator.h"

namespace parley::congestion {

struct ProbeControllerInput {
  DataRate target;
  DataRate demand;
  TimeDelta queue_delay;
  TimeDelta round_trip = TimeDelta::millis(200);
  bool overusing = false;
  bool application_limited = false;
};

// Rules
// 1. Start: with the first demand, 3 x the start rate.
// 2. A result of at least 0.7 of the probe's rate that didn't saturate: on with twice the result.
// 3. Demand that grew past the target: at once, twice the target (not more often than kSpacing).
// 4. A drop of the target by a third or more: when the path is quiet again for kQuietAfterDrop,
//    0.85 of what it was before; the memory of it lasts kDropMemory.
// 5. Demand above the target, path quiet (no overuse, no queue) for kQuiet: every kInterval, kRaise
// x the target.
//    The same while application-limited.
// 6. Never beyond the demand, never with a target that satisfies it, one cluster at a time; without
// a
//    result it is given up after kPatience.
class ProbeController {
 public:
  static constexpr TimeDelta kSpacing = TimeDelta::millis(500);
  static constexpr TimeDelta kQuiet = TimeDelta::millis(700);
  static constexpr TimeDelta kQuietAfterDrop = TimeDelta::millis(200);
  static constexpr TimeDelta kInterval = TimeDelta::millis(1'500);
  static constexpr TimeDelta kPatience = TimeDelta::seconds(1);
  static constexpr TimeDelta kDropMemory = TimeDelta::seconds(10);
  static constexpr TimeDelta kQuietQueue = TimeDelta::millis(25);
  static constexpr TimeDelta kDuration = TimeDelta::millis(15);
  static constexpr uint32_t kPackets = 5;
  static constexpr double kRaise = 2.0;

  void on_result(const ProbeResult& result, const ProbeControllerInput& input, Timestamp now);
  void on_drop(DataRate before, DataRate after, Timestamp now);
  void update(const ProbeControllerInput& input, Timestamp now);
  bool poll(ProbeCluster& out);

 private:
  void probe(DataRate rate, const ProbeControllerInput& input, Timestamp now);

  std::optional<ProbeCluster> pending_;  // not polled yet
  bool waiting_ = false;                 // for the result of `last_`
  ProbeCluster last_;
  Timestamp last_at_;
  bool started_ = false;
  uint32_t next_id_ = 1;
  DataRate known_demand_;
  DataRate before_drop_;
  Timestamp dropped_;
  Timestamp quiet_since_ = Timestamp::never();
};

}  // namespace parley::congestion
