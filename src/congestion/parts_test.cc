// The small parts of the estimator, each alone. The larger ones have files of their own.
#include <gtest/gtest.h>

#include "congestion/acked_rate.h"
#include "congestion/application_limit.h"
#include "congestion/arrival_groups.h"
#include "congestion/competition.h"
#include "congestion/loss_bound.h"
#include "congestion/loss_report_control.h"
#include "congestion/probe_estimator.h"
#include "congestion/queue_delay.h"
#include "congestion/sent_history.h"
#include "congestion/trendline.h"

namespace parley::congestion {
namespace {

Timestamp at(int64_t ms) {
  return Timestamp::millis(ms);
}
DataSize bytes(int64_t n) {
  return DataSize::bytes(n);
}

TEST(SentHistoryTest, TellsEachFateOnceAndLossBeforeArrival) {
  SentHistory history;
  history.on_sent(65'535, bytes(1'000), ProbeId{3}, at(5));
  const auto lost = history.on_result({65'535, std::nullopt});
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->size, bytes(1'000));
  EXPECT_EQ(lost->probe, ProbeId{3});
  EXPECT_FALSE(history.on_result({65'535, std::nullopt}));
  const auto late = history.on_result({65'535, at(50)});
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->was_lost);
  EXPECT_FALSE(history.on_result({65'535, at(50)}));
  EXPECT_FALSE(history.on_result({65'535, std::nullopt}));
}

TEST(SentHistoryTest, ForgetsWhatWasNeverSentOrOverwritten) {
  SentHistory history;
  EXPECT_FALSE(history.on_result({0, at(1)}));
  history.on_sent(7, bytes(1), {}, at(0));
  history.on_sent(7 + SentHistory::kPackets, bytes(1), {}, at(1));
  EXPECT_FALSE(history.on_result({7, at(2)}));
  EXPECT_TRUE(history.on_result({7 + SentHistory::kPackets, at(2)}));
}

TEST(ArrivalGroupsTest, BurstIsOneGroupAndNeighboursGiveADelta) {
  ArrivalGroups groups;
  EXPECT_FALSE(groups.on_packet(at(0), at(100)));
  EXPECT_FALSE(groups.on_packet(at(4), at(103)));
  EXPECT_FALSE(groups.on_packet(at(30), at(140)));
  const auto delta = groups.on_packet(at(60), at(160));
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->send, TimeDelta::millis(26));
  EXPECT_EQ(delta->arrival, TimeDelta::millis(37));
  EXPECT_EQ(delta->arrived, at(140));
}

TEST(ArrivalGroupsTest, QueueThatEmptiesInABurstIsOneGroup) {
  ArrivalGroups groups;
  groups.on_packet(at(0), at(100));
  EXPECT_FALSE(groups.on_packet(at(20), at(102)));
  EXPECT_FALSE(groups.on_packet(at(40), at(104)));
  groups.on_packet(at(80), at(160));
  const auto delta = groups.on_packet(at(120), at(200));
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->send, TimeDelta::millis(40)) << "from the packet sent at 40 ms";
}

TEST(ArrivalGroupsTest, ClockJumpStartsOver) {
  ArrivalGroups groups;
  groups.on_packet(at(0), at(100));
  groups.on_packet(at(20), at(9'000));
  EXPECT_FALSE(groups.on_packet(at(40), at(9'020)));
  EXPECT_FALSE(groups.on_packet(at(60), at(9'040)));
  groups.on_packet(at(80), at(9'060));
  EXPECT_TRUE(groups.on_packet(at(100), at(9'080)));
}

// `growth_us` more delay with each group of 20 ms.
BandwidthUsage usage_after(int groups, int64_t growth_us) {
  TrendlineDetector detector;
  Timestamp arrived = at(1'000);
  for (int i = 0; i < groups; ++i) {
    const TimeDelta arrival = TimeDelta::micros(20'000 + growth_us);
    arrived = arrived + arrival;
    detector.on_delta({TimeDelta::millis(20), arrival, arrived});
  }
  return detector.usage();
}

TEST(TrendlineTest, GrowingQueueIsOveruseAndADrainingOneUnderuse) {
  EXPECT_EQ(usage_after(60, 0), BandwidthUsage::kNormal);
  EXPECT_EQ(usage_after(60, 4'000), BandwidthUsage::kOver);
  EXPECT_EQ(usage_after(60, -4'000), BandwidthUsage::kUnder);
}

TEST(TrendlineTest, ThresholdFallsInQuietAndNeverUnderSix) {
  TrendlineDetector detector;
  Timestamp arrived = at(0);
  for (int i = 0; i < 500; ++i) {
    arrived = arrived + TimeDelta::millis(20);
    detector.on_delta({TimeDelta::millis(20), TimeDelta::millis(20), arrived});
  }
  EXPECT_DOUBLE_EQ(detector.threshold_ms(), 6);
}

TEST(QueueDelayTest, IsTheLeastOfAReportAboveTheLeastOfAll) {
  QueueDelay delay;
  delay.on_packet(at(0), at(1'040));
  delay.end_report(at(100));
  EXPECT_EQ(delay.value(), TimeDelta::zero());
  delay.on_packet(at(100), at(1'210));
  delay.on_packet(at(101), at(1'191));
  delay.end_report(at(200));
  EXPECT_EQ(delay.value(), TimeDelta::millis(50));
}

TEST(QueueDelayTest, TellsTheLongestOfTheLastReportToo) {
  QueueDelay delay;
  const Timestamp sent = Timestamp::seconds(1);
  for (const int64_t ms : {20, 27, 24}) delay.on_packet(sent, sent + TimeDelta::millis(ms));
  delay.end_report(sent);
  EXPECT_EQ(delay.longest(), TimeDelta::millis(7));
  delay.on_packet(sent, sent + TimeDelta::millis(23));
  delay.end_report(sent);
  EXPECT_EQ(delay.longest(), TimeDelta::millis(3));
}

TEST(QueueDelayTest, LongerPathIsBelievedAfterTwoWindows) {
  QueueDelay delay;
  for (int64_t t = 0; t < 40'000; t += 100) {
    delay.on_packet(at(t), at(t + (t < 1'000 ? 40 : 90)));
    delay.end_report(at(t));
    if (t == 10'000) {
      EXPECT_EQ(delay.value(), TimeDelta::millis(50));
    }
  }
  EXPECT_EQ(delay.value(), TimeDelta::zero());
}

TEST(AckedRateTest, ConvergesAndFollowsADrop) {
  AckedRate rate;
  int64_t t = 0;
  for (; t < 3'000; t += 10) rate.on_received(bytes(1'250), at(t), false);
  ASSERT_TRUE(rate.value());
  EXPECT_NEAR(static_cast<double>(rate.value()->kbps()), 1'000, 70);
  for (; t < 5'000; t += 20) rate.on_received(bytes(1'250), at(t), false);
  EXPECT_NEAR(static_cast<double>(rate.value()->kbps()), 500, 50);
  EXPECT_NEAR(static_cast<double>(rate.recent(TimeDelta::millis(300)).kbps()), 500, 50);
}

TEST(AckedRateTest, FollowsFromSoundAloneToPicturesWithinTwoSeconds) {
  AckedRate rate;
  int64_t t = 0;
  for (; t < 30'000; t += 20) rate.on_received(bytes(175), at(t), true);
  ASSERT_EQ(rate.value()->kbps(), 70);
  for (; t < 32'000; t += 5) rate.on_received(bytes(1'250), at(t), false);
  EXPECT_GT(rate.value()->kbps(), 1'800) << "of 2,000";
}

TEST(AckedRateTest, OneBurstMovesLittle) {
  AckedRate rate;
  int64_t t = 0;
  for (; t < 30'000; t += 10) rate.on_received(bytes(1'250), at(t), false);
  for (int i = 0; i < 75; ++i) rate.on_received(bytes(1'250), at(t), false);  // six windows' worth
  for (; t < 30'160; t += 10) rate.on_received(bytes(1'250), at(t), false);
  EXPECT_LT(rate.value()->kbps(), 1'200);
  for (; t < 30'600; t += 10) rate.on_received(bytes(1'250), at(t), false);
  EXPECT_NEAR(static_cast<double>(rate.value()->kbps()), 1'000, 100);
}

TEST(AckedRateTest, RecentRateLeadsTheSmoothedOne) {
  AckedRate rate;
  int64_t t = 0;
  for (; t < 3'000; t += 10) rate.on_received(bytes(1'250), at(t), false);
  for (; t < 3'150; t += 50) rate.on_received(bytes(1'250), at(t), false);
  EXPECT_LT(rate.recent(TimeDelta::millis(100)).kbps(), 400);
  EXPECT_GT(rate.value()->kbps(), 600);
}

TEST(ApplicationLimitTest, LimitedWhenLittleOfTheTargetIsSent) {
  ApplicationLimit limit;
  const DataRate target = DataRate::kbps(1'000);
  for (int64_t t = 0; t < 2'000; t += 10) limit.on_sent(bytes(1'250), at(t), target);
  EXPECT_FALSE(limit.limited());
  for (int64_t t = 2'000; t < 4'000; t += 10) limit.on_sent(bytes(250), at(t), target);
  EXPECT_TRUE(limit.limited());
  for (int64_t t = 4'000; t < 6'000; t += 10) limit.on_sent(bytes(1'250), at(t), target);
  EXPECT_FALSE(limit.limited());
}

TEST(LossReportControlTest, HighLossLowersLowLossRaisesAndRembBounds) {
  LossReportControl control(DataRate::kbps(1'000), DataRate::kbps(30), DataRate::kbps(5'000));
  control.on_loss_report(0.2, at(0));
  EXPECT_EQ(control.target(at(0)), DataRate::kbps(900));
  control.on_loss_report(0.05, at(1'000));
  EXPECT_EQ(control.target(at(1'000)), DataRate::kbps(900));
  control.on_loss_report(0, at(2'000));
  EXPECT_EQ(control.target(at(2'000)), DataRate::kbps(972));
  control.on_remb(DataRate::kbps(500), at(2'000));
  EXPECT_EQ(control.target(at(3'000)), DataRate::kbps(500));
  EXPECT_EQ(control.target(at(13'000)), DataRate::kbps(972)) << "a REMB lives ten seconds";
}

std::optional<ProbeResult> probe(int64_t arrival_us, int packets) {
  ProbeEstimator estimator;
  estimator.start({ProbeId{1}, DataRate::kbps(2'000), 5, bytes(5'000)});
  std::optional<ProbeResult> result;
  for (int i = 0; i < packets; ++i) {
    // 1000 bytes each 4 ms: 2 Mbit/s.
    result = estimator.on_received(ProbeId{1}, bytes(1'000), Timestamp::micros(4'000 * i),
                                   Timestamp::micros(100'000 + arrival_us * i));
  }
  return result;
}

TEST(ProbeEstimatorTest, GivesTheLowerOfSendAndReceiveRate) {
  EXPECT_FALSE(probe(4'000, 3)) << "too few";
  ASSERT_TRUE(probe(4'000, 5));
  EXPECT_EQ(probe(4'000, 5)->rate, DataRate::kbps(2'000));
  EXPECT_FALSE(probe(4'000, 5)->saturated);
  EXPECT_TRUE(probe(8'000, 5)->saturated);
  EXPECT_EQ(probe(8'000, 5)->rate, DataRate::kbps(950));
  EXPECT_FALSE(probe(1'000, 5)) << "arrival four times as fast as sending";
}

// Sends at `kbps` over a path that carries `capacity_kbps` and loses `inherent` of all besides.
std::optional<DataRate> loss_bound_after(double kbps, double capacity_kbps, int inherent_one_in) {
  LossBound bound(DataRate::kbps(30));
  double carried = 0;
  int64_t packet = 0;
  Timestamp now;
  for (int64_t t = 0; t < 10'000'000; t += static_cast<int64_t>(8e6 * 1.2 / kbps)) {
    carried += capacity_kbps / kbps;
    ++packet;
    const bool fits = carried >= 1 || capacity_kbps >= kbps;
    if (carried >= 1) carried -= 1;
    const bool lost = inherent_one_in > 0 && packet % inherent_one_in == 0;
    now = Timestamp::micros(t);
    bound.on_result(now, bytes(1'200), fits && !lost, false);
    if (packet % 20 == 0) {
      const double arrived = std::min(kbps, capacity_kbps);
      bound.update(DataRate::kbps(static_cast<int64_t>(kbps)),
                   DataRate::kbps(static_cast<int64_t>(arrived)), now);
    }
  }
  return bound.value();
}

TEST(LossBoundTest, NothingLostBoundsNothing) {
  EXPECT_FALSE(loss_bound_after(1'000, 2'000, 0));
}

TEST(LossBoundTest, InherentLossIsForgiven) {
  const auto bound = loss_bound_after(1'000, 2'000, 50);
  ASSERT_TRUE(bound);
  EXPECT_GE(bound->kbps(), 950);
}

TEST(LossBoundTest, CongestiveLossBoundsNearWhatArrives) {
  const auto bound = loss_bound_after(2'000, 1'000, 0);
  ASSERT_TRUE(bound);
  EXPECT_LE(bound->kbps(), 1'050);
  EXPECT_GE(bound->kbps(), 800);
}

TEST(CompetitionTest, StandingQueueInSpiteOfCutsIsSomebodyElses) {
  CompetitionDetector detector;
  int64_t t = 1'000;
  for (; t < 3'000; t += 100)
    detector.update(TimeDelta::millis(150), TimeDelta::millis(100), true, at(t));
  EXPECT_FALSE(detector.competing());
  for (; t < 4'000; t += 100)
    detector.update(TimeDelta::millis(150), TimeDelta::millis(100), true, at(t));
  EXPECT_TRUE(detector.competing());
  for (; t < 6'500; t += 100)
    detector.update(TimeDelta::millis(5), TimeDelta::millis(100), false, at(t));
  EXPECT_FALSE(detector.competing());
}

TEST(CompetitionTest, QueueThatDrainsIsOurs) {
  CompetitionDetector detector;
  for (int64_t t = 0; t < 20'000; t += 100) {
    const TimeDelta queue = TimeDelta::millis(t % 2'000 == 0 ? 20 : 150);
    detector.update(queue, TimeDelta::millis(100), true, at(t));
    EXPECT_FALSE(detector.competing());
  }
}

TEST(CompetitionTest, TestEndsItAtOnceWhenNobodyElseIsThere) {
  CompetitionDetector detector;
  int64_t t = 1'000;
  for (; !detector.testing(); t += 100) {
    ASSERT_LT(t, 20'000);
    detector.update(TimeDelta::millis(150), TimeDelta::millis(100), true, at(t));
  }
  EXPECT_EQ(t / 12'000, 1) << "at a multiple of twelve seconds";
  detector.update(TimeDelta::millis(10), TimeDelta::millis(100), false, at(t));
  EXPECT_FALSE(detector.competing());
  EXPECT_FALSE(detector.testing());
}

}  // namespace
}  // namespace parley::congestion
