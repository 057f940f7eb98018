#include "congestion/probe_controller.h"

#include <gtest/gtest.h>

namespace parley::congestion {
namespace {

Timestamp at(int64_t ms) {
  return Timestamp::millis(ms);
}

struct Probing {
  ProbeController controller;
  ProbeControllerInput input{.target = DataRate::kbps(600), .demand = DataRate::kbps(20'000)};

  // The rate of the probe that is due, zero for none.
  DataRate update(int64_t ms) {
    controller.update(input, at(ms));
    return poll();
  }
  DataRate poll() {
    ProbeCluster cluster;
    if (!controller.poll(cluster)) return DataRate::zero();
    id = cluster.id;
    return cluster.rate;
  }
  DataRate result(int64_t kbps, bool saturated, int64_t ms) {
    input.target = DataRate::kbps(kbps);
    controller.on_result({id, DataRate::kbps(kbps), saturated}, input, at(ms));
    return poll();
  }
  ProbeId id;
};

TEST(ProbeControllerTest, StartsAtThreeTimesAndGoesOnWhileItSucceeds) {
  Probing p;
  EXPECT_EQ(p.update(0), DataRate::kbps(1'800));
  EXPECT_EQ(p.result(1'800, false, 100), DataRate::kbps(3'600));
  EXPECT_EQ(p.result(3'000, true, 200), DataRate::zero());
}

TEST(ProbeControllerTest, NeverBeyondTheDemandAndNotWhenItIsMet) {
  Probing p;
  p.input.demand = DataRate::kbps(1'000);
  EXPECT_EQ(p.update(0), DataRate::kbps(1'000));
  p.result(1'000, false, 100);
  for (int64_t t = 200; t < 20'000; t += 100) EXPECT_EQ(p.update(t), DataRate::zero());
}

TEST(ProbeControllerTest, GrownDemandIsProbedForAtOnce) {
  Probing p;
  p.input.demand = DataRate::kbps(600);
  p.update(0);
  p.update(5'000);
  p.input.demand = DataRate::kbps(2'000);
  EXPECT_EQ(p.update(5'020), DataRate::kbps(1'200));
}

TEST(ProbeControllerTest, QueueOrOveruseKeepsItSilent) {
  Probing p;
  p.update(0);
  p.input.queue_delay = TimeDelta::millis(60);
  for (int64_t t = 100; t < 10'000; t += 100) EXPECT_EQ(p.update(t), DataRate::zero());
  p.input.queue_delay = TimeDelta::zero();
  EXPECT_EQ(p.update(10'000), DataRate::zero()) << "not quiet for long";
  EXPECT_EQ(p.update(10'800), DataRate::kbps(1'200));
}

TEST(ProbeControllerTest, AfterADropItTriesTheOldRate) {
  Probing p;
  p.update(0);
  p.result(600, true, 100);
  p.controller.on_drop(DataRate::kbps(2'000), DataRate::kbps(600), at(1'000));
  p.input.overusing = true;
  EXPECT_EQ(p.update(1'000), DataRate::zero());
  p.input.overusing = false;
  EXPECT_EQ(p.update(1'100), DataRate::zero()) << "not quiet for long";
  EXPECT_EQ(p.update(1'300), DataRate::kbps(1'700));
}

TEST(ProbeControllerTest, OneAtATimeAndGivenUpWithoutAResult) {
  Probing p;
  EXPECT_NE(p.update(0), DataRate::zero());
  for (int64_t t = 20; t <= 1'000; t += 20) EXPECT_EQ(p.update(t), DataRate::zero());
  EXPECT_EQ(p.update(1'500), DataRate::kbps(1'200));
}

}  // namespace
}  // namespace parley::congestion
