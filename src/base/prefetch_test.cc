#include "base/prefetch.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

// As the ones that are called for each viewer: too large to be inlined.
[[gnu::noinline]] void fetch(const char* at) {
  prefetch(at, 4 * 64);
}
[[gnu::noinline]] void fetch_by_call(const char* at) {
  fetch(at);
}

TEST(PrefetchTest, TheCompilerDoesNotDropIt) {
#ifdef __x86_64__
  constexpr uint8_t kReturn = 0xc3;
  EXPECT_NE(*reinterpret_cast<const uint8_t*>(&fetch_by_call), kReturn) << "nothing is left of it";
#else
  GTEST_SKIP() << "looks at the code, which it only knows how to read on x86-64";
#endif
  fetch_by_call("");  // what is asked for need not be there
}

}  // namespace
}  // namespace parley
