// When the next packet to one receiver may leave. A budget, not a queue: the owner keeps the
// packets, asks can_send() and tells on_sent().
#pragma once

#include <cstdint>
#include <optional>

#include "base/units.h"
#include "congestion/probe_cluster.h"

namespace parley::congestion {

struct PacerConfig {
  // Times the target: a frame bigger than the mean one still leaves within about one and a half
  // frame times, and a queue of 30 ms on the path is all that comes of it.
  double factor = 1.5;
};

// Rules
// 1. What is sent makes a debt, paid off at factor x target.
// 2. Packets may leave until the debt reaches kQuantum; then none until that much of it is paid:
//    bursts of kQuantum, so that neighbours can share one system call.
// 3. A pause saves nothing up. But what waits longer than it must, since its owner comes late, is
//    made up for, up to kMostLate: of the rate of a line that is looked at every 20 ms only a
//    quarter would leave otherwise, and more would wait each time.
// 4. A probe overrides this: each packet at its own time of the cluster's rate. It starts with the
//    first packet that finds it, ends when packets and bytes are reached, and then the debt is
//    none.
// 5. A probe whose next packet is overdue by kProbePatience is given up: with holes it measures
// nothing.
// 6. Where a burst is allowed, the debt may reach that instead. Once it no longer is, no more than
//    kMostOwed is left of the debt: a path that was wide enough has dealt with the burst by then.
class Pacer {
 public:
  static constexpr TimeDelta kQuantum = TimeDelta::millis(5);
  static constexpr TimeDelta kProbePatience = TimeDelta::millis(50);
  static constexpr TimeDelta kMostOwed = TimeDelta::millis(50);
  static constexpr TimeDelta kMostLate = TimeDelta::millis(30);

  Pacer(DataRate target, const PacerConfig& config = {});

  void set_target(DataRate target);
  // The same with another factor than the configured one.
  void set_target(DataRate target, double factor);
  // None at first.
  void set_burst(DataSize burst, Timestamp now);
  // Replaces a probe under way.
  void start_probe(const ProbeCluster& cluster, Timestamp now);

  // What waits, waits for the debt to be paid, not for a probe.
  bool indebted(Timestamp now) const { return !probe_ && now < next_; }
  bool can_send(Timestamp now) const { return now >= next_send_time(); }
  // The packet counts towards probe(), which is read before this call. `waits_since`: from when on
  // something waited without a pause until now; `now` or later if nothing did.
  void on_sent(DataSize size, Timestamp now, Timestamp waits_since);
  void on_sent(DataSize size, Timestamp now) { on_sent(size, now, now); }
  // Not later than `now` of the caller: at once.
  Timestamp next_send_time() const;

  // To pass to BandwidthEstimator::on_sent for the next packet; none without a probe.
  ProbeId probe() const { return probe_ ? probe_->plan.id : ProbeId{}; }
  // When can_send() and nothing waits: bytes of padding (or repair packets) the probe still needs.
  DataSize padding_wanted() const;
  DataRate rate() const { return rate_; }

 private:
  struct Probe {
    ProbeCluster plan;
    uint32_t packets = 0;
    DataSize size;
    std::optional<Timestamp> started;
    Timestamp next;
  };

  // When kQuantum may leave again.
  Timestamp time_of_burst() const { return debt_until_ - (most_debt_ - kQuantum); }

  PacerConfig config_;
  DataRate rate_;
  TimeDelta most_debt_ = kQuantum;
  Timestamp debt_until_;  // when the debt is paid
  Timestamp next_;        // of the next burst
  std::optional<Probe> probe_;
};

}  // namespace parley::congestion
