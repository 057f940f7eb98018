#include "congestion/competition.h"

#include <algorithm>

namespace parley::congestion {

void CompetitionDetector::update(TimeDelta queue_delay, TimeDelta round_trip, bool cut,
                                 Timestamp now) {
  if (!seen_ || queue_delay < kLow) {
    seen_ = true;
    low_at_ = now;
    cuts_ = 0;
    competing_ = false;
    testing_ = false;
    return;
  }
  if (cut) ++cuts_;
  if (!competing_) {
    if (now - low_at_ < kStanding || cuts_ < kCuts) return;
    competing_ = true;
    next_test_ = now + kTestInterval;
    return;
  }
  if (testing_ && now >= test_end_) {
    testing_ = false;
    next_test_ = now + kTestInterval;
  } else if (!testing_ && now >= next_test_) {
    testing_ = true;
    // At half the rate a queue of our own drains in twice its delay; a round trip shows it.
    test_end_ = now + std::min(queue_delay * 2 + round_trip, kLongestTest);
  }
}

}  // namespace parley::congestion
