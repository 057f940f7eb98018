// Which packets of one incoming stream came, in which order, and which never did.
#pragma once

#include <cstdint>

#include "base/bounded.h"
#include "base/sequence.h"
#include "base/units.h"

namespace parley::load {

struct LedgerCounters {
  uint64_t received = 0;   // different packets, repairs included
  uint64_t repaired = 0;   // of them, those that came only when asked for again
  uint64_t reordered = 0;  // of them, those that came by themselves after a later one
  uint64_t late = 0;  // repaired or reordered ones that came more than kLate after they were missed
  uint64_t lost = 0;  // not there kGiveUp after they were missed
  uint64_t repeated = 0;  // came again, or after they were given up

  LedgerCounters& operator+=(const LedgerCounters& more);
  LedgerCounters operator-(const LedgerCounters& before) const;
};

class SequenceLedger {
 public:
  // What a video player's buffer holds.
  static constexpr TimeDelta kLate = TimeDelta::millis(100);
  static constexpr TimeDelta kGiveUp = TimeDelta::seconds(1);
  // Missing at the same time; beyond it they count as lost at once.
  static constexpr size_t kMissing = 256;
  static constexpr int64_t kNone = INT64_MIN;

  // Gives the number unwrapped.
  int64_t on_packet(uint16_t sequence, bool repair, Timestamp now);
  // Gives up what is missing for too long.
  void settle(Timestamp now);

  const LedgerCounters& counters() const { return counters_; }
  // The highest number so far, unwrapped; kNone before the first packet.
  int64_t newest() const { return newest_; }
  size_t missing() const { return missing_.size(); }

 private:
  struct Missing {
    int64_t sequence = 0;
    Timestamp since;
  };
  SeqUnwrapper unwrap_;
  int64_t newest_ = kNone;
  BoundedVector<Missing, kMissing> missing_;  // ascending
  LedgerCounters counters_;
};

}  // namespace parley::load
