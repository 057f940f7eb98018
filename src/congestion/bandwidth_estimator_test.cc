#include "congestion/bandwidth_estimator.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "support/allocations.h"

namespace parley::congestion {
namespace {

// A path with a bottleneck and a fixed delay; packets of 1000 bytes at the target, feedback each
// 50 ms, probes padded.
struct Path {
  BandwidthEstimator estimator;
  DataRate capacity = DataRate::kbps(100'000);
  DataRate media = DataRate::kbps(100'000);  // at most this is sent
  bool feedback = true;
  Timestamp now = Timestamp::seconds(1);
  uint16_t sequence = 65'000;
  uint64_t probes = 0;
  DataRate fastest_probe;

  explicit Path(const EstimatorConfig& config = {}) : estimator(config) { waiting.reserve(1'000); }

  void run(TimeDelta time) {
    for (const Timestamp end = now + time; now < end; now = now + TimeDelta::millis(1)) step();
  }

  // Less than the path carries is sent, and the pacer is in the way of it.
  void let_bursts_grow() {
    media = DataRate::kbps(700);
    estimator.set_demand(DataRate::kbps(1'000));
    for (int i = 0; i < 20; ++i) {
      run(TimeDelta::millis(200));
      estimator.on_held(now);
    }
  }

 private:
  void send(ProbeId probe, Timestamp at) {
    const DataSize size = DataSize::bytes(1'000);
    estimator.on_sent(sequence, size, at, probe);
    free_at = std::max(free_at, at) + size / capacity;
    if (waiting.size() < 1'000) waiting.push_back({sequence, free_at + TimeDelta::millis(20)});
    ++sequence;
  }

  void step() {
    const DataRate rate = std::min(estimator.target(), media);
    budget += rate * TimeDelta::millis(1);
    for (; budget >= DataSize::bytes(1'000); budget -= DataSize::bytes(1'000)) send({}, now);
    ProbeCluster cluster;
    if (estimator.poll_probe(cluster)) {
      ++probes;
      fastest_probe = std::max(fastest_probe, cluster.rate);
      DataSize sent;
      for (uint32_t i = 0; i < cluster.packets || sent < cluster.size; ++i) {
        send(cluster.id, now + sent / cluster.rate);
        sent += DataSize::bytes(1'000);
      }
    }
    if (now.ms() % 20 == 0) estimator.handle_tick(now);
    if (now.ms() % 50 != 0 || !feedback) return;
    results.clear();
    size_t taken = 0;
    for (; taken < waiting.size() && *waiting[taken].received <= now; ++taken)
      results.push_back(waiting[taken]);
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken));
    estimator.on_feedback(results, now);
  }

  DataSize budget;
  Timestamp free_at;
  std::vector<PacketResult> waiting;
  std::vector<PacketResult> results = [] {
    std::vector<PacketResult> v;
    v.reserve(1'000);
    return v;
  }();
};

TEST(BandwidthEstimatorTest, FitsItsPlace) {
  EXPECT_LE(sizeof(BandwidthEstimator), 40u * 1024);
}

TEST(BandwidthEstimatorTest, FirstProbesFindTheDemandWithinASecond) {
  Path path;
  path.estimator.set_demand(DataRate::kbps(4'000));
  path.run(TimeDelta::seconds(1));
  EXPECT_GE(path.estimator.target(), DataRate::kbps(3'500));
  EXPECT_LE(path.fastest_probe, DataRate::kbps(4'000)) << "nothing beyond the demand";
}

TEST(BandwidthEstimatorTest, NothingIsProbedWithoutDemand) {
  Path path;
  path.run(TimeDelta::seconds(5));
  EXPECT_EQ(path.probes, 0u);
}

TEST(BandwidthEstimatorTest, SettlesUnderTheCapacity) {
  Path path;
  path.capacity = DataRate::kbps(1'500);
  path.estimator.set_demand(DataRate::kbps(10'000));
  path.run(TimeDelta::seconds(10));
  for (int i = 0; i < 20; ++i) {
    path.run(TimeDelta::millis(500));
    EXPECT_GE(path.estimator.target(), DataRate::kbps(1'000));
    EXPECT_LE(path.estimator.target(), DataRate::kbps(1'900));
    EXPECT_LE(path.estimator.queue_delay(), TimeDelta::millis(150));
  }
}

TEST(BandwidthEstimatorTest, APathThatBecomesMuchTooNarrowIsSeenAtOnce) {
  Path path;
  path.capacity = DataRate::kbps(1'000);
  path.media = DataRate::kbps(700);
  path.estimator.set_demand(DataRate::kbps(1'000));
  path.run(TimeDelta::seconds(5));
  EXPECT_GE(path.estimator.target(), DataRate::kbps(700));
  path.capacity = DataRate::kbps(300);
  path.run(TimeDelta::millis(250));
  EXPECT_LE(path.estimator.target(), DataRate::kbps(350));
  EXPECT_LE(path.estimator.queue_delay(), TimeDelta::millis(100)) << "it isn't full yet";
}

TEST(BandwidthEstimatorTest, AllowsBurstsWhereThePathIsWideUntilItIsNot) {
  Path path;
  path.let_bursts_grow();
  EXPECT_GE(path.estimator.burst(), DataSize::bytes(10'000));
  path.capacity = DataRate::kbps(300);
  path.run(TimeDelta::millis(150));
  EXPECT_EQ(path.estimator.burst(), DataSize());
}

TEST(BandwidthEstimatorTest, AllowsNoBurstsWhereMoreIsWishedThanThePathCarries) {
  Path path;
  path.capacity = DataRate::kbps(1'500);
  path.estimator.set_demand(DataRate::kbps(10'000));
  path.run(TimeDelta::seconds(3));
  for (int i = 0; i < 100; ++i) {
    path.run(TimeDelta::millis(100));
    path.estimator.on_held(path.now);
    EXPECT_EQ(path.estimator.burst(), DataSize());
  }
}

TEST(BandwidthEstimatorTest, SilenceEndsBursts) {
  Path path;
  path.let_bursts_grow();
  path.feedback = false;
  path.run(TimeDelta::millis(600));
  EXPECT_EQ(path.estimator.burst(), DataSize());
}

TEST(BandwidthEstimatorTest, SilenceLowersTheTargetAgainAndAgainDownToTheLeast) {
  Path path;
  path.estimator.set_demand(DataRate::kbps(2'000));
  path.run(TimeDelta::seconds(3));
  const DataRate before = path.estimator.target();
  path.feedback = false;
  path.run(TimeDelta::millis(450));
  EXPECT_EQ(path.estimator.target(), before);
  path.run(TimeDelta::millis(150));
  EXPECT_LT(path.estimator.target(), before);
  path.run(TimeDelta::seconds(20));
  EXPECT_EQ(path.estimator.target(), DataRate::kbps(30));
}

TEST(BandwidthEstimatorTest, SilenceBeforeTheFirstReportCountsOnlyWhereReportsAreDue) {
  Path negotiated;
  negotiated.feedback = false;
  negotiated.run(TimeDelta::seconds(2));
  EXPECT_LT(negotiated.estimator.target(), DataRate::kbps(600));
  Path without({.transport_feedback = false});
  without.feedback = false;
  without.run(TimeDelta::seconds(2));
  EXPECT_EQ(without.estimator.target(), DataRate::kbps(600));
}

TEST(BandwidthEstimatorTest, IdleSenderIsNotSilence) {
  Path path;
  path.media = DataRate::zero();
  path.run(TimeDelta::seconds(20));
  EXPECT_EQ(path.estimator.target(), DataRate::kbps(600));
}

TEST(BandwidthEstimatorTest, LossReportsAndRembCountUntilTransportFeedbackComes) {
  Path path({.transport_feedback = false});
  path.estimator.on_remb(DataRate::kbps(2'000), path.now);
  EXPECT_EQ(path.estimator.target(), DataRate::kbps(2'000));
  path.estimator.on_loss_report(0.5, path.now);
  EXPECT_EQ(path.estimator.target(), DataRate::kbps(1'500));
  path.estimator.on_remb(DataRate::kbps(300), path.now);
  EXPECT_EQ(path.estimator.target(), DataRate::kbps(300));
}

TEST(BandwidthEstimatorTest, UnknownAndRepeatedResultsAreIgnored) {
  BandwidthEstimator estimator;
  const std::vector<PacketResult> results(800, PacketResult{7, Timestamp::seconds(9)});
  estimator.on_feedback(results, Timestamp::seconds(1));
  EXPECT_EQ(estimator.target(), DataRate::kbps(600));
  EXPECT_FALSE(estimator.acked_rate());
}

TEST(BandwidthEstimatorTest, AReportThatWasOvertakenDoesNotOpenAPathThatAllButClosed) {
  BandwidthEstimator estimator;
  Timestamp now = Timestamp::seconds(1);
  static constexpr TimeDelta kWay = TimeDelta::millis(30);
  constexpr uint16_t kOvertaken = 100;
  uint16_t sent = 0;
  const auto received = [](uint16_t number) {
    const Timestamp left = Timestamp::seconds(1) + TimeDelta::millis(10) * int64_t{number};
    return PacketResult{number, left + kWay};
  };
  const auto send = [&] {
    estimator.on_sent(sent++, DataSize::bytes(1'000), now);
    now = now + TimeDelta::millis(10);
  };
  uint16_t told = 0;
  while (sent < 240) {
    send();
    if (sent % 6 != 0) continue;
    std::vector<PacketResult> results;
    for (; told + 3 < sent; ++told) {
      if (told != kOvertaken) results.push_back(received(told));
    }
    estimator.on_feedback(results, now);
  }
  EXPECT_TRUE(estimator.allows(now));
  const PacketResult last = received(told);
  for (int i = 0; i < 2; ++i) send();
  estimator.on_feedback({&last, 1}, now);
  while (estimator.allows(now) && sent < 300) send();
  ASSERT_LT(sent, 300);
  const PacketResult overtaken = received(kOvertaken);
  estimator.on_feedback({&overtaken, 1}, now);
  EXPECT_FALSE(estimator.allows(now));
}

TEST(BandwidthEstimatorTest, AllocatesNothing) {
  Path path;
  path.capacity = DataRate::kbps(2'000);
  path.estimator.set_demand(DataRate::kbps(10'000));
  path.run(TimeDelta::seconds(1));
  const uint64_t before = allocations_so_far();
  path.run(TimeDelta::seconds(5));
  EXPECT_EQ(allocations_so_far(), before);
  const auto* kept = new std::vector<int>(10);
  EXPECT_GT(allocations_so_far(), before) << "the counter counts";
  delete kept;
}

TEST(BandwidthEstimatorTest, RandomPathsKeepTheTargetWithinItsLimits) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    SeededRandom random(seed);
    Path path({.start = DataRate::kbps(600),
               .least = DataRate::kbps(100),
               .most = DataRate::kbps(3'000)});
    path.estimator.set_demand(DataRate::kbps(10'000));
    for (int i = 0; i < 40; ++i) {
      path.capacity = DataRate::kbps(static_cast<int64_t>(20 + random.below(5'000)));
      path.media = DataRate::kbps(static_cast<int64_t>(random.below(4'000)));
      path.feedback = random.below(5) != 0;
      path.run(TimeDelta::millis(static_cast<int64_t>(50 + random.below(2'000))));
      EXPECT_GE(path.estimator.target(), DataRate::kbps(100));
      EXPECT_LE(path.estimator.target(), DataRate::kbps(3'000));
      EXPECT_LE(path.fastest_probe, DataRate::kbps(10'000));
    }
  }
}

}  // namespace
}  // namespace parley::congestion
