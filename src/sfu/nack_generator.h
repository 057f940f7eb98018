// Finds the gaps in one incoming stream and says which packets to ask for again (RFC 4585 §6.2.1),
// and when to stop asking.
#pragma once

#include <cstdint>
#include <span>

#include "base/bounded.h"
#include "base/units.h"

namespace parley::sfu {

class NackGenerator {
 public:
  // A larger hole is not worth repairing packet by packet: a key frame is asked for.
  static constexpr size_t kMissing = 128;
  static constexpr int kTries = 6;
  // First request after this, so that plain reordering costs nothing.
  static constexpr TimeDelta kReorderWait = TimeDelta::millis(10);
  static constexpr TimeDelta kGiveUp = TimeDelta::seconds(1);

  // Unwrapped sequence number of a packet that came (also by retransmission).
  void on_packet(int64_t sequence, Timestamp now);
  // Appends the numbers due for a request, at most out.size(); returns how many. `round_trip`
  // spaces the tries.
  size_t collect(std::span<uint16_t> out, TimeDelta round_trip, Timestamp now);
  // Asks for nothing of what is missing now.
  void give_up();
  // True once after losses that can't be repaired any more.
  bool take_unrepairable();
  size_t missing() const { return missing_.size(); }

 private:
  struct Missing {
    int64_t sequence = 0;
    Timestamp since;
    Timestamp asked;
    int tries = 0;
  };
  BoundedVector<Missing, kMissing> missing_;  // ascending
  int64_t newest_ = -1;
  bool unrepairable_ = false;
};

}  // namespace parley::sfu
