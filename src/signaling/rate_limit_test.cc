#include "signaling/rate_limit.h"

#include <gtest/gtest.h>

namespace parley::signaling {
namespace {

TEST(RateLimitTest, AllowsTheBurstThenTheRate) {
  RateLimit limit(Timestamp::seconds(1), /*burst=*/3, /*per_second=*/2);
  EXPECT_TRUE(limit.allow(Timestamp::seconds(1)));
  EXPECT_TRUE(limit.allow(Timestamp::seconds(1)));
  EXPECT_TRUE(limit.allow(Timestamp::seconds(1)));
  EXPECT_FALSE(limit.allow(Timestamp::seconds(1)));
  EXPECT_FALSE(limit.allow(Timestamp::millis(1'499)));
  EXPECT_TRUE(limit.allow(Timestamp::millis(1'500)));
  EXPECT_FALSE(limit.allow(Timestamp::millis(1'501)));
}

TEST(RateLimitTest, NeverHoldsMoreThanTheBurst) {
  RateLimit limit(Timestamp::seconds(0), /*burst=*/2, /*per_second=*/10);
  const Timestamp late = Timestamp::seconds(1'000'000);
  EXPECT_TRUE(limit.allow(late));
  EXPECT_TRUE(limit.allow(late));
  EXPECT_FALSE(limit.allow(late));
}

TEST(RateLimitTest, ClockThatStandsStillGivesNothing) {
  RateLimit limit(Timestamp::seconds(5), /*burst=*/1, /*per_second=*/1);
  EXPECT_TRUE(limit.allow(Timestamp::seconds(5)));
  EXPECT_FALSE(limit.allow(Timestamp::seconds(4)));
  EXPECT_FALSE(limit.allow(Timestamp::seconds(5)));
}

}  // namespace
}  // namespace parley::signaling
