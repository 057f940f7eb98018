// A tick of the speaker detector, with a tenth of the sources talking and the others silent.
#include <benchmark/benchmark.h>

#include "sfu/speaker_detector.h"

namespace parley::sfu {
namespace {

void BM_SpeakerTick(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  SpeakerDetector detector;
  for (uint32_t i = 1; i <= count; ++i) detector.add(TrackId{i});
  Timestamp now = Timestamp::seconds(1);
  for (auto _ : state) {
    state.PauseTiming();
    now = now + SpeakerDetector::kFrame;
    for (uint16_t i = 0; i < count; i = static_cast<uint16_t>(i + 10))
      detector.handle_level(i, 30, now);
    state.ResumeTiming();
    detector.handle_tick(now);
  }
}
BENCHMARK(BM_SpeakerTick)->Arg(10)->Arg(100)->Arg(1000);

void BM_SpeakerLevel(benchmark::State& state) {
  SpeakerDetector detector;
  const auto source = *detector.add(TrackId{1});
  Timestamp now = Timestamp::seconds(1);
  for (auto _ : state) {
    now = now + SpeakerDetector::kFrame;
    benchmark::DoNotOptimize(detector.handle_level(source, 30, now));
  }
}
BENCHMARK(BM_SpeakerLevel);

}  // namespace
}  // namespace parley::sfu
