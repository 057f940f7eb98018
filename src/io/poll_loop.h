// The smallest event loop that serves a media thread: wait until a descriptor is readable or a
// deadline has come.
//
// By ppoll, not epoll: an epoll stays in the queue of those who wait for the socket even while they
// don't, and the kernel then wakes it for each packet that has left, which cost a lone packet a
// twentieth of its time. For the handful of descriptors that a media thread has the one is as fast
// as the other.
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/units.h"

namespace parley::io {

class PollLoop {
 public:
  static constexpr size_t kMostWatched = 8;

  // Watches `fd`, which outlives this, kMostWatched at most; `tag` names it in the answers of
  // wait().
  void watch_readable(int fd, uint32_t tag);
  // Whether what is watched as `tag` is waited for, which it is until this says otherwise.
  void heed(uint32_t tag, bool heeded);

  // Sleeps until a watched descriptor is readable or `until` has come, to the microsecond. Gives
  // the tags of all that is readable, in the order in which they were given; empty at the deadline.
  // Valid until the next call.
  std::span<const uint32_t> wait(Timestamp until);
  // When the last wait() began.
  Timestamp waiting_since() const { return waiting_since_; }

 private:
  std::array<pollfd, kMostWatched> watched_{};
  std::array<uint32_t, kMostWatched> tags_{};
  std::array<uint32_t, kMostWatched> ready_{};
  size_t count_ = 0;
  Timestamp waiting_since_;
};

}  // namespace parley::io
