// The way of a packet, from encrypted datagram in to N encrypted datagrams out, without the
// sockets: ns per forwarded packet.
#include <benchmark/benchmark.h>

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

}  // namespace
}  // namespace parley::shard
