#include "sfu/raise_guard.h"

#include <gtest/gtest.h>

namespace parley::sfu {
namespace {

constexpr DataRate kBudget = DataRate::kbps(600);
constexpr TimeDelta kSecond = TimeDelta::seconds(1);

class RaiseGuardTest : public ::testing::Test {
 protected:
  // A raise that is taken back at once.
  void fail() {
    guard_.on_decision(180, true, kBudget, now_);
    guard_.on_decision(360, true, kBudget, now_);
    guard_.on_decision(180, true, kBudget, now_ + kSecond);
    now_ = now_ + kSecond;
  }
  TimeDelta wait() const {
    TimeDelta out = TimeDelta::zero();
    while (!guard_.may_raise(kBudget, now_ + out)) out = out + kSecond;
    return out;
  }
  RaiseGuard guard_;
  Timestamp now_ = Timestamp::seconds(100);
};

TEST_F(RaiseGuardTest, AFirstPictureAndAFallByItselfAreNoFailure) {
  guard_.on_decision(0, true, kBudget, now_);
  guard_.on_decision(720, true, kBudget, now_);
  guard_.on_decision(180, true, kBudget, now_);
  EXPECT_EQ(wait(), TimeDelta::zero());
}

TEST_F(RaiseGuardTest, ASmallerTileIsNoFailure) {
  guard_.on_decision(180, true, kBudget, now_);
  guard_.on_decision(360, true, kBudget, now_);
  guard_.on_decision(180, false, kBudget, now_);
  EXPECT_EQ(wait(), TimeDelta::zero());
}

TEST_F(RaiseGuardTest, EachFailureInARowDoublesTheWait) {
  TimeDelta expected = RaiseGuard::kFirstWait;
  for (int i = 0; i < 8; ++i) {
    fail();
    EXPECT_EQ(wait(), std::min(expected, RaiseGuard::kLongestWait));
    now_ = now_ + kSecond;
    expected = expected * 2;
  }
}

TEST_F(RaiseGuardTest, FallingFurtherIsTheSameFailure) {
  fail();
  guard_.on_decision(90, true, kBudget, now_);
  guard_.on_decision(0, true, kBudget, now_);
  EXPECT_EQ(wait(), RaiseGuard::kFirstWait);
}

TEST_F(RaiseGuardTest, AWiderPathEndsTheWait) {
  fail();
  EXPECT_FALSE(guard_.may_raise(DataRate::kbps(890), now_));
  EXPECT_TRUE(guard_.may_raise(DataRate::kbps(900), now_));
}

TEST_F(RaiseGuardTest, ARaiseThatStandsEndsTheRow) {
  fail();
  fail();
  now_ = now_ + wait();
  guard_.on_decision(360, true, kBudget, now_);
  now_ = now_ + RaiseGuard::kTrial + kSecond;
  guard_.on_decision(180, true, kBudget, now_);
  EXPECT_EQ(wait(), TimeDelta::zero()) << "the path changed, it wasn't the raise";
  fail();
  EXPECT_EQ(wait(), RaiseGuard::kFirstWait);
}

}  // namespace
}  // namespace parley::sfu
