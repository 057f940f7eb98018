// Divides a receiver's bandwidth among the video sources it looks at: which layer of each is
// forwarded.
//
// A pure function, called whenever budget, wishes or layers change and on a slow tick. Knows no
// packet; audio, retransmissions and probes are off the budget before. docs/allocation.md tells why
// it is as it is.
//
// Rules, in this order:
//  1. The layers forwarded never cost more than the budget.
//  2. Considered of a source are its layers up to the smallest picture that has kEnoughPercent of
//     the lines its tile shows. The cheapest of them is its base; if it can't be scaled, that is
//     its picture in the fewest frames.
//  3. Rank: on stage, screens, pinned, the others by priority; a screen on stage comes before a
//     camera on stage. Bases are given in this order, each if it fits, so one that doesn't never
//     starves those after it.
//  4. Once the bases of stage, screens and pinned are given, those on stage rise to at most
//     kStageLines before the others get their bases.
//  5. Then whoever gains most for a bit rises by one step, until nothing fits: gain is
//     picture_value(), steps lie on the upper convex hull of (rate, value). A step that doesn't fit
//     is tried in smaller ones.
//  6. Nobody rises above the base while a source of higher rank is dark.
//  7. Hysteresis. To rise above what a source has, or to return from dark, needs headroom: the sum
//     so far must fit kHeadroomPercent times. Keeping what it has needs none, and counts kLoyalty
//     times in rule 5. A fresh source (nothing decided for it yet) needs no headroom either.
//  8. Nothing taller than most_lines is given, unless all that is sent is. What a source would get
//     without a limit (ideal) doesn't heed it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bounded.h"
#include "base/units.h"
#include "sfu/layer.h"

namespace parley::sfu {

// More tiles than any page shows; a receiver has far fewer slots.
constexpr size_t kMaxAllocationSources = 64;
// Three encodings of three frame rates, or SVC with 4 × 4.
constexpr size_t kMaxLayersPerSource = 16;
// A picture of 85 % of the tile's lines is indistinguishable on it.
constexpr int kEnoughPercent = 85;
// 1.05² / 0.95², rounded up: what was raised at one moment still fits when the budget is 5 % low
// and all rates 5 % high after having been measured 5 % off in the other direction.
constexpr int kHeadroomPercent = 123;
constexpr double kLoyalty = 3;
constexpr uint16_t kStageLines = 360;

// What is forwarded if `layer` is chosen.
struct LayerOption {
  Layer layer;
  DataRate rate;        // of the layer and all it is predicted from
  uint16_t width = 0;   // 0: unknown
  uint16_t height = 0;  // lines
  float fps = 0;
};

struct AllocationSource {
  // The tile in device pixels; one of them 0: not visible, nothing is forwarded.
  uint16_t width = 0;
  uint16_t height = 0;
  uint8_t priority = 0;  // 0 is the most important
  bool on_stage = false;
  bool pinned = false;
  bool screen = false;
  // What the sender sends now, ascending by layer, rates not negative.
  BoundedVector<LayerOption, kMaxLayersPerSource> layers;
  // What the last call gave it; nullopt: dark. Meaningless while `fresh`.
  std::optional<Layer> current;
  bool fresh = true;
  uint16_t most_lines = UINT16_MAX;  // rule 8
};

struct Allocation {
  std::optional<Layer> layer;  // nullopt: paused
  DataRate rate;
  // What it would get without a limit; nullopt: not visible, or nothing is sent.
  std::optional<Layer> ideal;
  DataRate ideal_rate;
  bool limited = false;  // has less than its ideal, for want of bandwidth
};

struct AllocationTotals {
  DataRate rate;   // never more than the budget
  DataRate ideal;  // what the estimator may usefully look for
};

// Fills out[i] for sources[i]. `out` must be as long as `sources`, which has at most
// kMaxAllocationSources. A budget below zero counts as zero.
AllocationTotals allocate(DataRate budget, std::span<const AllocationSource> sources,
                          std::span<Allocation> out);

// What seeing `option` in the source's tile is worth, > 0, in a unit of no meaning: grows less than
// in proportion with lines (up to what the tile shows) and frames, and with the tile's size and
// importance. A screen gains more from lines and less from frames.
double picture_value(const AllocationSource& source, const LayerOption& option);

// Rule 3: smaller is more important.
uint32_t allocation_rank(const AllocationSource& source);

}  // namespace parley::sfu
