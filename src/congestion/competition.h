// Whether somebody else keeps the queue full: a loss-based competitor, who takes all that we give
// up. The idea of two modes is Copa's (Arun and Balakrishnan, NSDI 2018, §2.2).
#pragma once

#include <cstdint>

#include "base/units.h"

namespace parley::congestion {

// Rules
// 1. A queue that was never under kHigh for kStanding, although the target was cut at least kCuts
//    times meanwhile, isn't ours: competing.
// 2. Competing ends when the queue was under kLow for kGone: a sawtooth may touch it.
// 3. As we fill the queue ourselves then, at every multiple of kTestInterval of the clock a test
//    halves what is sent, for as long as our own queue would take to drain, at most kLongestTest:
//    if nobody else is there any more the queue gets low, and competing ends at once. All flows of
//    this process test at the same time, so that they don't take each other for that competitor.
class CompetitionDetector {
 public:
  static constexpr TimeDelta kLow = TimeDelta::millis(30);
  static constexpr TimeDelta kHigh = TimeDelta::millis(60);
  static constexpr TimeDelta kStanding = TimeDelta::millis(2'500);
  static constexpr TimeDelta kGone = TimeDelta::seconds(2);
  static constexpr int kCuts = 3;
  static constexpr TimeDelta kTestInterval = TimeDelta::seconds(12);
  static constexpr TimeDelta kLongestTest = TimeDelta::millis(1'500);

  // After each feedback report. `cut`: the delay-based target was just lowered.
  void update(TimeDelta queue_delay, TimeDelta round_trip, bool cut, Timestamp now);
  bool competing() const { return competing_; }
  // Send half of the target.
  bool testing() const { return testing_; }

 private:
  bool competing_ = false;
  bool testing_ = false;
  Timestamp under_high_at_;  // when the queue was under kHigh last
  Timestamp over_low_at_;    // when it was over kLow last
  bool seen_ = false;
  int cuts_ = 0;
  int64_t test_slot_ = 0;
  Timestamp test_end_;
};

}  // namespace parley::congestion
