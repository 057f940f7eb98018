// How long packets now wait on the path beyond its least delay: one-way delays against their
// minimum, the clocks' offset cancels.
#pragma once

#include "base/units.h"

namespace parley::congestion {

// Rules
// 1. The least delay is the minimum of the last kWindow to 2 x kWindow, so that a path that became
//    longer is believed after that time; drift of 50 ppm makes at most 1 ms of it.
// 2. The current delay is the least one of a feedback report: a queue delays all, jitter only some.
// 3. The longest of a report is told, too: what a burst of ours did at its end.
class QueueDelay {
 public:
  static constexpr TimeDelta kWindow = TimeDelta::seconds(15);

  void on_packet(Timestamp sent, Timestamp received);
  // The report's packets were all given.
  void end_report(Timestamp now);
  TimeDelta value() const { return value_; }
  TimeDelta longest() const { return longest_; }

 private:
  TimeDelta report_ = TimeDelta::infinite();
  TimeDelta report_longest_ = -TimeDelta::infinite();
  TimeDelta window_least_ = TimeDelta::infinite();
  TimeDelta previous_least_ = TimeDelta::infinite();
  Timestamp window_start_;
  bool started_ = false;
  TimeDelta value_;
  TimeDelta longest_;
};

}  // namespace parley::congestion
