#include "io/poll_loop.h"

#include <errno.h>

#include <algorithm>

#include "base/check.h"
#include "io/clock.h"

namespace parley::io {

void PollLoop::watch_readable(int fd, uint32_t tag) {
  PARLEY_CHECK(count_ < kMostWatched);
  watched_[count_] = {.fd = fd, .events = POLLIN, .revents = 0};
  tags_[count_++] = tag;
}

void PollLoop::heed(uint32_t tag, bool heeded) {
  const auto end = tags_.begin() + static_cast<ptrdiff_t>(count_);
  const auto at = std::find(tags_.begin(), end, tag);
  PARLEY_CHECK(at != end);
  int& fd = watched_[static_cast<size_t>(at - tags_.begin())].fd;
  if ((fd >= 0) != heeded) fd = ~fd;  // ppoll() passes over negative ones
}

std::span<const uint32_t> PollLoop::wait(Timestamp until) {
  // A minute at most: a driver that wakes for nothing once a minute costs nothing and no arithmetic
  // can overflow.
  constexpr int64_t kLongestUs = 60'000'000;
  int64_t wait_us = kLongestUs;
  waiting_since_ = monotonic_now();
  if (!until.is_never()) {
    wait_us = std::clamp<int64_t>((until - waiting_since_).us(), 0, kLongestUs);
  }
  const timespec timeout{.tv_sec = wait_us / 1'000'000, .tv_nsec = wait_us % 1'000'000 * 1000};
  const int n = ::ppoll(watched_.data(), count_, &timeout, nullptr);
  PARLEY_CHECK(n >= 0 || errno == EINTR);
  size_t ready = 0;
  for (size_t i = 0; n > 0 && i < count_; ++i) {
    if (watched_[i].revents != 0) ready_[ready++] = tags_[i];
  }
  return {ready_.data(), ready};
}

}  // namespace parley::io
