#include "shard/overload_control.h"

#include <gtest/gtest.h>

namespace parley::shard {
namespace {

class OverloadControlTest : public ::testing::Test {
 protected:
  OverloadControlTest() { control_.update(now_); }
  // A datagram each 10 ms for so long; waited(t) after t of it.
  template <typename Waited>
  void run(TimeDelta length, Waited&& waited) {
    const Timestamp start = now_;
    while (now_ - start < length) {
      now_ = now_ + TimeDelta::millis(10);
      control_.on_wait(waited(now_ - start));
      control_.update(now_);
    }
  }
  void run(TimeDelta length, TimeDelta waited) {
    run(length, [&](TimeDelta) { return waited; });
  }
  // A thread that would need `load` of its time for everything, so of which 0.2 isn't pictures.
  void serve(TimeDelta length, double load) {
    run(length, [&](TimeDelta) {
      const double used = 0.2 + (load - 0.2) * control_.share();
      queue_ms_ = std::max(queue_ms_ + (used - 1) * 10, 0.0);
      longest_ms_ = std::max(longest_ms_, queue_ms_);
      return TimeDelta::micros(static_cast<int64_t>(queue_ms_ * 1000));
    });
  }

  OverloadControl control_;
  Timestamp now_ = Timestamp::seconds(100);
  double queue_ms_ = 0;
  double longest_ms_ = 0;
};

TEST_F(OverloadControlTest, AThreadThatKeepsUpGivesEverything) {
  run(TimeDelta::seconds(5), TimeDelta::millis(45));
  EXPECT_EQ(control_.share(), 1);
  now_ = now_ + TimeDelta::seconds(5);
  control_.update(now_);
  EXPECT_EQ(control_.share(), 1) << "nothing came";
}

TEST_F(OverloadControlTest, AQueueThatIsTakenInAfterAPauseIsNone) {
  for (int i = 0; i < 20; ++i) {
    now_ = now_ + TimeDelta::millis(300);
    run(TimeDelta::millis(700),
        [](TimeDelta t) { return std::max(TimeDelta::millis(300) - t * 2, TimeDelta::zero()); });
  }
  EXPECT_EQ(control_.share(), 1);
}

TEST_F(OverloadControlTest, AThreadThatIsWokenLateButRestsKeepsUp) {
  for (int i = 0; i < 50; ++i) {
    run(TimeDelta::millis(90), TimeDelta::millis(150));
    control_.on_rest();
    run(TimeDelta::millis(10), TimeDelta::millis(150));
  }
  EXPECT_EQ(control_.share(), 1);
}

TEST_F(OverloadControlTest, AQueueThatStandsIsCutUntilItGetsShorter) {
  const auto interval = [&](int64_t queue) {
    run(OverloadControl::kInterval, TimeDelta::millis(queue));
    return control_.share();
  };
  run(TimeDelta::millis(1'000), TimeDelta::zero());
  EXPECT_EQ(interval(100), 1) << "it may have been a pause";
  EXPECT_NEAR(interval(100), 0.9, 1e-9) << "it wasn't";
  EXPECT_NEAR(interval(140), 0.9 * 0.9 / 1.2, 1e-9) << "longer by a fifth of the time";
  EXPECT_NEAR(interval(440), 0.9 * 0.9 / 1.2 * 0.9 / 2.5, 1e-9) << "by 1.5 times the time";
  const double after = control_.share();
  for (const int64_t queue : {380, 330, 290, 250}) EXPECT_EQ(interval(queue), after) << "shorter";
  for (int i = 0; i < OverloadControl::kPatience - 1; ++i) EXPECT_EQ(interval(250), after);
  EXPECT_NEAR(interval(250), after * 0.9, 1e-9) << "no shorter for long";
}

TEST_F(OverloadControlTest, WhatIsLostCountsLikeWhatTheQueueGrowsBy) {
  // A short wait too is a queue that stands, where the socket has no room for a longer one.
  for (const int64_t wait : {150, 1}) {
    SCOPED_TRACE(wait);
    control_ = {};
    control_.update(now_);
    const auto interval = [&](uint64_t lost) {
      control_.on_lost(lost);
      run(OverloadControl::kInterval, TimeDelta::millis(wait));  // 20 datagrams
      return control_.share();
    };
    EXPECT_EQ(interval(40), 1) << "it may have been a pause";
    EXPECT_NEAR(interval(10), 0.9 / 1.5, 1e-9);
    EXPECT_NEAR(interval(20), 0.9 / 1.5 * 0.9 / 2, 1e-9) << "no patience";
  }
}

TEST_F(OverloadControlTest, WhatIsMissingIsNotAskedForWhileItLosesForWantOfTime) {
  const auto interval = [&](bool lost, bool rested) {
    if (lost) control_.on_lost(1);
    if (rested) control_.on_rest();
    run(OverloadControl::kInterval, TimeDelta::millis(10));
    return control_.loses();
  };
  EXPECT_FALSE(interval(false, false));
  EXPECT_FALSE(interval(true, true)) << "a burst that was longer than the buffer";
  EXPECT_EQ(control_.share(), 1);
  EXPECT_TRUE(interval(true, false));
  EXPECT_TRUE(interval(false, false)) << "what follows waited behind it";
  EXPECT_TRUE(interval(false, true));
  EXPECT_FALSE(interval(false, true));
}

TEST_F(OverloadControlTest, SettlesBelowWhatItCanDo) {
  for (const double load : {1.2, 2.0, 4.0}) {
    SCOPED_TRACE(load);
    control_ = {};
    longest_ms_ = queue_ms_ = 0;
    serve(TimeDelta::seconds(10), load);
    EXPECT_LT(longest_ms_, 200 + 450 * (load - 1)) << "until it is noticed";
    longest_ms_ = 0;
    serve(TimeDelta::seconds(20), load);
    EXPECT_LT(longest_ms_, 150);
    const double possible = 0.8 / (load - 0.2);
    EXPECT_LE(control_.share(), possible * 1.05) << "more is tried slowly";
    EXPECT_GE(control_.share(), possible * 0.6);
  }
}

TEST_F(OverloadControlTest, GivesEverythingAgainWhenItCan) {
  serve(TimeDelta::seconds(10), 2);
  ASSERT_LT(control_.share(), 0.6);
  serve(TimeDelta::seconds(45), 0.7);
  EXPECT_EQ(control_.share(), 1);
}

TEST_F(OverloadControlTest, ViewersDifferAroundTheShare) {
  EXPECT_EQ(control_.share_of(7), 1);
  serve(TimeDelta::seconds(10), 2);
  const double share = control_.share();
  ASSERT_LT(share, 0.7);
  double sum = 0;
  double least = 1;
  double most = 0;
  for (uint32_t viewer = 0; viewer < 200; ++viewer) {
    const double own = control_.share_of(viewer);
    EXPECT_EQ(own, control_.share_of(viewer));
    sum += own;
    least = std::min(least, own);
    most = std::max(most, own);
  }
  EXPECT_NEAR(sum / 200, share, 0.01);
  EXPECT_NEAR(least, share * 0.75, 0.01);
  EXPECT_NEAR(most, share * 1.25, 0.01);
}

}  // namespace
}  // namespace parley::shard
