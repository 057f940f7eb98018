// When to read a socket whose datagrams may wait a little for more of their kind, so that a wake-up
// is shared by several.
#pragma once

#include <cstddef>

#include "base/units.h"

namespace parley::app {

// Rules
// 1. While less than one comes each kOften they are read when they come.
// 2. Else they wait, and what came is read together: kOften after the last time when the thread is
//    awake anyway, kMost after it at the latest.
// 3. After a full batch the next is read at once.
class Patience {
 public:
  // Feedback comes each 50 to 250 ms and says itself when packets arrived; only what is done about
  // it is later.
  static constexpr TimeDelta kOften = TimeDelta::millis(5);
  static constexpr TimeDelta kMost = TimeDelta::millis(20);

  // The socket was read at `now` and had so many datagrams; `full`: and may have more.
  void on_read(Timestamp now, size_t datagrams, bool full) {
    const bool often = kOften * static_cast<int64_t>(datagrams) > now - read_;
    read_ = now;
    ripe_ = full ? now : often ? now + kOften : Timestamp::never();
    due_ = full ? now : often ? now + kMost : Timestamp::never();
  }

  // Whether what comes has to wait; else it is read when it comes.
  bool waits() const { return !due_.is_never(); }
  // From when on it is read when the thread is awake, and when the thread wakes up for it.
  Timestamp ripe() const { return ripe_; }
  Timestamp due() const { return due_; }

 private:
  Timestamp read_;
  Timestamp ripe_ = Timestamp::never();
  Timestamp due_ = Timestamp::never();
};

}  // namespace parley::app
