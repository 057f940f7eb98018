#include "app/patience.h"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

class PatienceTest : public testing::Test {
 protected:
  void read_after(int64_t ms, size_t datagrams, bool full = false) {
    now = now + TimeDelta::millis(ms);
    patience.on_read(now, datagrams, full);
  }

  Timestamp now = Timestamp::seconds(10);
  Patience patience;
};

TEST_F(PatienceTest, WhatComesSeldomIsReadWhenItComes) {
  EXPECT_FALSE(patience.waits());
  for (int i = 0; i < 5; ++i) {
    read_after(5, 1);
    EXPECT_FALSE(patience.waits());
  }
  read_after(15, 3);
  EXPECT_FALSE(patience.waits());
}

TEST_F(PatienceTest, WhatComesOftenWaitsForMoreAndForTheThreadToBeAwake) {
  read_after(20, 1);
  read_after(4, 1);
  for (const int64_t waited : {5, 11, 20, 20}) {
    ASSERT_TRUE(patience.waits());
    EXPECT_EQ(patience.ripe(), now + TimeDelta::millis(5));
    EXPECT_EQ(patience.due(), now + TimeDelta::millis(20));
    read_after(waited, 5);
  }
}

TEST_F(PatienceTest, WaitingEndsWhenLessCame) {
  for (const size_t last : {0, 4}) {
    read_after(20, 1);
    read_after(5, 2);
    ASSERT_TRUE(patience.waits());
    read_after(20, last);
    EXPECT_FALSE(patience.waits()) << last;
  }
}

TEST_F(PatienceTest, AFullBatchIsFollowedByTheNextAtOnce) {
  read_after(5, 64, true);
  EXPECT_EQ(patience.ripe(), now);
  EXPECT_EQ(patience.due(), now);
  read_after(0, 0);
  EXPECT_FALSE(patience.waits());
}

}  // namespace
}  // namespace parley::app
