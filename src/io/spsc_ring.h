// How one media thread hands values to another without a lock: a ring with one producer and one
// consumer, whose places are written and read where they lie.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

#include "base/check.h"

namespace parley::io {

// Memory is touched, and so resident, only as far as places were used. Lock-free; each side caches
// the other's position, so that they share a cache line only when the ring looks full or empty (the
// well-known refinement of Lamport's queue).
template <typename T>
  requires std::is_trivially_destructible_v<T>
class SpscRing {
 public:
  // `capacity`: a power of two.
  explicit SpscRing(size_t capacity)
      : mask_(capacity - 1), places_(std::allocator<T>().allocate(capacity)) {
    PARLEY_CHECK(capacity > 0 && (capacity & mask_) == 0);
  }
  ~SpscRing() { std::allocator<T>().deallocate(places_, mask_ + 1); }
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  // Producer: the place to write next, new as by `T place;`, or nullptr when the ring is full;
  // commit() gives it to the consumer.
  T* reserve() {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ > mask_) return nullptr;
    }
    return ::new (static_cast<void*>(&places_[tail & mask_])) T;
  }
  void commit() {
    tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // Consumer: the `ahead`-th of what waits, oldest first, or nullptr; it stays until release().
  const T* peek(size_t ahead = 0) {
    const size_t at = head_.load(std::memory_order_relaxed) + ahead;
    if (at >= tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (at >= tail_seen_) return nullptr;
    }
    return &places_[at & mask_];
  }
  void release(size_t count) {
    head_.store(head_.load(std::memory_order_relaxed) + count, std::memory_order_release);
  }

 private:
  static constexpr size_t kLine = 64;  // of the cache

  const size_t mask_;
  T* const places_;
  alignas(kLine) std::atomic<size_t> tail_{0};  // the producer's
  size_t head_seen_ = 0;
  alignas(kLine) std::atomic<size_t> head_{0};  // the consumer's
  size_t tail_seen_ = 0;
};

}  // namespace parley::io
