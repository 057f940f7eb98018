// Whether the path all but closed just now, and what may be sent until the estimate knows: no more
// than arrives (V. Jacobson, Congestion Avoidance and Control, 1988; RFC 6937).
#pragma once

#include <algorithm>
#include <optional>

#include "base/units.h"

namespace parley::congestion {

// Rules
// 1. A path that narrows to a small part of what was sent into it delivers so few packets that no
//    trend is seen in them for half a second, and its queue is full and loses all by then. Two
//    things together tell sooner: news is overdue (2), and what arrives is scarce (3).
// 2. A report's age: from when the oldest packet left that nothing was known of, to the report that
//    tells of a newer one than all before. News is overdue when that takes longer than the smoothed
//    age and max(kDeviations smoothed deviations, kMargin). A longer way gets usual within several
//    reports: one sample moves the age by an eighth, the deviation by a sixteenth of kMargin.
// 3. Scarce is less than 1 / kScarce of the smoothed rate of what arrives, from the report before
//    the last one to now.
// 4. While both hold, until a report comes that isn't late or tells of more, half as much may leave
//    as reports tell of as arrived, so that the queue drains. For kLongest without a report at
//    most: if all that is under way was lost, only what is sent next brings news.
class PacketConservation {
 public:
  static constexpr int kDeviations = 4;
  static constexpr TimeDelta kMargin = TimeDelta::millis(60);
  static constexpr int kScarce = 8;
  static constexpr TimeDelta kLongest = TimeDelta::millis(500);

  void on_sent(DataSize size, Timestamp now) {
    if (oldest_.is_never()) expect(now);
    if (closed(now)) credit_ -= size;
  }
  // News of a packet that is newer than all known before. `next`: when the one after it left;
  // empty: none did. `arrived`: what is new in the report.
  void on_report(std::optional<Timestamp> next, DataSize arrived, Timestamp now);

  bool allows(Timestamp now) const { return !closed(now) || credit_ > DataSize(); }
  // If it doesn't allow: when it does without a report.
  Timestamp end() const { return due_ + kLongest; }

 private:
  void expect(Timestamp oldest);
  bool closed(Timestamp now) const { return now >= due_ && now - due_ < kLongest; }
  TimeDelta patience() const { return *age_ + std::max(deviation_ * kDeviations, kMargin); }
  void learn_age(TimeDelta age);

  Timestamp due_ = Timestamp::never();     // when both will hold
  Timestamp oldest_ = Timestamp::never();  // left first of those that nothing is known of
  DataSize credit_;
  std::optional<TimeDelta> age_;  // smoothed
  TimeDelta deviation_;
  std::optional<Timestamp> reported_;  // when the last report came
  std::optional<DataRate> arrives_;    // smoothed
  Timestamp scarce_from_;              // if no further report comes
};

}  // namespace parley::congestion
