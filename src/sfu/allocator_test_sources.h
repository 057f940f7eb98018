// Made-up sources for the allocator's tests and benches.
#pragma once

#include <vector>

#include "base/random.h"
#include "sfu/allocator.h"

namespace parley::sfu {

// An encoding with its temporal layers: of three, 40 %, 60 % and 100 % of the rate, each twice the
// frames of the one below.
inline void add_encoding(AllocationSource& source, uint8_t encoding, DataRate rate, int width,
                         int height, uint8_t temporal_layers, float fps = 30) {
  const int64_t percent[4][3] = {{}, {100}, {60, 100}, {40, 60, 100}};
  for (uint8_t t = 0; t < temporal_layers; ++t) {
    source.layers.push_back({.layer = {encoding, 0, t},
                             .rate = DataRate::bps(rate.bps() * percent[temporal_layers][t] / 100),
                             .width = static_cast<uint16_t>(width),
                             .height = static_cast<uint16_t>(height),
                             .fps = fps / static_cast<float>(1 << (temporal_layers - 1 - t))});
  }
}

// Simulcast of up to three, SVC of 3 × 3, or a single encoding; rates as encoders choose them, give
// or take half.
inline AllocationSource random_source(SeededRandom& random) {
  AllocationSource source{
      .width = static_cast<uint16_t>(random.below(1921)),
      .height = static_cast<uint16_t>(random.below(1081)),
      .priority = static_cast<uint8_t>(random.below(4)),
      .on_stage = random.below(8) == 0,
      .pinned = random.below(8) == 0,
      .screen = random.below(8) == 0,
  };
  const auto rate = [&](int lines) {
    const auto usual = static_cast<uint64_t>(lines) * static_cast<uint64_t>(lines) * 7 / 2;
    return DataRate::bps(static_cast<int64_t>(usual / 2 + random.below(usual + 1)));
  };
  const auto temporal = static_cast<uint8_t>(1 + random.below(3));
  const uint64_t kind = random.below(4);
  if (kind == 0) {
    const int lines = 360 << random.below(2);
    add_encoding(source, 0, rate(lines), lines * 16 / 9, lines, temporal);
  } else if (kind == 1) {
    DataRate below;
    for (uint8_t s = 0; s < 3; ++s) {
      const int lines = 180 << s;
      const size_t first = source.layers.size();
      add_encoding(source, 0, rate(lines) + below, lines * 16 / 9, lines, temporal);
      for (size_t i = first; i < source.layers.size(); ++i) source.layers[i].layer.spatial = s;
      below = source.layers.back().rate;
    }
  } else {
    const uint64_t encodings = 1 + random.below(3);
    for (uint8_t e = 0; e < encodings; ++e)
      add_encoding(source, e, rate(180 << e), 320 << e, 180 << e, temporal);
  }
  return source;
}

inline std::vector<AllocationSource> random_sources(SeededRandom& random, uint64_t at_most) {
  std::vector<AllocationSource> sources(1 + random.below(at_most));
  for (auto& source : sources) source = random_source(random);
  return sources;
}

}  // namespace parley::sfu
