#include "io/clock.h"

#include <time.h>

namespace parley::io {

Timestamp monotonic_now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return Timestamp::micros(int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000);
}

int64_t wall_clock_ms() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

}  // namespace parley::io
