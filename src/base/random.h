// The source of randomness that cores are given. The server passes one backed by the operating
// system; a simulation passes SeededRandom, so that a run can be repeated from its seed.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/units.h"

namespace parley {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void fill(MutableBytes out) = 0;

  uint32_t u32();
  uint64_t u64();
  // Uniform in [0, bound); bound > 0.
  uint64_t below(uint64_t bound);
  TimeDelta below(TimeDelta bound);  // likewise, to the microsecond
  // `length` characters of A-Z a-z 0-9 + / (the ice-char set of RFC 8839 §5.4): 6 bits of
  // randomness each.
  std::string ice_chars(size_t length);
  // `length` characters of a-z 2-7: 5 bits each; safe in URLs and spoken aloud.
  std::string base32(size_t length);
};

// xoshiro256** (Blackman and Vigna): fast and repeatable; not for secrets.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(uint64_t seed);
  void fill(MutableBytes out) override;

 private:
  uint64_t next();
  uint64_t state_[4];
};

}  // namespace parley
