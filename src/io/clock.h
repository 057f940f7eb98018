// The clocks of the machine. Only io/ and app/ read them; cores are told the time.
#pragma once

#include <cstdint>

#include "base/units.h"

namespace parley::io {

// CLOCK_MONOTONIC. Its zero is arbitrary; only differences mean something.
Timestamp monotonic_now();

// Milliseconds since 1970-01-01T00:00:00Z. May jump when the machine's time is set.
int64_t wall_clock_ms();

}  // namespace parley::io
