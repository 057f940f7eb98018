#include "sfu/allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "sfu/allocator_test_sources.h"

namespace parley::sfu {
namespace {

constexpr DataRate kbps(int64_t v) {
  return DataRate::kbps(v);
}
constexpr Layer kLow{0, 0, 2};
constexpr Layer kMiddle{1, 0, 2};
constexpr Layer kHigh{2, 0, 2};

// Three encodings of 180, 360 and 720 lines at 30 frames, T0 and T1 included, as a browser sends.
AllocationSource camera(uint16_t width, uint16_t height) {
  AllocationSource source{.width = width, .height = height};
  const int64_t rates[] = {150, 500, 1700};
  for (uint8_t e = 0; e < 3; ++e) add_encoding(source, e, kbps(rates[e]), 320 << e, 180 << e, 3);
  return source;
}

// One encoding only, 1080 lines at 15 frames.
AllocationSource screen(uint8_t temporal_layers) {
  AllocationSource source{.width = 1600, .height = 900, .on_stage = true, .screen = true};
  add_encoding(source, 0, kbps(1350), 1920, 1080, temporal_layers, 15);
  return source;
}

struct Run {
  std::vector<Allocation> out;
  AllocationTotals totals;
};

Run run(DataRate budget, const std::vector<AllocationSource>& sources) {
  Run result{.out = std::vector<Allocation>(sources.size())};
  result.totals = allocate(budget, sources, result.out);
  return result;
}

// The sources as they are the next time.
void remember(std::vector<AllocationSource>& sources, const std::vector<Allocation>& out) {
  for (size_t i = 0; i < sources.size(); ++i) {
    sources[i].current = out[i].layer;
    sources[i].fresh = false;
  }
}

TEST(AllocatorTest, GivesEveryoneTheirIdealWhereItFits) {
  const auto r = run(kbps(10'000), {camera(1280, 720), camera(320, 180), camera(640, 360)});
  EXPECT_EQ(r.out[0].layer, kHigh);
  EXPECT_EQ(r.out[1].layer, kLow);
  EXPECT_EQ(r.out[2].layer, kMiddle);
  for (const auto& a : r.out) EXPECT_FALSE(a.limited);
  EXPECT_EQ(r.totals.rate, kbps(1700 + 150 + 500));
  EXPECT_EQ(r.totals.ideal, r.totals.rate);
}

TEST(AllocatorTest, APictureOfMostOfTheTilesLinesIsEnough) {
  EXPECT_EQ(run(kbps(10'000), {camera(376, 211)}).out[0].layer, kLow);     // 180 / 211 = 85.3 %
  EXPECT_EQ(run(kbps(10'000), {camera(378, 213)}).out[0].layer, kMiddle);  // 84.5 %
}

TEST(AllocatorTest, ATileNarrowerThanThePictureNeedsFewerLines) {
  // 16:9 fitted into 320 × 720 shows 180 lines.
  EXPECT_EQ(run(kbps(10'000), {camera(320, 720)}).out[0].layer, kLow);
}

TEST(AllocatorTest, WhatIsNotVisibleGetsNothing) {
  auto hidden = camera(0, 720);
  const auto r = run(kbps(10'000), {hidden, AllocationSource{.width = 640, .height = 360}});
  EXPECT_FALSE(r.out[0].layer || r.out[0].ideal || r.out[0].limited);
  EXPECT_FALSE(r.out[1].layer || r.out[1].ideal || r.out[1].limited);
  EXPECT_EQ(r.totals.ideal, DataRate::zero());
}

TEST(AllocatorTest, LimitedSaysWhatIsMissing) {
  const auto r = run(kbps(600), {camera(1280, 720)});
  EXPECT_EQ(r.out[0].layer, kMiddle);
  EXPECT_TRUE(r.out[0].limited);
  EXPECT_EQ(r.out[0].ideal, kHigh);
  EXPECT_EQ(r.totals.ideal, kbps(1700));
}

TEST(AllocatorTest, ASourceThatCannotBeScaledIsShownInFewerFramesBeforeNotAtAll) {
  // T0 is 40 %, T1 60 % of 1350.
  EXPECT_EQ(run(kbps(1400), {screen(3)}).out[0].layer, (Layer{0, 0, 2}));
  EXPECT_EQ(run(kbps(1000), {screen(3)}).out[0].layer, (Layer{0, 0, 1}));
  EXPECT_EQ(run(kbps(560), {screen(3)}).out[0].layer, (Layer{0, 0, 0}));
  EXPECT_FALSE(run(kbps(500), {screen(3)}).out[0].layer);
}

TEST(AllocatorTest, StageAndScreensStayLongest) {
  auto stage = camera(1280, 720);
  stage.on_stage = true;
  stage.priority = 9;
  auto share = screen(3);
  share.on_stage = false;
  const std::vector<AllocationSource> sources{camera(320, 180), stage, share, camera(320, 180)};
  auto r = run(kbps(80), sources);
  EXPECT_EQ(r.out[1].layer, (Layer{0, 0, 0}));
  EXPECT_FALSE(r.out[0].layer || r.out[2].layer || r.out[3].layer);
  r = run(kbps(620), sources);
  EXPECT_TRUE(r.out[1].layer && r.out[2].layer);
  EXPECT_FALSE(r.out[0].layer || r.out[3].layer);
}

TEST(AllocatorTest, TheStageIsWatchableBeforeThumbnailsAreShown) {
  auto stage = camera(1280, 720);
  stage.on_stage = true;
  std::vector<AllocationSource> sources(10, camera(320, 180));
  sources.push_back(stage);
  const auto r = run(kbps(520), sources);
  EXPECT_EQ(r.out[10].layer, kMiddle);
}

// jitsi-videobridge pull request 2443: a screen that doesn't fit must not leave the budget to
// nobody.
TEST(AllocatorTest, AScreenThatDoesNotFitLeavesTheBudgetToTheOthers) {
  const auto r = run(kbps(1200), {screen(1), camera(320, 180), camera(320, 180)});
  EXPECT_FALSE(r.out[0].layer);
  EXPECT_TRUE(r.out[1].layer && r.out[2].layer);
}

TEST(AllocatorTest, EveryoneIsSeenBeforeAnyoneOrdinaryIsSharp) {
  // 12 bases of 60: 720. What is left isn't enough for a better picture of anyone.
  const std::vector<AllocationSource> sources(12, camera(640, 360));
  for (const auto& a : run(kbps(740), sources).out) EXPECT_EQ(a.layer, (Layer{0, 0, 0}));
}

TEST(AllocatorTest, TheLargerTileIsRaisedFirst) {
  const auto r = run(kbps(680), {camera(640, 360), camera(1280, 720)});
  EXPECT_EQ(r.out[0].layer->encoding, 0);
  EXPECT_EQ(r.out[1].layer->encoding, 1);
}

TEST(AllocatorTest, AStepThatDoesNotFitIsTriedInSmallerOnes) {
  AllocationSource source{.width = 640, .height = 360};
  add_encoding(source, 0, kbps(100), 320, 180, 1);
  add_encoding(source, 1, kbps(400), 356, 200, 1);  // below the line from 180 to 360
  add_encoding(source, 2, kbps(500), 640, 360, 1);
  EXPECT_EQ(run(kbps(500), {source}).out[0].layer, (Layer{2, 0, 0}));
  EXPECT_EQ(run(kbps(450), {source}).out[0].layer, (Layer{1, 0, 0}));
  EXPECT_EQ(run(kbps(399), {source}).out[0].layer, (Layer{0, 0, 0}));
}

// The stage's better layer is cheaper than its current one; it is counted as dearer against
// flapping, but what that leaves over isn't lost.
TEST(AllocatorTest, WhatWasCountedTooDearLightsADarkSource) {
  AllocationSource stage{.width = 640, .height = 360, .on_stage = true};
  add_encoding(stage, 0, kbps(50), 320, 180, 1);
  add_encoding(stage, 1, kbps(100), 356, 200, 1);
  add_encoding(stage, 2, kbps(95), 640, 360, 1);
  stage.fresh = false;
  stage.current = Layer{1, 0, 0};
  AllocationSource other{.width = 320, .height = 180};
  add_encoding(other, 0, kbps(50), 320, 180, 1);
  const auto r = run(kbps(148), {stage, other});
  EXPECT_EQ(r.out[0].layer, (Layer{2, 0, 0}));
  EXPECT_TRUE(r.out[1].layer);
}

TEST(AllocatorTest, TwoLayersOfTheSameCostDoNotTakeTurns) {
  AllocationSource source{.width = 640, .height = 360};
  add_encoding(source, 0, kbps(50), 320, 180, 1);
  add_encoding(source, 1, kbps(100), 356, 200, 1);
  add_encoding(source, 2, kbps(99), 640, 360, 1);
  source.fresh = false;
  source.current = Layer{1, 0, 0};
  EXPECT_EQ(run(kbps(110), {source}).out[0].layer, (Layer{1, 0, 0}));
  EXPECT_EQ(run(kbps(130), {source}).out[0].layer, (Layer{2, 0, 0}));
}

TEST(AllocatorTest, RisingNeedsHeadroomAndStayingNone) {
  std::vector<AllocationSource> sources{camera(1280, 720)};
  sources[0].fresh = false;
  sources[0].current = kMiddle;
  // 1700 needs 1700 × 1.23 = 2091; its T1 1020 needs 1255.
  EXPECT_LT(run(kbps(2080), sources).out[0].layer, kHigh);
  EXPECT_EQ(run(kbps(2100), sources).out[0].layer, kHigh);
  sources[0].current = kHigh;
  EXPECT_EQ(run(kbps(1700), sources).out[0].layer, kHigh);
  EXPECT_LT(run(kbps(1699), sources).out[0].layer, kHigh);
}

TEST(AllocatorTest, ReturningFromDarkNeedsHeadroom) {
  std::vector<AllocationSource> sources{screen(1)};
  sources[0].fresh = false;
  EXPECT_FALSE(run(kbps(1600), sources).out[0].layer);  // 1350 × 1.23 = 1661
  EXPECT_TRUE(run(kbps(1670), sources).out[0].layer);
}

TEST(AllocatorTest, ALayerThatIsGoneIsReplacedByTheNextLowerWithoutHeadroom) {
  std::vector<AllocationSource> sources{camera(1280, 720)};
  sources[0].fresh = false;
  sources[0].current = kHigh;
  while (sources[0].layers.back().layer.encoding == 2) sources[0].layers.pop_back();
  EXPECT_EQ(run(kbps(500), sources).out[0].layer, kMiddle);
}

TEST(AllocatorTest, WhoComesOnStageTakesFromWhoLeftIt) {
  std::vector<AllocationSource> sources{camera(1280, 720), camera(320, 180)};
  sources[0].on_stage = true;
  auto r = run(kbps(2000), sources);
  EXPECT_EQ(r.out[0].layer, kHigh);
  remember(sources, r.out);
  sources[0] = camera(320, 180);
  sources[1] = camera(1280, 720);
  sources[1].on_stage = true;
  for (size_t i = 0; i < 2; ++i) {
    sources[i].fresh = false;
    sources[i].current = r.out[i].layer;
  }
  r = run(kbps(2300), sources);
  EXPECT_EQ(r.out[0].layer, kLow);
  EXPECT_EQ(r.out[1].layer, kHigh);
}

// A screen's worth of noise in between must not move anything: rates and budget within ±5 %.
TEST(AllocatorTest, ABudgetAtTheEdgeDoesNotFlap) {
  std::vector<AllocationSource> sources{camera(1280, 720)};
  SeededRandom random(1);
  int changes = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto r = run(kbps(1615 + static_cast<int64_t>(random.below(171))), sources);
    changes += i > 0 && r.out[0].layer != sources[0].current;
    remember(sources, r.out);
  }
  EXPECT_LE(changes, 2);  // it can only fall, and does so once or step by step
}

}  // namespace
}  // namespace parley::sfu
