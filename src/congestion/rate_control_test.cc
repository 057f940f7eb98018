#include "congestion/rate_control.h"

#include <gtest/gtest.h>

namespace parley::congestion {
namespace {

constexpr DataRate kLeast = DataRate::kbps(30);
constexpr DataRate kMost = DataRate::kbps(10'000);

Timestamp at(int64_t ms) {
  return Timestamp::millis(ms);
}

RateControlInput arriving(int64_t kbps) {
  const DataRate rate = DataRate::kbps(kbps);
  return {.acked = rate, .recent = rate, .newest = rate, .round_trip = TimeDelta::millis(100)};
}

RateControlInput overused(int64_t kbps, int64_t queue_ms) {
  RateControlInput input = arriving(kbps);
  input.usage = BandwidthUsage::kOver;
  input.queue_delay = TimeDelta::millis(queue_ms);
  return input;
}

TEST(RateControlTest, RisesEightPercentASecondBeforeTheFirstDecrease) {
  RateControl control(DataRate::kbps(1'000), kLeast, kMost);
  for (int64_t t = 0; t <= 1'000; t += 50) control.update(arriving(1'000), at(t));
  EXPECT_NEAR(static_cast<double>(control.target().kbps()), 1'080, 2);
}

TEST(RateControlTest, NeverRisesFarBeyondWhatArrives) {
  RateControl control(DataRate::kbps(1'000), kLeast, kMost);
  for (int64_t t = 0; t <= 60'000; t += 50) control.update(arriving(1'000), at(t));
  EXPECT_EQ(control.target(), DataRate::kbps(1'510));
}

TEST(RateControlTest, DecreaseDrainsTheQueueThenReturns) {
  RateControl control(DataRate::kbps(1'200), kLeast, kMost);
  control.update(arriving(1'000), at(0));
  control.update(overused(1'000, 50), at(50));
  EXPECT_EQ(control.target(), DataRate::kbps(900)) << "50 ms in 500 ms";
  EXPECT_TRUE(control.decreased());
  control.update(overused(1'000, 60), at(100));
  EXPECT_EQ(control.target(), DataRate::kbps(900)) << "its effect can't show yet";
  control.update(overused(1'000, 150), at(150));
  EXPECT_EQ(control.target(), DataRate::kbps(700)) << "but the queue got much longer";
  control.update(arriving(900), at(400));
  EXPECT_NEAR(static_cast<double>(control.target().kbps()), 880, 10);
}

TEST(RateControlTest, ASteepQueueIsCutFromWhatArrivesNowHoweverShort) {
  RateControlInput input = overused(1'000, 40);
  input.newest = DataRate::kbps(300);
  RateControl gentle(DataRate::kbps(1'000), kLeast, kMost);
  gentle.update(input, at(0));
  EXPECT_EQ(gentle.target(), DataRate::kbps(920)) << "the newest rate may be low by chance";
  input.steep = true;
  RateControl steep(DataRate::kbps(1'000), kLeast, kMost);
  steep.update(input, at(0));
  EXPECT_EQ(steep.target(), DataRate::kbps(276));
  steep.update(arriving(276), at(300));
  steep.on_probe(DataRate::kbps(950), at(600));
  EXPECT_EQ(steep.target(), DataRate::kbps(900)) << "it may have been a burst of somebody else's";
}

TEST(RateControlTest, ALongQueueThatIsNearlyGoneIsDrainedWhateverTheTrend) {
  RateControl control(DataRate::kbps(1'200), kLeast, kMost);
  control.update(overused(300, 300), at(0));
  EXPECT_EQ(control.target(), DataRate::kbps(150));
  control.update(overused(300, 160), at(500));
  EXPECT_EQ(control.target(), DataRate::kbps(150));
  control.update(overused(300, 50), at(700));
  EXPECT_NEAR(static_cast<double>(control.target().kbps()), 300 * (1 - 0.12 * 0.74), 3);
}

TEST(RateControlTest, AShortQueueIsNotTakenForDrained) {
  RateControl control(DataRate::kbps(1'200), kLeast, kMost);
  control.update(overused(1'000, 80), at(0));
  control.update(overused(1'000, 55), at(50));
  EXPECT_EQ(control.target(), DataRate::kbps(840));
  control.update(overused(1'000, 35), at(100));
  EXPECT_EQ(control.target(), DataRate::kbps(840)) << "until the trend says so";
}

TEST(RateControlTest, WhatArrivesWhileTheQueueStandsBoundsTheReturn) {
  RateControl control(DataRate::kbps(1'200), kLeast, kMost);
  control.update(overused(450, 300), at(0));
  RateControlInput draining = overused(300, 160);
  draining.usage = BandwidthUsage::kUnder;  // no second decrease
  control.update(draining, at(500));
  draining.queue_delay = TimeDelta::millis(20);
  control.update(draining, at(700));
  EXPECT_LT(control.target().kbps(), 300);
}

TEST(RateControlTest, ShortQueueHolds) {
  RateControl control(DataRate::kbps(1'000), kLeast, kMost);
  control.update(overused(1'000, 10), at(0));
  EXPECT_EQ(control.target(), DataRate::kbps(1'000));
}

TEST(RateControlTest, SameQueueMakesOnlyTheFasterFlowGiveWay) {
  RateControl fast(DataRate::kbps(2'000), kLeast, kMost);
  RateControl slow(DataRate::kbps(1'000), kLeast, kMost);
  fast.update(overused(2'000, 15), at(0));
  slow.update(overused(1'000, 15), at(0));
  EXPECT_TRUE(fast.decreased()) << "3750 bytes of its own queue";
  EXPECT_FALSE(slow.decreased()) << "1875 bytes";
}

TEST(RateControlTest, WhoHasMoreGivesUpMoreAndGainsRelativelyLess) {
  RateControl rich(DataRate::kbps(4'000), kLeast, kMost);
  RateControl poor(DataRate::kbps(500), kLeast, kMost);
  for (int64_t t = 0; t < 60'000; t += 2'000) {
    for (RateControl* control : {&rich, &poor}) {
      const int64_t kbps = control->target().kbps();
      control->update(overused(kbps, 50), at(t));
      for (int64_t d = 300; d < 2'000; d += 50) control->update(arriving(kbps), at(t + d));
    }
  }
  EXPECT_LT(rich.target().kbps(), 2 * poor.target().kbps());
}

TEST(RateControlTest, ProbeRaisesButNotFarSoonAfterSaturation) {
  RateControl control(DataRate::kbps(600), kLeast, kMost);
  control.on_probe(DataRate::kbps(1'800), at(0));
  EXPECT_EQ(control.target(), DataRate::kbps(1'800));
  control.on_probe(DataRate::kbps(900), at(1));
  EXPECT_EQ(control.target(), DataRate::kbps(1'800));
  control.update(overused(1'000, 50), at(100));
  control.on_probe(DataRate::kbps(5'000), at(200));
  EXPECT_EQ(control.target(), DataRate::kbps(900)) << "still what the decrease left";
  control.on_probe(DataRate::kbps(5'000), at(5'100));
  EXPECT_EQ(control.target(), DataRate::kbps(5'000));
}

TEST(RateControlTest, ProbeFindsWhatWasThereBeforeABurst) {
  RateControl control(DataRate::kbps(1'000), kLeast, kMost);
  control.update(overused(400, 150), at(0));
  EXPECT_EQ(control.target(), DataRate::kbps(280));
  control.on_probe(DataRate::kbps(950), at(500));
  EXPECT_EQ(control.target(), DataRate::kbps(900));
}

TEST(RateControlTest, ProbeAfterAnOrdinaryDecreaseStaysUnderTheSaturation) {
  RateControl control(DataRate::kbps(1'000), kLeast, kMost);
  control.update(overused(400, 90), at(0));
  EXPECT_EQ(control.target(), DataRate::kbps(328));
  control.on_probe(DataRate::kbps(950), at(500));
  EXPECT_LT(control.target(), DataRate::kbps(350));
}

TEST(RateControlTest, RefutedSaturationBoundsProbesLess) {
  RateControl control(DataRate::kbps(1'000), kLeast, kMost);
  control.update(overused(1'000, 50), at(0));
  control.on_probe(DataRate::kbps(5'000), at(2'300));
  const double found = static_cast<double>(control.target().bps());
  EXPECT_NEAR(found, 1'580'000, 1'000) << "0.85 + 0.06 x 2.3^3";
  control.on_probe(DataRate::kbps(5'000), at(2'300));
  EXPECT_NEAR(static_cast<double>(control.target().bps()), 1.2 * found, 1'000);
}

TEST(RateControlTest, HoldsWhileTheApplicationSendsLittle) {
  RateControl control(DataRate::kbps(1'000), kLeast, kMost);
  RateControlInput input = arriving(200);
  input.application_limited = true;
  for (int64_t t = 0; t <= 10'000; t += 50) control.update(input, at(t));
  EXPECT_EQ(control.target(), DataRate::kbps(1'000));
}

TEST(RateControlTest, BesideACompetitorDelayIsIgnoredAndLossIsNot) {
  RateControl control(DataRate::kbps(1'000), kLeast, kMost);
  control.update(arriving(1'000), at(0));
  RateControlInput input = overused(1'000, 250);
  input.competing = true;
  input.round_trip = TimeDelta::millis(300);
  for (int64_t t = 50; t <= 1'000; t += 50) control.update(input, at(t));
  EXPECT_GT(control.target().kbps(), 1'050);
  const int64_t before = control.target().kbps();
  input.lost = true;
  control.update(input, at(1'050));
  control.update(input, at(1'100));
  EXPECT_NEAR(static_cast<double>(control.target().kbps()), 0.8 * static_cast<double>(before), 10);
}

}  // namespace
}  // namespace parley::congestion
