// PARLEY_CHECK states what must hold if our own code is right; it stays on in release builds and
// ends the process with the place and the condition. Never use it on anything that comes from
// outside.
#pragma once

namespace parley {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

#define PARLEY_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::parley::check_failed(#condition, __FILE__, __LINE__))
