// One source's way up for the allocator: which of its layers are worth considering, and in which
// steps.
#pragma once

#include <cstdint>

#include "base/bounded.h"
#include "sfu/allocator.h"

namespace parley::sfu {

// Rates from here on (1 Pbit/s) count as this one, which no budget affords, so that sums never
// overflow whatever a sender declares.
constexpr int64_t kUnaffordable = 1'000'000'000'000'000;
int64_t bounded_rate(DataRate rate);

struct Choice {
  int64_t rate = 0;  // bit/s; of a layer above the current one maybe more than it costs
  double value = 0;
  uint8_t option = 0;  // index into the source's layers
};

struct Step {
  int64_t rate = 0;  // after it, not of it
  double value = 0;
  double key = 0;  // value gained for a bit, times kLoyalty if the source has it already; never
                   // more than of the step before
  uint8_t choice = 0;
  uint8_t option = 0;
  bool held = false;  // needs no headroom
};

struct Ladder {
  // Ascending in rate and in value: those that no cheaper or equally cheap one outdoes.
  BoundedVector<Choice, kMaxLayersPerSource> choices;
  // The first is the base. Goes through what the source has now, if it has something.
  BoundedVector<Step, kMaxLayersPerSource> steps;
  bool fresh = true;
};

// Empty for a source that isn't visible or has no layer.
void build_ladder(const AllocationSource& source, Ladder& out);

// Step `index`, not the base, doesn't fit: replaces it and all above by the steps to the choices
// below it, whose keys are smaller. False if there is none.
bool shorten_step(Ladder& ladder, size_t index);

// Index of the layer of most value within what the tile shows, the cheapest of equals; -1: none.
// Depends on no rate but between equals.
int ideal_option(const AllocationSource& source);

}  // namespace parley::sfu
