// Asks the processor to fetch memory while it does something else: for passes over many viewers,
// each of whose state has left the caches since the last frame.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley {

inline void prefetch(const void* at, size_t bytes = 1) {
  constexpr uintptr_t kLine = 64;
  const auto from = reinterpret_cast<uintptr_t>(at);
  // From the beginning of the first line, else the last may be left out.
  for (uintptr_t line = from & ~(kLine - 1); line < from + bytes; line += kLine)
    __builtin_prefetch(reinterpret_cast<const void*>(line));
  // To g++ 12 a function that only prefetches has no effect: it drops the calls of those that it
  // doesn't inline.
  asm volatile("");
}

// Loads a byte, so that the processor knows where its page is. Many in a row look their pages up
// side by side. `at` must be readable. A twentieth of a packet to hundreds of viewers, beside
// prefetch() (docs/performance.md, "Pages").
inline void touch(const void* at) {
  (void)*static_cast<const volatile char*>(at);
}

}  // namespace parley
