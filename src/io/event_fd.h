// A flag that one thread raises and another waits for in its poll or Asio loop (eventfd).
#pragma once

#include <sys/eventfd.h>

#include <cstdint>

#include "base/check.h"
#include "io/file_descriptor.h"

namespace parley::io {

class EventFd {
 public:
  EventFd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { PARLEY_CHECK(fd_); }

  // From any thread. Raising a raised flag changes nothing.
  void raise() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(fd_.get(), &one, sizeof one);
  }
  // By the waiting thread, before it looks at what the flag stands for.
  void lower() {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(fd_.get(), &count, sizeof count);
  }
  // Readable while raised.
  int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
};

}  // namespace parley::io
