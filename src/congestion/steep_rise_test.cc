#include "congestion/steep_rise.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace parley::congestion {
namespace {

constexpr int64_t kPath = 30;  // ms

class SteepRiseTest : public ::testing::Test {
 protected:
  // A packet that arrives at `ms` after it waited `queue` ms.
  void arrives(int64_t ms, int64_t queue, bool probe = false) {
    rise_.on_packet(Timestamp::millis(ms - kPath - queue), Timestamp::millis(ms), probe);
  }
  // One each 10 ms.
  void waits(int64_t from, int64_t to, int64_t queue) {
    for (int64_t ms = from; ms < to; ms += 10) arrives(ms, queue);
  }
  SteepRise rise_;
};

TEST_F(SteepRiseTest, TellsOnceOfAQueueThatGrowsByAThirdOfTheTime) {
  waits(0, 200, 0);
  EXPECT_FALSE(rise_.take());
  for (int64_t ms = 200; ms < 320; ms += 10) arrives(ms, (ms - 200) / 3);
  EXPECT_TRUE(rise_.take());
  EXPECT_FALSE(rise_.take());
  for (int64_t ms = 320; ms < 440; ms += 10) arrives(ms, (ms - 200) / 3);
  EXPECT_TRUE(rise_.take()) << "and again while it goes on";
}

TEST_F(SteepRiseTest, LeavesSlowGrowthToTheTrendline) {
  for (int64_t ms = 0; ms < 1'000; ms += 10) {
    arrives(ms, ms / 6);
    EXPECT_FALSE(rise_.take()) << ms;
  }
}

TEST_F(SteepRiseTest, AQueueThatStandsSaysNothing) {
  waits(0, 100, 0);
  rise_.take();
  waits(200, 400, 80);
  EXPECT_FALSE(rise_.take());
}

TEST_F(SteepRiseTest, AJumpIsNoGrowth) {
  waits(0, 280, 0);
  waits(280, 320, 60);
  EXPECT_FALSE(rise_.take()) << "of another route, say";
}

TEST_F(SteepRiseTest, AQueueDelaysAll) {
  waits(0, 200, 0);
  for (int64_t ms = 200; ms < 320; ms += 10) arrives(ms, ms % 20 == 0 ? 0 : (ms - 200) / 2);
  EXPECT_FALSE(rise_.take());
}

TEST_F(SteepRiseTest, JitterIsNoQueue) {
  SeededRandom random(1);
  for (int64_t ms = 0; ms < 60'000; ms += 10) {
    arrives(ms, static_cast<int64_t>(random.below(50)));
    EXPECT_FALSE(rise_.take()) << ms;
  }
}

TEST_F(SteepRiseTest, WhatIsAlwaysRestlessMustRiseMore) {
  const auto grow = [&](int64_t from) {
    for (int64_t ms = from; ms < from + 120; ms += 10) arrives(ms, (ms - from) / 3);
  };
  for (int64_t ms = 0; ms < 4'000; ms += 10) arrives(ms, ms / 40 % 2 == 0 ? 0 : 15);
  grow(4'000);
  EXPECT_FALSE(rise_.take());
  waits(4'200, 10'000, 0);
  grow(10'000);
  EXPECT_TRUE(rise_.take());
}

TEST_F(SteepRiseTest, WhatAStallKeptBackIsNoRise) {
  waits(0, 100, 0);
  for (int64_t sent = 100; sent < 180; sent += 10) arrives(180 + sent / 50, 180 - sent);
  waits(190, 300, 0);
  EXPECT_FALSE(rise_.take());
}

TEST_F(SteepRiseTest, ProbesMeanToFillTheQueue) {
  waits(0, 200, 0);
  for (int64_t ms = 200; ms < 320; ms += 10) arrives(ms, (ms - 200) / 2, true);
  EXPECT_FALSE(rise_.take());
}

TEST_F(SteepRiseTest, PacketsThatWereOvertakenAndSilencesAreTaken) {
  arrives(1'000, 0);
  arrives(100, 0);
  arrives(960, 500);
  arrives(90'000, 40);
  EXPECT_FALSE(rise_.take());
}

}  // namespace
}  // namespace parley::congestion
