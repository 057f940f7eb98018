// The most that the loss on the path allows: which bandwidth, together with a loss that isn't ours,
// explains best what was lost at which sending rate. The idea is libwebrtc's LossBasedBweV2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/units.h"

namespace parley::congestion {

// Rules
// 1. Results are collected into observations of at least kShortest of sending time; the last
//    kObservations count, older ones less (factor 0.9 each).
// 2. A model (bandwidth, inherent loss) predicts of an observation sent at rate r: inherent loss,
//    and above the bandwidth also the share that doesn't fit. Candidates are a little below, at and
//    above the current bound, the acked rate and the delay-based target; the likeliest one wins,
//    the higher ones favoured slightly as long as the mean loss is small.
// 3. The bound doesn't rise while the last observations brought loss beyond the inherent one, and
// at most to
//    1.3 x the acked rate; after a decrease it holds kHold first.
// 4. A mean loss beyond 5 % bounds at once: 100 kbit/s / (loss - 5 %), so that a hopeless path
//    isn't flooded.
// 5. Never below the acked rate's kBackoff: what arrives is carried.
// 6. No bound until something was lost.
class LossBound {
 public:
  static constexpr size_t kObservations = 20;
  static constexpr TimeDelta kShortest = TimeDelta::millis(250);
  static constexpr TimeDelta kHold = TimeDelta::millis(500);
  static constexpr double kBackoff = 0.85;
  static constexpr size_t kLately = 4;  // observations that judge a probe

  explicit LossBound(DataRate least) : least_(least) {}

  void on_result(Timestamp sent, DataSize size, bool received, bool was_lost);
  // After each report. `delay_based`: the target without this bound.
  void update(DataRate delay_based, std::optional<DataRate> acked, Timestamp now);
  // A probe saw this rate arrive: not bounded below it.
  void on_probe(DataRate rate);
  // Empty: loss bounds nothing.
  std::optional<DataRate> value() const { return bound_; }
  double mean_loss() const;
  double inherent_loss() const { return inherent_; }

 private:
  struct Observation {
    uint32_t packets = 0;
    uint32_t lost = 0;
    DataRate sending;
  };
  bool close_observation();
  const Observation& recent(size_t age) const;
  double objective(DataRate bandwidth, double inherent) const;
  double fit_inherent(DataRate bandwidth) const;
  static double inherent_ceiling(DataRate bandwidth);

  DataRate least_;
  std::array<Observation, kObservations> ring_{};
  uint64_t count_ = 0;
  Observation partial_;
  DataSize partial_size_;
  Timestamp partial_start_, partial_end_;
  std::optional<DataRate> bound_;
  double inherent_ = 0.01;
  Timestamp hold_until_;
};

}  // namespace parley::congestion
