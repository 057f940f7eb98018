// Keeps a slot from taking turns between two sizes of a picture. A larger one begins with a key
// frame, on a narrow path the very bandwidth it was to use: it crowds out what is shown, the
// estimate falls, and the slot is back where it was.
//
// Rules:
//  1. A raise that is taken back within kTrial for want of bandwidth has failed.
//  2. After the n-th failure in a row the next raise waits kFirstWait x 2^(n-1), at most
//  kLongestWait.
//  3. A budget of kNewPath times that of the failed raise ends the wait: the path isn't the same.
//  4. A raise that stands for kTrial ends the row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/units.h"

namespace parley::sfu {

class RaiseGuard {
 public:
  static constexpr TimeDelta kTrial = TimeDelta::seconds(10);
  static constexpr TimeDelta kFirstWait = TimeDelta::seconds(5);
  static constexpr TimeDelta kLongestWait = TimeDelta::seconds(120);
  static constexpr int64_t kNewPathPercent = 150;

  // What is shown has `lines` from now on; 0: nothing. `limited`: it would have more if the budget
  // allowed it.
  void on_decision(uint16_t lines, bool limited, DataRate budget, Timestamp now) {
    if (lines > lines_ && lines_ != 0) {
      if (raised_ && now - *raised_ > kTrial) failures_ = 0;
      raised_ = now;
      raised_at_ = budget;
    } else if (lines < lines_ && limited && raised_ && now - *raised_ <= kTrial) {
      ++failures_;
      raised_.reset();  // further falls are of the same failure
      TimeDelta wait = kFirstWait;
      for (int i = 1; i < failures_ && wait < kLongestWait; ++i) wait = wait * 2;
      waits_until_ = now + std::min(wait, kLongestWait);
    }
    lines_ = lines;
  }
  // What was sent was too much altogether: no raise for the first wait.
  void on_restart(DataRate budget, Timestamp now) {
    raised_at_ = std::max(raised_at_, budget);
    waits_until_ = std::max(waits_until_, now + kFirstWait);
  }
  bool may_raise(DataRate budget, Timestamp now) const {
    return now >= waits_until_ || budget.bps() * 100 >= raised_at_.bps() * kNewPathPercent;
  }

 private:
  uint16_t lines_ = 0;
  int failures_ = 0;
  std::optional<Timestamp> raised_;
  DataRate raised_at_;
  Timestamp waits_until_;
};

}  // namespace parley::sfu
