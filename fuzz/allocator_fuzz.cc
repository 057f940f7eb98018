// The allocator on arbitrary sources, called again with what it gave: never over budget, only what
// is offered, nothing above the base while a more important source is dark, nothing dark that fits.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/check.h"
#include "sfu/allocator.h"
#include "sfu/allocator_ladder.h"

using namespace parley;
using namespace parley::sfu;

namespace {

// The first byte chooses how large, so that small inputs reach near sums, ties and overflow.
DataRate read_rate(ByteReader& in) {
  const uint8_t scale = in.u8();
  const uint64_t value = in.u32();
  return DataRate::bps(static_cast<int64_t>(value << (scale % 32)));
}

AllocationSource read_source(ByteReader& in) {
  AllocationSource source{.width = in.u16(), .height = in.u16(), .priority = in.u8()};
  const uint8_t flags = in.u8();
  source.on_stage = flags & 1;
  source.screen = flags & 2;
  source.pinned = flags & 4;
  source.fresh = flags & 8;
  if (flags & 16) source.current = Layer{in.u8(), in.u8(), in.u8()};
  const auto count = static_cast<uint8_t>(in.u8() % (kMaxLayersPerSource + 1));
  for (uint8_t i = 0; i < count; ++i) {
    source.layers.push_back({.layer = {static_cast<uint8_t>(i / 4), 0, static_cast<uint8_t>(i % 4)},
                             .rate = read_rate(in),
                             .width = in.u16(),
                             .height = in.u16(),
                             .fps = static_cast<float>(in.u8())});
  }
  return source;
}

void check_result(DataRate budget, std::span<const AllocationSource> sources,
                  std::span<const Allocation> out, const AllocationTotals& totals) {
  int64_t sum = 0;
  uint32_t dark = UINT32_MAX;
  for (size_t i = 0; i < out.size(); ++i) {
    sum += out[i].rate.bps();
    PARLEY_CHECK(!out[i].layer || out[i].ideal);
    PARLEY_CHECK(out[i].limited == (out[i].layer != out[i].ideal));
    if (out[i].ideal && !out[i].layer) dark = std::min(dark, allocation_rank(sources[i]));
  }
  PARLEY_CHECK(sum <= std::max<int64_t>(0, budget.bps()) && sum == totals.rate.bps());
  for (size_t i = 0; i < out.size(); ++i) {
    if (!out[i].ideal) continue;
    const auto& layers = sources[i].layers;
    if (out[i].layer) {
      const auto* option = std::ranges::find(layers, *out[i].layer, &LayerOption::layer);
      PARLEY_CHECK(option != layers.end() && option->rate == out[i].rate);
      if (allocation_rank(sources[i]) <= dark) continue;
      for (const auto& other : layers)
        PARLEY_CHECK(other.rate >= out[i].rate || other.height > option->height);
    } else if (sources[i].fresh || sources[i].current) {
      const auto* ideal = std::ranges::find(layers, *out[i].ideal, &LayerOption::layer);
      const int64_t left = std::min(budget.bps(), kUnaffordable - 1) - sum;
      for (const auto& other : layers)
        PARLEY_CHECK(other.height > ideal->height || other.rate.bps() > left);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in(Bytes(data, size));
  std::array<AllocationSource, kMaxAllocationSources> storage;
  const size_t count = in.u8() % (kMaxAllocationSources + 1);
  for (size_t i = 0; i < count; ++i) storage[i] = read_source(in);
  const std::span sources(storage.data(), count);
  std::array<Allocation, kMaxAllocationSources> results;
  const std::span out(results.data(), count);
  for (int round = 0; round < 8 && (round == 0 || in.remaining() > 0); ++round) {
    const DataRate budget = read_rate(in);
    const auto totals = allocate(budget, sources, out);
    check_result(budget, sources, out, totals);
    for (size_t i = 0; i < count; ++i) {
      sources[i].current = out[i].layer;
      sources[i].fresh = false;
    }
  }
  return 0;
}
