#include "congestion/burst_allowance.h"

#include <gtest/gtest.h>

namespace parley::congestion {
namespace {

constexpr DataRate kTarget = DataRate::kbps(8'000);  // 1 kB a millisecond
constexpr TimeDelta kInterval = TimeDelta::millis(50);

class BurstAllowanceTest : public ::testing::Test {
 protected:
  // A report on what was sent just before it.
  void report(BurstReport report) {
    now_ = now_ + kInterval;
    report.newest_sent = now_ - TimeDelta::millis(10);
    report.target = kTarget;
    bursts_.on_report(report, now_);
  }
  void quiet() { report({.longest_wait = TimeDelta::millis(2)}); }
  void wait(int64_t ms) { report({.longest_wait = TimeDelta::millis(ms)}); }
  // The pacer was in the way, and nobody else.
  void tried() {
    bursts_.on_held(now_);
    quiet();
  }
  void pass(TimeDelta time) {
    for (const Timestamp end = now_ + time; now_ < end;) quiet();
  }
  int64_t bytes() const { return bursts_.value(kTarget).bytes(); }

  BurstAllowance bursts_;
  Timestamp now_ = Timestamp::seconds(100);
};

TEST_F(BurstAllowanceTest, NothingAtFirst) {
  EXPECT_EQ(bytes(), 0);
}

TEST_F(BurstAllowanceTest, DoublesEachTimeItWasTriedAndNothingWaited) {
  tried();
  EXPECT_EQ(bytes(), 10'000);
  tried();
  EXPECT_EQ(bytes(), 20'000);
  tried();
  EXPECT_EQ(bytes(), 40'000);
}

TEST_F(BurstAllowanceTest, DoesNotGrowUntried) {
  tried();
  pass(TimeDelta::seconds(5));
  EXPECT_EQ(bytes(), 10'000);
}

TEST_F(BurstAllowanceTest, WaitsForTheReportOnWhatWasSentThen) {
  bursts_.on_held(now_ + kInterval);
  quiet();
  EXPECT_EQ(bytes(), 0) << "it tells of what was sent before";
  quiet();
  EXPECT_EQ(bytes(), 10'000);
}

TEST_F(BurstAllowanceTest, AShortWaitTakesItBackToWhatWasCarriedBefore) {
  for (int i = 0; i < 3; ++i) tried();
  bursts_.on_held(now_);
  wait(6);
  EXPECT_EQ(bytes(), 20'000);
}

TEST_F(BurstAllowanceTest, WhatWasSentBeforeItWasTakenBackDoesNotTakeItBackAgain) {
  for (int i = 0; i < 3; ++i) tried();
  wait(6);
  bursts_.on_report({.longest_wait = TimeDelta::millis(7),
                     .newest_sent = now_ - TimeDelta::millis(1),
                     .target = kTarget},
                    now_ + kInterval);
  EXPECT_EQ(bytes(), 20'000);
  wait(6);
  EXPECT_EQ(bytes(), 10'000) << "but what was sent since does";
}

TEST_F(BurstAllowanceTest, ALongWaitEndsIt) {
  for (int i = 0; i < 3; ++i) tried();
  wait(11);
  EXPECT_EQ(bytes(), 0);
}

TEST_F(BurstAllowanceTest, CongestionEndsItWhateverWaits) {
  for (int i = 0; i < 3; ++i) tried();
  report({.congested = true});
  EXPECT_EQ(bytes(), 0);
}

TEST_F(BurstAllowanceTest, SilenceEndsIt) {
  tried();
  bursts_.on_silence(now_);
  EXPECT_EQ(bytes(), 0);
}

TEST_F(BurstAllowanceTest, RestsAfterAFall) {
  tried();
  wait(11);
  const Timestamp fell = now_;
  while (now_ + kInterval < fell + BurstAllowance::kRest) tried();
  EXPECT_EQ(bytes(), 0);
  tried();
  EXPECT_EQ(bytes(), 10'000);
}

TEST_F(BurstAllowanceTest, NothingWhereMoreIsWishedThanTheTarget) {
  tried();
  bursts_.on_held(now_);
  report({.wanting = true});
  EXPECT_EQ(bytes(), 0);
  tried();
  EXPECT_EQ(bytes(), 10'000) << "no rest: nothing was in the way";
}

TEST_F(BurstAllowanceTest, HasItsMost) {
  for (int i = 0; i < 10; ++i) tried();
  EXPECT_EQ(bytes(), 131'072);
}

TEST_F(BurstAllowanceTest, IsAFifthOfASecondOfTheTargetAtMost) {
  for (int i = 0; i < 10; ++i) tried();
  EXPECT_EQ(bursts_.value(DataRate::kbps(400)).bytes(), 10'000);
}

}  // namespace
}  // namespace parley::congestion
