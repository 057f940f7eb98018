// Randomness of the operating system (getrandom), good enough for keys and tokens.
#pragma once

#include <array>
#include <cstddef>

#include "base/random.h"

namespace parley::io {

// Fetches a block at a time, so that a four-byte draw is not a system call, and wipes what it has
// given out. Not shared between threads: each thread owns one.
class SystemRandom final : public RandomSource {
 public:
  void fill(MutableBytes out) override;

 private:
  static constexpr size_t kBlockBytes = 512;

  std::array<uint8_t, kBlockBytes> block_{};
  size_t used_ = kBlockBytes;
};

}  // namespace parley::io
