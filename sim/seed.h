// The seed of a scenario: its own, or the one that PARLEY_SEED names, to repeat a failed run.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace parley::sim {

inline uint64_t seed_or(uint64_t fallback) {
  const char* text = std::getenv("PARLEY_SEED");
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

}  // namespace parley::sim
