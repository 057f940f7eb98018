// How much smaller a receiver's pictures must be because its device can't keep up, from its
// `health` reports. Network trouble is not its concern: that is the bandwidth estimate's.
//
// Rules:
//  1. A report is bad if the pictures together take longer than kBusy of the time to decode, or
//  more than kDropped of their frames came and weren't shown. Freezes alone are the network's.
//  2. kBadReports bad ones in a row halve the pictures once more, at most kMost times; after that
//  kSettle passes before they count again.
//  3. kGoodTime without a bad report gives one halving back, and the next after as long again.
#pragma once

#include "base/units.h"
#include "signaling/client_message.h"

namespace parley::control {

class DeviceGuard {
 public:
  // Milliseconds for one frame of every slot together: at 30 frames a second there are 33.
  static constexpr int64_t kBusyMs = 30;
  // Frames in the 2 s of a report, over all slots; more than five a second.
  static constexpr int64_t kDropped = 12;
  static constexpr int kBadReports = 2;
  static constexpr int kMost = 2;
  static constexpr TimeDelta kSettle = TimeDelta::seconds(6);
  static constexpr TimeDelta kGoodTime = TimeDelta::seconds(30);

  // Each is true when halvings() has changed.
  bool handle_report(const signaling::client::Health& report, Timestamp now);
  bool handle_timeout(Timestamp now);

  // Width and height are to be divided by 2 so many times.
  int halvings() const { return halvings_; }
  // When handle_timeout() may have something to say; never: all is well.
  Timestamp next() const;

 private:
  int halvings_ = 0;
  int bad_in_a_row_ = 0;
  Timestamp settled_at_;
  Timestamp last_bad_;
};

}  // namespace parley::control
