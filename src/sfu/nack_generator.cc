#include "sfu/nack_generator.h"

#include <algorithm>
#include <utility>

namespace parley::sfu {

void NackGenerator::on_packet(int64_t sequence, Timestamp now) {
  if (newest_ < 0) {
    newest_ = sequence;
    return;
  }
  if (sequence <= newest_) {
    for (size_t i = 0; i < missing_.size(); ++i) {
      if (missing_[i].sequence == sequence) {
        missing_.erase(i);
        return;
      }
    }
    return;
  }
  const int64_t hole = sequence - newest_ - 1;
  if (hole + static_cast<int64_t>(missing_.size()) > static_cast<int64_t>(kMissing)) {
    missing_.clear();
    unrepairable_ = true;
  } else {
    for (int64_t s = newest_ + 1; s < sequence; ++s)
      missing_.push_back({.sequence = s, .since = now});
  }
  newest_ = sequence;
}

size_t NackGenerator::collect(std::span<uint16_t> out, TimeDelta round_trip, Timestamp now) {
  size_t count = 0;
  for (size_t i = 0; i < missing_.size();) {
    Missing& m = missing_[i];
    if (now - m.since > kGiveUp || m.tries >= kTries) {
      missing_.erase(i);
      unrepairable_ = true;
      continue;
    }
    const bool due =
        m.tries == 0 ? now - m.since >= kReorderWait
                     : now - m.asked >= std::max(round_trip + kReorderWait, TimeDelta::millis(20));
    if (due && count < out.size()) {
      out[count++] = static_cast<uint16_t>(m.sequence);
      m.asked = now;
      ++m.tries;
    }
    ++i;
  }
  return count;
}

void NackGenerator::give_up() {
  unrepairable_ = unrepairable_ || !missing_.empty();
  missing_.clear();
}

bool NackGenerator::take_unrepairable() {
  return std::exchange(unrepairable_, false);
}

}  // namespace parley::sfu
