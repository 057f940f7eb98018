#include "congestion/competition.h"

#include <algorithm>

namespace parley::congestion {

void CompetitionDetector::update(TimeDelta queue_delay, TimeDelta round_trip, bool cut,
                                 Timestamp now) {
  const bool low = queue_delay < kLow;
  if (!low || !seen_) over_low_at_ = now;
  if (queue_delay < kHigh || !seen_) {
    under_high_at_ = now;
    cuts_ = 0;
  }
  seen_ = true;
  if (cut) ++cuts_;
  if (!competing_) {
    competing_ = now - under_high_at_ >= kStanding && cuts_ >= kCuts;
    test_slot_ = now.us() / kTestInterval.us();
    return;
  }
  if (low && (testing_ || now - over_low_at_ >= kGone)) {
    competing_ = false;
    testing_ = false;
    return;
  }
  if (testing_) {
    testing_ = now < test_end_;
    return;
  }
  const int64_t slot = now.us() / kTestInterval.us();
  if (slot == test_slot_) return;
  test_slot_ = slot;
  testing_ = true;
  // At half the rate a queue of our own drains in twice its delay; a round trip shows it.
  test_end_ = now + std::min(queue_delay * 2 + round_trip, kLongestTest);
}

}  // namespace parley::congestion
