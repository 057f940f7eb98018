// The smallest event loop that serves a media thread: wait until a descriptor is readable or a
// deadline has come.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/units.h"
#include "io/file_descriptor.h"

namespace parley::io {

class EpollLoop {
 public:
  EpollLoop();

  // Watches `fd` (level-triggered) until it is closed; `tag` names it in the answers of wait().
  void watch_readable(int fd, uint32_t tag);

  // Sleeps until a watched descriptor is readable or `until` has come, to the microsecond where the
  // kernel can (Linux 5.11) and rounded up to the millisecond where not. Gives the tags of what is
  // readable; empty at the deadline. Valid until the next call.
  std::span<const uint32_t> wait(Timestamp until);

 private:
  static constexpr size_t kMaxEvents = 8;

  FileDescriptor epoll_;
  std::array<uint32_t, kMaxEvents> ready_{};
  bool fine_timeouts_ = true;
};

}  // namespace parley::io
