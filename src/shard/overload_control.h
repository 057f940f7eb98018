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
// 1. A queue stands: in kInterval the thread never rested, and either nothing was taken in that had
//    waited less than kStanding, or the socket had no room and lost something. A pause of the
//    machine leaves a queue as well, but one that is gone an interval later (as in CoDel, RFC
//    8289). A thread that rests but is woken late, since others have the processor, does all it has
//    to: fewer pictures wouldn't wake it sooner.
// 2. Where it still stands then, and hasn't got shorter by a tenth, the share is cut to kBelow of
//    what would have kept it as it was. Again after each interval in which it got longer by a
//    tenth, and after kPatience in which it got no shorter.
// 3. A queue that is as long as the socket allows gets no longer, but datagrams are lost. How many
//    for each that is taken in counts like what it grows by, and no patience is had.
// 4. From such a loss on, for kLosing, nothing that is missing is asked for, nor key frames: what
//    is asked for and lost again is asked for six times, and makes three datagrams of each.
// 5. Where no queue stands the share grows each kRest: by kGrowth up to kBelow of what it was when
//    the last one began; beyond by kCreep, twice, three times kCreep and so on, so that what it can
//    do is passed slowly, but a thread that has become idle gives everything soon.
// 6. Viewers get shares that differ by kSpread both ways, each always the same part of it: else
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
  // What follows a loss waited in the queue behind it.
  static constexpr TimeDelta kLosing = TimeDelta::millis(500);

  // Something was taken in, `waited` after it arrived.
  void on_wait(TimeDelta waited) {
    shortest_ = std::min(shortest_, waited);
    ++taken_;
  }
  // The socket lost so many, for want of room.
  void on_lost(uint64_t datagrams) { lost_ += datagrams; }
  // What is taken in next found the thread with nothing to do.
  void on_rest() { rested_ = true; }
  // At least every kInterval while people are connected.
  void update(Timestamp now);

  // What viewers may have of what they would get, in (0, 1].
  double share() const { return share_; }
  // The same for one of them, by any number that stays its own.
  double share_of(uint32_t viewer) const;
  // By rule 4.
  bool loses() const { return judged_ < loses_until_; }

 private:
  static constexpr TimeDelta kNothing = TimeDelta::infinite();

  // `lost`: for each datagram that was taken in.
  void judge(TimeDelta queue, double lost, TimeDelta passed);
  void grow(Timestamp now);

  TimeDelta shortest_ = kNothing;  // wait since judged_; kNothing: nothing came
  uint64_t taken_ = 0;             // since judged_
  uint64_t lost_ = 0;              // likewise
  bool rested_ = false;            // likewise
  Timestamp loses_until_;
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
