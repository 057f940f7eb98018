#include "sfu/layer_rate_meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace parley::sfu {
namespace {

constexpr Layer kBase{0, 0, 0};

// A stream of frames into one layer, and what the meter says of it.
class Stream {
 public:
  explicit Stream(double fps, Layer layer = kBase) : layer_(layer), fps_(fps) {}

  // Frames at `kbps` for `span`; keeps the lowest and highest rate seen on the way.
  void send(double kbps, TimeDelta span) {
    const Timestamp end = now_ + span;
    for (; now_ < end; now_ = now_ + TimeDelta::micros(static_cast<int64_t>(1e6 / fps_))) {
      frame(kbps * 125 / fps_, false);
    }
  }
  void frame(double bytes, bool key_frame) {
    meter_.add(layer_, DataSize::bytes(static_cast<int64_t>(bytes)), key_frame, now_);
    lowest_ = std::min(lowest_, kbps());
    highest_ = std::max(highest_, kbps());
  }
  void wait(TimeDelta span) { now_ = now_ + span; }
  double kbps() const { return static_cast<double>(meter_.rate(layer_, 0, 1, now_).bps()) / 1000; }
  void forget_extremes() { lowest_ = highest_ = kbps(); }
  double lowest() const { return lowest_; }
  double highest() const { return highest_; }
  LayerRateMeter& meter() { return meter_; }
  Timestamp now() const { return now_; }

