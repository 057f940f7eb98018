// The way of a packet, from encrypted datagram in to N encrypted datagrams out, without the
// sockets: ns per forwarded packet.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/count_allocations.h"
#include "shard/testing_call.h"

namespace parley::shard {
namespace {

void BM_Forward(benchmark::State& state) {
  const auto viewers = static_cast<size_t>(state.range(0));
  TestingCall call(viewers);
  int64_t forwarded = 0;
  std::vector<std::vector<uint8_t>> batch;
  size_t next = 0;
  CountAllocations count(state);
  for (auto _ : state) {
    if (next == batch.size()) {
      state.PauseTiming();
      count.leave_out([&] { batch = call.make_video_packets(256); });
      next = 0;
      state.ResumeTiming();
    }
    forwarded += static_cast<int64_t>(call.forward(batch[next++]));
  }
  state.counters["forwarded"] =
      benchmark::Counter(static_cast<double>(forwarded), benchmark::Counter::kIsRate);
  state.counters["ns_per_forwarded"] =
      benchmark::Counter(static_cast<double>(forwarded) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Forward)->Arg(1)->Arg(10)->Arg(50)->Arg(200);

// A picture of five packets at a time, and between two of them so many MiB of other memory: as it
// is for a server that rests between pictures. 8 MiB leave a second-level cache and the TLB, 64 MiB
// all.
void BM_ForwardCold(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  constexpr size_t kPicture = 5;
  TestingCall call(static_cast<size_t>(state.range(0)));
  std::vector<uint8_t> other(static_cast<size_t>(state.range(1)) << 20);
  double seconds = 0;
  size_t forwarded = 0;
  for (auto _ : state) {
    auto picture = call.make_video_packets(kPicture);
    for (size_t at = 0; at < other.size(); at += 64) ++other[at];
    benchmark::ClobberMemory();
    const auto begin = Clock::now();
    forwarded += call.forward(picture).datagrams;
    const std::chrono::duration<double> took = Clock::now() - begin;
    state.SetIterationTime(took.count());
    seconds += took.count();
  }
  state.counters["ns_per_forwarded"] = seconds * 1e9 / static_cast<double>(forwarded);
}
BENCHMARK(BM_ForwardCold)
    ->Args({10, 8})
    ->Args({100, 8})
    ->Args({100, 64})
    ->UseManualTime()
    ->Iterations(200);

}  // namespace
}  // namespace parley::shard
