#include "shard/overload_control.h"

#include <utility>

namespace parley::shard {

void OverloadControl::update(Timestamp now) {
  if (now - judged_ < kInterval) return;
  const TimeDelta passed = now - std::exchange(judged_, now);
  const TimeDelta shortest = std::exchange(shortest_, kNothing);
  const auto taken = static_cast<double>(std::exchange(taken_, 0));
  const auto lost = static_cast<double>(std::exchange(lost_, 0));
  const bool rested = std::exchange(rested_, false);
  if (lost > 0 && !rested) loses_until_ = now + kLosing;
  if (rested || shortest == kNothing || (shortest < kStanding && lost == 0)) {
    queue_.reset();
    return grow(now);
  }
  grew_ = now;
  creeps_ = 0;
  judge(shortest, lost / taken, passed);
}

void OverloadControl::judge(TimeDelta queue, double lost, TimeDelta passed) {
  const auto before = std::exchange(queue_, queue);
  if (!before) {
    began_ = share_;
    stood_ = kPatience - 1;
    return;
  }
  const bool longer = queue > *before * 11 / 10;
  const bool shorter = queue < *before * 9 / 10;
  stood_ = shorter ? 0 : stood_ + 1;
  if (!longer && lost == 0 && stood_ < kPatience) return;
  stood_ = 0;
  known_ = began_ * kBelow;
  const double growth = (queue - *before).seconds_f() / passed.seconds_f() + lost;
  share_ = std::max(share_ * kBelow / (1 + std::max(growth, 0.0)), kLeast);
}

void OverloadControl::grow(Timestamp now) {
  if (share_ == 1 || now - grew_ < kRest) return;
  grew_ = now;
  if (share_ < known_) {
    share_ = std::min(share_ * (1 + kGrowth), known_);
  } else {
    share_ = std::min(share_ * (1 + kCreep * ++creeps_), 1.0);
  }
}

double OverloadControl::share_of(uint32_t viewer) const {
  if (share_ == 1) return 1;
  // Neighbouring numbers far from each other (D. Knuth, The Art of Computer Programming 3, 6.4).
  const double at = static_cast<double>(viewer * 2'654'435'761U) / 4'294'967'296.0;
  return std::min(share_ * (1 + kSpread * (2 * at - 1)), 1.0);
}

}  // namespace parley::shard
