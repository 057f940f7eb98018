// The parts that are asked for each packet, tick or change of budget take no memory.
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "base/random.h"
#include "sfu/allocator.h"
#include "sfu/allocator_test_sources.h"
#include "sfu/layer_rate_meter.h"
#include "sfu/recent_audio.h"
#include "sfu/speaker_detector.h"
#include "support/allocations.h"

namespace parley::sfu {
namespace {

TEST(NoAllocationTest, TheTestCanFail) {
  const uint64_t before = allocations_so_far();
  const auto something = std::make_unique<std::array<int, 8>>();
  EXPECT_NE(something, nullptr);
  EXPECT_EQ(allocations_so_far(), before + 1);
}

TEST(NoAllocationTest, AllocatingMeteringAndDetectingTakeNone) {
  SeededRandom random(3);
  auto sources = random_sources(random, kMaxAllocationSources);
  std::vector<Allocation> out(sources.size());
  auto meter = std::make_unique<LayerRateMeter>();
  auto recent = std::make_unique<RecentAudio>();
  auto detector = std::make_unique<SpeakerDetector>();
  const std::array<uint8_t, 160> payload{};

  const uint64_t before = allocations_so_far();
  for (uint32_t i = 1; i <= SpeakerDetector::kMaxSources; ++i) detector->add(TrackId{i});
  Timestamp now = Timestamp::seconds(1);
  for (int i = 0; i < 300; ++i, now = now + TimeDelta::millis(20)) {
    allocate(DataRate::kbps(100 * i), sources, out);
    for (size_t k = 0; k < out.size(); ++k) {
      sources[k].current = out[k].layer;
      sources[k].fresh = false;
    }
    meter->add({1, 0, static_cast<uint8_t>(i % 3)}, DataSize::bytes(1000), i % 100 == 0, now);
    (void)meter->rate({1, 0, 2}, 360, 30, now);
    recent->insert({.sequence = i, .arrival = now, .payload = payload});
    detector->handle_level(static_cast<uint16_t>(i / 100), 20, now);
    detector->handle_tick(now);
  }
  detector->remove(1);
  EXPECT_EQ(allocations_so_far(), before);
  EXPECT_TRUE(detector->dominant());
}

}  // namespace
}  // namespace parley::sfu
