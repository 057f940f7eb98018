// Asks the processor to fetch memory while it does something else: for passes over many viewers,
// each of whose state has left the caches since the last frame.
#pragma once

#include <cstddef>

namespace parley {

inline void prefetch(const void* at, size_t bytes = 1) {
  constexpr size_t kLine = 64;
  const char* p = static_cast<const char*>(at);
  for (size_t i = 0; i < bytes; i += kLine) __builtin_prefetch(p + i);
}

}  // namespace parley
