// How much may leave at once, ahead of the pacer's rate: what the path was seen to carry without a
// queue. A picture that is spread over time where nothing is in its way only comes later.
#pragma once

#include <algorithm>

#include "base/units.h"

namespace parley::congestion {

struct BurstReport {
  // Of all its packets, beyond the path's least delay.
  TimeDelta longest_wait;
  // Overuse, loss, a competitor: somebody is in the way.
  bool congested = false;
  // More is wished than the target allows.
  bool wanting = false;
  Timestamp newest_sent;
  DataRate target;
};

// Rules
// 1. At first nothing: what isn't known is paced.
// 2. It grows only by being tried: once the pacer held something back for want of it, and a report
//    tells of packets sent since, none of which waited longer than kShortWait, it is doubled, at
//    least kFirst of the target. So the first burst that is too much makes
//    a queue of twice that at most.
// 3. A wait up to kLongWait: back to half, which was carried before. Not again before what is sent
//    then is told of.
// 4. A longer one, or any congestion: nothing at all.
// 5. After 3 and 4 it doesn't grow for kRest.
// 6. Nothing either where more is wished than the target: a flow that takes what the path carries
//    gains nothing by bursts, and they only make queues.
// 7. Never more than kMost, nor than kLongest of the target: it may have fallen meanwhile.
class BurstAllowance {
 public:
  static constexpr TimeDelta kShortWait = TimeDelta::millis(5);
  static constexpr TimeDelta kLongWait = TimeDelta::millis(10);
  static constexpr TimeDelta kRest = TimeDelta::seconds(1);
  static constexpr TimeDelta kFirst = TimeDelta::millis(10);
  static constexpr TimeDelta kLongest = TimeDelta::millis(200);
  // A key frame at 5 Mbit/s; routers queue as much.
  static constexpr DataSize kMost = DataSize::bytes(128 * 1024);

  // Something waits that would have left with a larger one.
  void on_held(Timestamp now) { tried_ = std::min(tried_, now); }
  void on_report(const BurstReport& report, Timestamp now);
  // No reports come.
  void on_silence(Timestamp now) { fall(DataSize(), now); }
  DataSize value(DataRate target) const { return std::min({value_, target * kLongest, kMost}); }

 private:
  void fall(DataSize value, Timestamp now);

  DataSize value_;
  Timestamp tried_ = Timestamp::never();  // since the last change
  Timestamp changed_;
  Timestamp rests_until_;
};

}  // namespace parley::congestion
