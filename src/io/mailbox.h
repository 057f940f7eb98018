// How threads exchange values: a bounded queue that many threads push to and one empties, with a
// descriptor that its owner's event loop waits on.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "io/event_fd.h"

namespace parley::io {

// T is moved in and out. The consumer takes everything in one go, so the lock is held for a push or
// a swap only and the hot path touches it no more than once for each wake-up.
template <typename T>
class Mailbox {
 public:
  explicit Mailbox(size_t capacity) : capacity_(capacity) {}

  // Any thread. False, and unchanged, when full: the caller decides what that means.
  [[nodiscard]] bool push(T value) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      if (incoming_.size() >= capacity_) return false;
      was_empty = incoming_.empty();
      incoming_.push_back(std::move(value));
      waits_.store(true, std::memory_order_release);
    }
    if (was_empty) event_.raise();
    return true;
  }

  // The consumer's thread only. Everything pushed so far, oldest first; valid until the next call.
  std::vector<T>& take() {
    taken_.clear();
    event_.lower();
    const std::lock_guard lock(mutex_);
    taken_.swap(incoming_);
    waits_.store(false, std::memory_order_relaxed);
    return taken_;
  }

  // Whether take() would bring something: without a lock or a system call.
  bool waits() const { return waits_.load(std::memory_order_acquire); }

  // Readable while something waits.
  int fd() const { return event_.fd(); }

 private:
  const size_t capacity_;
  EventFd event_;
  std::atomic<bool> waits_ = false;
  std::mutex mutex_;
  std::vector<T> incoming_;
  std::vector<T> taken_;
};

}  // namespace parley::io
