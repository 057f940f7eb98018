#include "io/epoll_loop.h"

#include <errno.h>
#include <sys/epoll.h>

#include <algorithm>

#include "base/check.h"
#include "io/clock.h"

namespace parley::io {

EpollLoop::EpollLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  PARLEY_CHECK(epoll_);
}

void EpollLoop::watch_readable(int fd, uint32_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = tag;
  PARLEY_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

std::span<const uint32_t> EpollLoop::wait(Timestamp until) {
  std::array<epoll_event, kMaxEvents> events;
  // A minute at most: a driver that wakes for nothing once a minute costs nothing and no arithmetic
  // can overflow.
  constexpr int64_t kLongestUs = 60'000'000;
  int64_t wait_us = kLongestUs;
  if (!until.is_never()) {
    wait_us = std::clamp<int64_t>((until - monotonic_now()).us(), 0, kLongestUs);
  }
  int n = -1;
  if (fine_timeouts_) {
    const timespec timeout{.tv_sec = wait_us / 1'000'000, .tv_nsec = wait_us % 1'000'000 * 1000};
    n = ::epoll_pwait2(epoll_.get(), events.data(), kMaxEvents, &timeout, nullptr);
    if (n < 0 && (errno == ENOSYS || errno == EPERM)) fine_timeouts_ = false;
  }
  if (!fine_timeouts_) {
    const int ms = static_cast<int>((wait_us + 999) / 1000);
    n = ::epoll_wait(epoll_.get(), events.data(), kMaxEvents, ms);
  }
  PARLEY_CHECK(n >= 0 || errno == EINTR);
  const size_t count = static_cast<size_t>(std::max(n, 0));
  for (size_t i = 0; i < count; ++i) ready_[i] = events[i].data.u32;
  return {ready_.data(), count};
}

}  // namespace parley::io
