// Packets sent in a burst are one measurement: groups of 5 ms, and how the distance between two
// neighbours changed on the way (draft-ietf-rmcat-gcc-02 §5.2).
#pragma once

#include <cstdint>
#include <optional>

#include "base/units.h"

namespace parley::congestion {

struct GroupDelta {
  TimeDelta send;     // between the last packets of two neighbouring groups when sent
  TimeDelta arrival;  // and when received; arrival - send > 0: a queue grew
  Timestamp arrived;  // of the later group, on the remote clock
};

// Rules
// 1. A packet belongs to the open group if sent within kBurst of the group's first one.
// 2. It also does if it arrived within kBurst of the group's last one, faster than it was sent
//    (a queue let it out in a burst), and the group is younger than kLongestBurst.
// 3. A packet sent before the open group's first one is ignored.
// 4. When a group closes, the delta to its predecessor comes out.
// 5. A clock that jumps (arrival off by more than kClockJump), or kMostReordered groups in a row
//    that arrive before their predecessor, start all over.
class ArrivalGroups {
 public:
  static constexpr TimeDelta kBurst = TimeDelta::millis(5);
  static constexpr TimeDelta kLongestBurst = TimeDelta::millis(100);
  static constexpr TimeDelta kClockJump = TimeDelta::seconds(3);
  static constexpr int kMostReordered = 3;

  // In the order of sending.
  std::optional<GroupDelta> on_packet(Timestamp sent, Timestamp received);
  void reset();

 private:
  struct Group {
    Timestamp first_sent, last_sent;
    Timestamp first_received, last_received;
  };
  bool belongs(Timestamp sent, Timestamp received) const;

  std::optional<Group> open_;
  std::optional<Group> closed_;
  int reordered_ = 0;
};

}  // namespace parley::congestion