 private:
  LayerRateMeter meter_;
  Layer layer_;
  double fps_;
  Timestamp now_ = Timestamp::seconds(1000);
  double lowest_ = 1e9;
  double highest_ = 0;
};

TEST(LayerRateMeterTest, MeasuresASteadyRate) {
  for (const double fps : {7.5, 15.0, 30.0, 60.0}) {
    Stream stream(fps);
    stream.send(1000, TimeDelta::seconds(3));
    stream.forget_extremes();
    stream.send(1000, TimeDelta::seconds(10));
    EXPECT_NEAR(stream.lowest(), 1000, 60) << fps;
    EXPECT_NEAR(stream.highest(), 1000, 60) << fps;
  }
}

// jitsi-videobridge pull request 2443: a burst made a layer look 2.7 times as expensive.
TEST(LayerRateMeterTest, ATenfoldBurstOf300MsHardlyShows) {
  for (const double fps : {15.0, 30.0}) {
    for (int offset = 0; offset < 250; offset += 10) {
      Stream stream(fps);
      stream.send(1000, TimeDelta::millis(4000 + offset));
      stream.forget_extremes();
      stream.send(10'000, TimeDelta::millis(300));
      stream.send(1000, TimeDelta::seconds(5));
      EXPECT_LT(stream.highest(), 1200) << fps << " " << offset;
      EXPECT_GT(stream.lowest(), 900) << fps << " " << offset;
    }
  }
}

TEST(LayerRateMeterTest, AChangeThatLastsIsFollowedWithinTwoSeconds) {
  for (const auto& [from, to] : {std::pair{1000.0, 2500.0}, {1000.0, 300.0}, {200.0, 2000.0}}) {
    for (int offset = 0; offset < 250; offset += 50) {
      Stream stream(30);
      stream.send(from, TimeDelta::millis(4000 + offset));
      stream.send(to, TimeDelta::seconds(2));
      EXPECT_NEAR(stream.kbps(), to, std::abs(to - from) * 0.2) << from << " " << offset;
      stream.send(to, TimeDelta::seconds(1));
      EXPECT_NEAR(stream.kbps(), to, to * 0.05) << from << " " << offset;
    }
  }
}

TEST(LayerRateMeterTest, KeyFramesAreSpread) {
  Stream stream(30);
  stream.send(1000, TimeDelta::seconds(5));
  stream.forget_extremes();
  stream.frame(50'000, true);  // 12 frames' worth
  EXPECT_NEAR(stream.highest(), 1040, 60);
  // One in every two seconds is 200 kbps.
  for (int i = 0; i < 30; ++i) {
    stream.frame(50'000, true);
    stream.send(1000, TimeDelta::seconds(2));
  }
  EXPECT_NEAR(stream.kbps(), 1200, 60);
}

TEST(LayerRateMeterTest, AScreenInFewFramesOfVeryDifferentSizesIsSteady) {
  SeededRandom random(7);
  Stream stream(5);
  const auto run = [&](int frames) {
    for (int i = 0; i < frames; ++i) {
      // A mean of 33,750 bytes, 1.35 Mbps, every eighth frame six times as large as the others.
      const bool large = random.below(8) == 0;
      stream.frame(static_cast<double>(large ? 124'600 : 20'770), false);
      stream.wait(TimeDelta::millis(200));
    }
  };
  run(100);
  stream.forget_extremes();
  run(1500);
  EXPECT_LT(stream.highest(), 1350 * 1.3);
  EXPECT_GT(stream.lowest(), 1350 * 0.5);
}

TEST(LayerRateMeterTest, AStillScreenIsMeasuredOverALongTime) {
  Stream stream(1);
  stream.send(80, TimeDelta::seconds(40));
  EXPECT_NEAR(stream.kbps(), 80, 16);
  stream.frame(30'000, false);  // a slide: three seconds' worth
  stream.wait(TimeDelta::millis(300));
  stream.frame(10'000, false);
  EXPECT_LT(stream.kbps(), 80 * 1.3);
}

TEST(LayerRateMeterTest, APausedLayerKeepsItsRate) {
  Stream stream(30);
  stream.send(800, TimeDelta::seconds(5));
  const double before = stream.kbps();
  stream.wait(TimeDelta::seconds(60));
  EXPECT_EQ(stream.kbps(), before);
  stream.send(800, TimeDelta::millis(600));
  EXPECT_NEAR(stream.kbps(), 800, 80);
}

TEST(LayerRateMeterTest, ALayerCostsWhatItIsPredictedFrom) {
  LayerRateMeter meter;
  Timestamp now = Timestamp::seconds(1);
  for (int frame = 0; frame < 300; ++frame, now = now + TimeDelta::micros(33'333)) {
    // L2T2 in encoding 1: 40, 60, 100 and 200 kbps each for itself.
    const auto temporal = static_cast<uint8_t>(frame % 2);
    meter.add({1, 0, temporal}, DataSize::bytes(temporal ? 500 : 333), false, now);
    meter.add({1, 1, temporal}, DataSize::bytes(temporal ? 1667 : 833), false, now);
    meter.add({0, 0, 0}, DataSize::bytes(10'000), false, now);
  }
  const auto kbps = [&](Layer layer) {
    return static_cast<double>(meter.rate(layer, 0, 1, now).bps()) / 1000;
  };
  EXPECT_NEAR(kbps({1, 0, 0}), 40, 4);
  EXPECT_NEAR(kbps({1, 0, 1}), 100, 10);
  EXPECT_NEAR(kbps({1, 1, 0}), 140, 14);
  EXPECT_NEAR(kbps({1, 1, 1}), 400, 40);
}

TEST(LayerRateMeterTest, AFreshDeclaredTargetGoesFirst) {
  Stream stream(30);
  stream.send(1000, TimeDelta::seconds(5));
  stream.meter().set_declared(kBase, DataRate::kbps(1350), stream.now());
  EXPECT_EQ(stream.kbps(), 1350);
  stream.send(1000, LayerRateMeter::kDeclaredFresh - TimeDelta::millis(100));
  EXPECT_EQ(stream.kbps(), 1350);
  stream.send(1000, TimeDelta::millis(200));
  EXPECT_NEAR(stream.kbps(), 1000, 60);
}

TEST(LayerRateMeterTest, ADeclaredTargetIsNotBelievedAgainstTwiceTheRate) {
  Stream stream(30);
  stream.send(1000, TimeDelta::seconds(5));
  stream.meter().set_declared(kBase, DataRate::kbps(300), stream.now());
  EXPECT_NEAR(stream.kbps(), 1000, 60);
  stream.meter().set_declared(kBase, DataRate::kbps(600), stream.now());
  EXPECT_EQ(stream.kbps(), 600);
  stream.meter().set_declared(kBase, DataRate::zero(), stream.now());
  EXPECT_NEAR(stream.kbps(), 1000, 60);
}

TEST(LayerRateMeterTest, WhatWasNeverSeenCostsWhatItsResolutionUsuallyDoes) {
  LayerRateMeter meter;
  const Timestamp now = Timestamp::seconds(1);
  EXPECT_EQ(meter.rate({2, 0, 0}, 720, 30, now), DataRate::kbps(2500));
  EXPECT_EQ(meter.rate({2, 0, 0}, 180, 30, now), DataRate::kbps(150));
  EXPECT_EQ(meter.rate({2, 0, 0}, 180, 15, now), DataRate::kbps(90));
  EXPECT_EQ(meter.rate({0, 0, 0}, 0, 30, now), DataRate::kbps(60));
  EXPECT_EQ(meter.rate({9, 0, 0}, 1080, 30, now), DataRate::kbps(4000));
  meter.add({9, 9, 9}, DataSize::bytes(1000), false, now);  // ignored
  meter.set_declared({0, 0, 4}, DataRate::kbps(1), now);
}

TEST(LayerRateMeterTest, MoreLinesAndFramesNeverCostLessByDefault) {
  for (int lines = 1; lines < 3000; lines += 7) {
    const auto l = static_cast<uint16_t>(lines);
    EXPECT_LE(LayerRateMeter::default_rate(l, 30),
              LayerRateMeter::default_rate(static_cast<uint16_t>(l + 7), 30));
    EXPECT_LT(LayerRateMeter::default_rate(l, 15), LayerRateMeter::default_rate(l, 30));
  }
}

}  // namespace
}  // namespace parley::sfu
