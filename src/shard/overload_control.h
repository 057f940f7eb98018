// Whether a media thread keeps up with what arrives, and how much of the pictures it forwards where
// it doesn't. Without this its socket's queue gets as long as the socket allows, seconds, and
// sound, requests and newcomers wait in it and are lost like all the rest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/units.h"

namespace parley::shard {

// Rules
// 1. A queue stands: in kInterval the thread never rested, and nothing was taken in that had waited
//    less than kStanding. A pause of the machine leaves a queue as well, but one that is gone an
//    interval later (as in CoDel, RFC 8289). A thread that rests but is woken late, since others
//    have the processor, does all it has to: fewer pictures wouldn't wake it sooner.
// 2. Where it still stands then, and hasn't got shorter by a tenth, the share is cut to kBelow of
//    what would have kept it as it was. Again after each interval in which it got longer by a
//    tenth, and after kPatience in which it got no shorter.
// 3. Where no queue stands the share grows each kRest: by kGrowth up to kBelow of what it was when
//    the last one began; beyond by kCreep, twice, three times kCreep and so on, so that what it can
//    do is passed slowly, but a thread that has become idle gives everything soon.
// 4. Viewers get shares that differ by kSpread both ways, each always the same part of it: else
//    all of them would change to the next smaller picture, or to none, at once.
class OverloadControl {
 public:
  static constexpr TimeDelta kInterval = TimeDelta::millis(200);
  static constexpr TimeDelta kStanding = TimeDelta::millis(50);
  static constexpr int kPatience = 3;  // intervals
  static constexpr double kBelow = 0.9;
  static constexpr double kGrowth = 0.15;
  static constexpr double kCreep = 0.005;
  static constexpr double kLeast = 0.02;
  static constexpr double kSpread = 0.25;
  static constexpr TimeDelta kRest = TimeDelta::seconds(1);

  // A datagram was taken in, `waited` after it arrived.
  void on_datagram(TimeDelta waited) { shortest_ = std::min(shortest_, waited); }
  // What is taken in next found the thread with nothing to do.
  void on_rest() { shortest_ = TimeDelta::zero(); }
  // At least every kInterval while people are connected.
  void update(Timestamp now);

  // What viewers may have of what they would get, in (0, 1].
  double share() const { return share_; }
  // The same for one of them, by any number that stays its own.
  double share_of(uint32_t viewer) const;

 private:
  static constexpr TimeDelta kNothing = TimeDelta::infinite();

  void judge(TimeDelta queue, TimeDelta passed);
  void grow(Timestamp now);

  TimeDelta shortest_ = kNothing;  // wait since judged_; kNothing: nothing came
  Timestamp judged_;
  double share_ = 1;
  double known_ = 1;                // what it may quickly grow to
  int creeps_ = 0;                  // steps beyond, since a queue stood
  std::optional<TimeDelta> queue_;  // that stood when last judged
  double began_ = 1;                // the share when it began to
  int stood_ = 0;                   // intervals since a cut, or since it got shorter
  Timestamp grew_;                  // when the share last grew, or a queue stood
};

}  // namespace parley::shard
