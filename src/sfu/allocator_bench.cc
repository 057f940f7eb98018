// What one allocation costs: a gallery under half of the bandwidth it could use, so that every
// source is weighed.
#include <benchmark/benchmark.h>

#include <vector>

#include "sfu/allocator.h"
#include "sfu/allocator_test_sources.h"

namespace parley::sfu {
namespace {

void BM_Allocate(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  std::vector<AllocationSource> sources(count);
  for (size_t i = 0; i < count; ++i) {
    sources[i] = {.width = 1280, .height = 720, .priority = static_cast<uint8_t>(i % 4)};
    for (uint8_t e = 0; e < 3; ++e)
      add_encoding(sources[i], e, DataRate::kbps(150 << (2 * e)), 320 << e, 180 << e, 3);
  }
  sources[0].on_stage = true;
  std::vector<Allocation> out(count);
  const DataRate budget = DataRate::kbps(static_cast<int64_t>(count) * 1'200);
  for (auto _ : state) {
    benchmark::DoNotOptimize(allocate(budget, sources, out));
    for (size_t i = 0; i < count; ++i) {
      sources[i].current = out[i].layer;
      sources[i].fresh = false;
    }
  }
}
BENCHMARK(BM_Allocate)->Arg(9)->Arg(25)->Arg(50);

}  // namespace
}  // namespace parley::sfu
