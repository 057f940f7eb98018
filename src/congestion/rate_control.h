// The delay-based target: additive or multiplicative increase, multiplicative decrease
// (draft-ietf-rmcat-gcc-02 §5.5).
#pragma once

#include <algorithm>
#include <optional>

#include "base/units.h"
#include "congestion/trendline.h"

namespace parley::congestion {

struct RateControlInput {
  BandwidthUsage usage = BandwidthUsage::kNormal;
  bool steep = false;  // kOver all of a sudden (SteepRise)
  std::optional<DataRate> acked;
  DataRate recent;  // what arrived in the last 300 ms
  DataRate newest;  // and in the last 100 ms
  TimeDelta round_trip = TimeDelta::millis(200);
  TimeDelta queue_delay;
  bool application_limited = false;
  bool competing = false;  // a loss-based flow keeps the queue full
  bool lost = false;       // the report tells of losses
};

// Rules
// 1. kOver with a queue of at least kLeastQueue, and kOwnQueue of our own in it: decrease, never
//    up. Again not before its effect can show, unless the queue got 40 ms longer. Shorter queues:
//    hold. All flows see the same queue, so who sends more is the first to give way.
// 2. A decrease starts from what arrives, which is the capacity while a queue stands, and takes as
//    much off as drains the queue in kDrain, between 5 % and half.
// 3. Once drained, the target returns to where the decrease started less 12 % at 1 Mbit/s, with the
//    fourth root of the rate: who has more gives up more. What arrived meanwhile, while a queue
//    stood, bounds it. Of a queue of more than 100 ms the last 60 ms count as drained: the
//    trendline sees its end half a second late, and by then the path is idle.
// 4. kUnder: hold: a queue drains.
// 5. kNormal: increase. Until kNear after a decrease by 120 kbit/s a second at 1 Mbit/s, with the
//    square root of the rate, whatever the round trip, so that flows with different ones share
//    alike; else by 8 % a second.
// 6. Never above 1.5 x acked + 10 kbit/s by increase, and no increase while the application sends
//    too little for it to be tried out.
// 7. A probe sets the target directly, upwards only; t seconds after the path was saturated at a
//    rate at most to 0.85 + 0.06 t^3 times that: a short probe finds room between the others'
//    bursts that isn't there, and the one who has most would find most. A target 1.3 times beyond
//    that rate, and no burst (8), has refuted it: then up to 1.2 times the target.
// 8. A queue beyond 100 ms, or one that grew steeply, may be a burst of somebody else's, and then
//    what was reached before it is there again soon: for kBurstMemory a probe may find up to 0.9 of
//    that, less 3 % with each further episode. If it was the capacity that fell, the probe shows
//    it.
// 9. Beside a loss-based competitor delay says nothing: as TCP would, one packet more per round
//    trip in each round trip, and down to kCompetingBeta at a loss, once per round trip. What was
//    given up before it was recognised is mostly taken back.
class RateControl {
 public:
  static constexpr TimeDelta kLeastQueue = TimeDelta::millis(8);
  static constexpr DataSize kOwnQueue = DataSize::bytes(2'750);
  static constexpr TimeDelta kDrain = TimeDelta::millis(500);
  static constexpr TimeDelta kNear = TimeDelta::seconds(8);
  static constexpr TimeDelta kBurstMemory = TimeDelta::seconds(8);
  static constexpr double kCompetingBeta = 0.8;
  static constexpr DataRate kIncreaseAtOneMegabit = DataRate::kbps(120);  // a second

  RateControl(DataRate start, DataRate least, DataRate most);

  DataRate update(const RateControlInput& input, Timestamp now);
  // What a probe found.
  void on_probe(DataRate rate, Timestamp now);
  // Sets the target, within its limits: a cut for want of feedback.
  void set(DataRate target, Timestamp now);
  DataRate target() const { return target_; }
  // The target, or while a queue of our own is drained what it returns to: what the path takes in
  // the long run.
  DataRate sustained() const { return std::max(target_, after_drain_.value_or(target_)); }
  // The last update was a decrease.
  bool decreased() const { return decreased_; }

 private:
  void decrease(const RateControlInput& input, Timestamp now);
  void increase(const RateControlInput& input, Timestamp now);
  void compete(const RateControlInput& input, Timestamp now);
  TimeDelta least_queue() const;
  void return_after_drain();
  bool after_burst(Timestamp now) const;
  bool may_decrease(const RateControlInput& input, Timestamp now) const;

  DataRate target_;
  DataRate least_;
  DataRate most_;
  bool held_ = false;
  bool decreased_ = false;
  bool ever_decreased_ = false;
  Timestamp last_decrease_;
  Timestamp last_update_;
  bool ever_updated_ = false;
  std::optional<DataRate> after_drain_;  // while a queue drains
  DataRate episode_start_;               // the target before it
  DataRate saturated_;                   // what arrived at the last decrease
  TimeDelta cut_queue_;
  Timestamp burst_ = Timestamp::never();  // the last decrease with a long queue
  DataRate before_burst_;                 // the target before it
};

}  // namespace parley::congestion
