// Whether the application sends clearly less than it may (the "application-limited region"): then
// its rate tells nothing of the path.
#pragma once

#include "base/units.h"

namespace parley::congestion {

// Rules
// 1. A budget fills at kShare of the target and empties by what is sent; it spans kSpan.
// 2. Limited from four fifths unused on, until half of it is used.
class ApplicationLimit {
 public:
  static constexpr double kShare = 0.65;
  static constexpr TimeDelta kSpan = TimeDelta::millis(500);

  void on_sent(DataSize size, Timestamp now, DataRate target);
  // Lets time pass without a packet.
  void update(Timestamp now, DataRate target);
  bool limited() const { return limited_; }

 private:
  Timestamp last_;
  bool started_ = false;
  double unused_bytes_ = 0;
  bool limited_ = false;
};

}  // namespace parley::congestion
