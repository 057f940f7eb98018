#include "sfu/allocator.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <type_traits>

#include "base/check.h"
#include "sfu/allocator_ladder.h"

namespace parley::sfu {
namespace {

constexpr uint32_t kRanksOfClass = 256;      // priorities
constexpr uint32_t kFirstOrdinaryClass = 4;  // before it: stage, screens, pinned

class Allocator {
 public:
  Allocator(DataRate budget, std::span<const AllocationSource> sources)
      : sources_(sources), budget_(std::clamp<int64_t>(budget.bps(), 0, kUnaffordable - 1)) {
    for (size_t i = 0; i < sources_.size(); ++i) {
      std::construct_at(&ladders_[i].ladder);
      build_ladder(sources_[i], ladders_[i].ladder);
      ranks_[i] = allocation_rank(sources_[i]);
      if (!ladders_[i].ladder.steps.empty()) order_.push_back(static_cast<uint8_t>(i));
    }
    std::sort(order_.begin(), order_.end(), [&](uint8_t a, uint8_t b) {
      return ranks_[a] != ranks_[b] ? ranks_[a] < ranks_[b] : a < b;
    });
  }

  void run() {
    give_bases(0, kFirstOrdinaryClass * kRanksOfClass);
    for (const uint8_t i : order_) {
      if (sources_[i].on_stage) raise_to_stage_lines(i);
    }
    give_bases(kFirstOrdinaryClass * kRanksOfClass, std::numeric_limits<uint32_t>::max());
    raise_best_first();
    light_what_still_fits();
  }

  // Index into the source's layers; -1: dark.
  int chosen(size_t source) const { return chosen_[source]; }

 private:
  struct Candidate {
    double key;
    uint8_t source;
    // The heap's top is the largest; of equals the more important.
    static bool less(const Candidate& a, const Candidate& b) {
      return a.key != b.key ? a.key < b.key : a.source > b.source;
    }
  };

  // Whether the source can go from its present rate to `rate`.
  bool fits(int64_t rate, int64_t present, bool held) const {
    const int64_t total = used_ - present + rate;
    return held ? total <= budget_ : total * kHeadroomPercent <= budget_ * 100;
  }
  int64_t rate_now(size_t i) const {
    return taken_[i] == 0 ? 0 : ladders_[i].ladder.steps[taken_[i] - 1].rate;
  }
  bool take_step(size_t i) {
    const Step& step = ladders_[i].ladder.steps[taken_[i]];
    if (!fits(step.rate, rate_now(i), step.held)) return false;
    used_ += step.rate - rate_now(i);
    chosen_[i] = step.option;
    ++taken_[i];
    return true;
  }
  bool may_rise(size_t i) const {
    return taken_[i] > 0 && taken_[i] < ladders_[i].ladder.steps.size() && ranks_[i] <= dark_rank_;
  }

  void give_bases(uint32_t first_rank, uint32_t end_rank) {
    for (const uint8_t i : order_) {
      if (ranks_[i] < first_rank || ranks_[i] >= end_rank) continue;
      if (!take_step(i)) dark_rank_ = std::min(dark_rank_, ranks_[i]);
    }
  }

  void raise_to_stage_lines(size_t i) {
    while (may_rise(i)) {
      const Step& next = ladders_[i].ladder.steps[taken_[i]];
      if (sources_[i].layers[next.option].height > kStageLines || !take_step(i)) return;
    }
  }

  void raise_best_first() {
    BoundedVector<Candidate, kMaxAllocationSources> heap;
    const auto offer = [&](uint8_t i) {
      if (!may_rise(i)) return;
      heap.push_back({ladders_[i].ladder.steps[taken_[i]].key, i});
      std::push_heap(heap.begin(), heap.end(), Candidate::less);
    };
    for (const uint8_t i : order_) offer(i);
    while (!heap.empty()) {
      std::pop_heap(heap.begin(), heap.end(), Candidate::less);
      const uint8_t i = heap.back().source;
      heap.pop_back();
      // Keys never grow on the way, so what a larger budget takes first is worth more than all that
      // a smaller one could buy instead: more bandwidth never shows less.
      if (take_step(i) || shorten_step(ladders_[i].ladder, taken_[i])) offer(i);
    }
  }

  // A step above the current layer may have been counted as more than it costs.
  void light_what_still_fits() {
    used_ = 0;
    for (const uint8_t i : order_) used_ += taken_[i] > 0 ? cost_of(i) : 0;
    for (const uint8_t i : order_) {
      if (taken_[i] == 0) take_step(i);
    }
  }
  int64_t cost_of(size_t i) const {
    return bounded_rate(sources_[i].layers[static_cast<size_t>(chosen_[i])].rate);
  }

  std::span<const AllocationSource> sources_;
  int64_t budget_;
  int64_t used_ = 0;
  uint32_t dark_rank_ = std::numeric_limits<uint32_t>::max();
  BoundedVector<uint8_t, kMaxAllocationSources> order_;  // the visible, by rank
  // Made for as many as there are sources: to clear them all takes 58 KiB, twice a first-level
  // cache.
  union Place {
    Place() {}
    Ladder ladder;
  };
  static_assert(std::is_trivially_destructible_v<Ladder>);
  std::array<Place, kMaxAllocationSources> ladders_;
  std::array<uint32_t, kMaxAllocationSources> ranks_{};
  std::array<uint8_t, kMaxAllocationSources> taken_{};  // steps
  std::array<int, kMaxAllocationSources> chosen_ = [] {
    std::array<int, kMaxAllocationSources> none{};
    none.fill(-1);
    return none;
  }();
};

}  // namespace

uint32_t allocation_rank(const AllocationSource& source) {
  uint32_t rank_class = kFirstOrdinaryClass;
  if (source.on_stage) {
    rank_class = source.screen ? 0 : 1;
  } else if (source.screen) {
    rank_class = 2;
  } else if (source.pinned) {
    rank_class = 3;
  }
  return rank_class * kRanksOfClass + source.priority;
}

AllocationTotals allocate(DataRate budget, std::span<const AllocationSource> sources,
                          std::span<Allocation> out) {
  PARLEY_CHECK(sources.size() <= kMaxAllocationSources && out.size() == sources.size());
  Allocator allocator(budget, sources);
  allocator.run();
  AllocationTotals totals;
  for (size_t i = 0; i < sources.size(); ++i) {
    const AllocationSource& source = sources[i];
    out[i] = {};
    const int ideal = ideal_option(source);
    if (ideal < 0) continue;
    const LayerOption& best = source.layers[static_cast<size_t>(ideal)];
    out[i].ideal = best.layer;
    out[i].ideal_rate = best.rate;
    const int chosen = allocator.chosen(i);
    if (chosen >= 0) {
      const LayerOption& option = source.layers[static_cast<size_t>(chosen)];
      out[i].layer = option.layer;
      out[i].rate = option.rate;
    }
    out[i].limited = chosen != ideal;
    totals.rate = totals.rate + out[i].rate;
    totals.ideal = totals.ideal + std::min(out[i].ideal_rate, DataRate::bps(kUnaffordable));
  }
  return totals;
}

}  // namespace parley::sfu
