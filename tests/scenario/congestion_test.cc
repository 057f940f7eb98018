// Congestion control on a shared bottleneck: the cases of RFC 8867 §5 that a single path can show.
// Every case prints its figures; PARLEY_PLOTS=folder also draws them there, PARLEY_SEED=n runs
// another seed than 1.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "sim/congestion_figures.h"
#include "sim/congestion_plot.h"
#include "sim/congestion_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

TimeDelta s(int64_t seconds) {
  return TimeDelta::seconds(seconds);
}

CongestionTrace run(const CongestionPlan& plan) {
  const uint64_t seed = seed_or(1);
  fmt::print("{}: PARLEY_SEED={}\n", plan.title, seed);
  CongestionTrace trace = run_congestion(plan, seed);
  if (const char* folder = std::getenv("PARLEY_PLOTS")) {
    std::ofstream(fmt::format("{}/{}.svg", folder, plan.name)) << plot_svg(trace);
  }
  return trace;
}

std::string seconds(std::optional<TimeDelta> time) {
  return time ? fmt::format("{:.1f} s", time->seconds_f()) : "never";
}

double ms(TimeDelta time) {
  return static_cast<double>(time.us()) / 1000;
}

// In the steady part of each capacity: from `settle` after its step to the next one.
struct Steady {
  double least_utilisation = 1;
  double mean_utilisation = 0;
};

Steady steady(const CongestionTrace& trace, const std::vector<CapacityStep>& steps,
              TimeDelta settle, bool backward = false) {
  Steady result;
  for (size_t i = 0; i < steps.size(); ++i) {
    const TimeDelta end = i + 1 < steps.size() ? steps[i + 1].at : trace.plan.duration;
    const double used = utilisation(trace, {steps[i].at + settle, end}, backward);
    result.least_utilisation = std::min(result.least_utilisation, used);
    result.mean_utilisation += used / static_cast<double>(steps.size());
  }
  return result;
}

// Utilisation, queueing, and how each change of capacity is followed.
void expect_follows(const CongestionTrace& trace, const std::vector<CapacityStep>& steps,
                    bool backward = false) {
  const Steady used = steady(trace, steps, s(5), backward);
  const Span whole{TimeDelta::zero(), trace.plan.duration};
  const TimeDelta p95 = queueing(trace, 0.95, whole, backward);
  fmt::print("| {} | {:.0f} % mean, {:.0f} % worst | {:.0f} / {:.0f} / {:.0f} ms |",
             trace.plan.name, 100 * used.mean_utilisation, 100 * used.least_utilisation,
             ms(queueing(trace, 0.5, whole, backward)), ms(p95),
             ms(queueing(trace, 0.99, whole, backward)));
  EXPECT_GE(used.least_utilisation, 0.85);
  EXPECT_LE(ms(p95), 100);
  for (size_t i = 1; i < steps.size(); ++i) {
    if (steps[i].capacity > steps[i - 1].capacity) {
      const auto rise = time_to_reach(trace, steps[i].at, 0.9, backward);
      fmt::print(" rise {}", seconds(rise));
      EXPECT_TRUE(rise && *rise <= s(5)) << "after the rise at " << steps[i].at.seconds_f() << " s";
    } else {
      const auto drop = time_to_fit(trace, steps[i].at, backward);
      fmt::print(" drop {}", seconds(drop));
      EXPECT_TRUE(drop && *drop <= s(1)) << "after the drop at " << steps[i].at.seconds_f() << " s";
    }
  }
  fmt::print(" | padding {:.1f} %\n", 100 * trace.padding_share[0]);
}

DataRate kbps(int64_t value) {
  return DataRate::kbps(value);
}

TEST(CongestionScenario, Rfc8867Case51SingleFlowFollowsTheCapacity) {
  const CongestionPlan plan{.name = "5.1",
                            .title = "RFC 8867 5.1: variable capacity, single flow",
                            .duration = s(100),
                            .forward = {{s(0), kbps(1'000)},
                                        {s(40), kbps(2'500)},
                                        {s(60), kbps(600)},
                                        {s(80), kbps(1'000)}},
                            .media = {{}}};
  expect_follows(run(plan), plan.forward);
}

TEST(CongestionScenario, Rfc8867Case52TwoFlowsFollowTheCapacity) {
  const CongestionPlan plan{.name = "5.2",
                            .title = "RFC 8867 5.2: variable capacity, two flows",
                            .duration = s(125),
                            .forward = {{s(0), kbps(4'000)},
                                        {s(25), kbps(2'000)},
                                        {s(50), kbps(3'500)},
                                        {s(75), kbps(1'000)},
                                        {s(100), kbps(2'000)}},
                            .media = {{}, {}}};
  const CongestionTrace trace = run(plan);
  expect_follows(trace, plan.forward);
  const double fair = jain(trace, {s(5), s(125)}, {0, 1});
  fmt::print("  Jain {:.3f}\n", fair);
  EXPECT_GE(fair, 0.9);
}

TEST(CongestionScenario, Rfc8867Case53CongestedFeedbackLink) {
  const CongestionPlan plan{
      .name = "5.3",
      .title = "RFC 8867 5.3: congested feedback link, media both ways",
      .duration = s(100),
      .forward = {{s(0), kbps(2'000)},
                  {s(20), kbps(1'000)},
                  {s(40), kbps(500)},
                  {s(60), kbps(2'000)}},
      .backward = {{s(0), kbps(2'000)}, {s(35), kbps(800)}, {s(70), kbps(2'000)}},
      .media = {{}, {.backward = true}}};
  const CongestionTrace trace = run(plan);
  expect_follows(trace, plan.forward);
  expect_follows(trace, plan.backward, true);
}

TEST(CongestionScenario, Rfc8867Case54FlowsOfOneKindShare) {
  const CongestionPlan plan{.name = "5.4",
                            .title = "RFC 8867 5.4: three flows of the same kind",
                            .duration = s(120),
                            .forward = {{s(0), kbps(3'500)}},
                            .media = {{.start = s(0)}, {.start = s(20)}, {.start = s(40)}}};
  const CongestionTrace trace = run(plan);
  expect_follows(trace, plan.forward);
  // Steady state: the last half of the 20 s that two flows have, the last 60 s of three.
  const double two = jain(trace, {s(30), s(40)}, {0, 1});
  const double three = jain(trace, {s(60), s(120)}, {0, 1, 2});
  fmt::print("  Jain {:.3f} of two, {:.3f} of three\n", two, three);
  EXPECT_GE(two, 0.9);
  EXPECT_GE(three, 0.9);
}

TEST(CongestionScenario, Rfc8867Case55RoundTripFairness) {
  const CongestionPlan plan{
      .name = "5.5",
      .title = "RFC 8867 5.5: five flows with one-way delays of 10, 25, 50, 100 and 150 ms",
      .duration = s(300),
      .forward = {{s(0), kbps(4'000)}},
      .media = {{.start = s(0), .one_way = TimeDelta::millis(10)},
                {.start = s(10), .one_way = TimeDelta::millis(25)},
                {.start = s(20), .one_way = TimeDelta::millis(50)},
                {.start = s(30), .one_way = TimeDelta::millis(100)},
                {.start = s(40), .one_way = TimeDelta::millis(150)}}};
  const CongestionTrace trace = run(plan);
  expect_follows(trace, plan.forward);
  const Span later{s(60), s(300)};
  const double fair = jain(trace, later, {0, 1, 2, 3, 4});
  fmt::print("  Jain {:.3f}; kbit/s:", fair);
  for (const auto& flow : trace.media) fmt::print(" {}", mean_received(flow, later).kbps());
  fmt::print("\n");
  EXPECT_GE(fair, 0.9);
}

void expect_share_beside_tcp(const CongestionTrace& trace, Span span, double least) {
  double tcp = 0;
  for (const auto& flow : trace.tcp) tcp += static_cast<double>(mean_received(flow, span).kbps());
  const double capacity = static_cast<double>(trace.forward.front().kbps());
  for (const auto& flow : trace.media) {
    const double share = static_cast<double>(mean_received(flow, span).kbps()) / capacity;
    fmt::print("| {} | media {:.0f} % | TCP {:.0f} % | {:.0f} / {:.0f} / {:.0f} ms |\n",
               trace.plan.name, 100 * share, 100 * tcp / capacity, ms(queueing(trace, 0.5, span)),
               ms(queueing(trace, 0.95, span)), ms(queueing(trace, 0.99, span)));
    EXPECT_GE(share, least);
  }
}

TEST(CongestionScenario, Rfc8867Case56LongTcpLeavesAShare) {
  for (const TcpGrowth growth : {TcpGrowth::kReno, TcpGrowth::kCubic}) {
    for (const int64_t queue : {300, 1'000}) {
      const char* kind = growth == TcpGrowth::kReno ? "reno" : "cubic";
      const CongestionPlan plan{
          .name = fmt::format("5.6-{}-{}", kind, queue),
          .title = fmt::format("RFC 8867 5.6: a long TCP flow ({}), queue of {} ms", kind, queue),
          .duration = s(120),
          .forward = {{s(0), kbps(2'000)}},
          .queue = TimeDelta::millis(queue),
          .media = {{.start = s(5)}},
          .tcp = {{.start = s(0), .growth = growth}}};
      expect_share_beside_tcp(run(plan), {s(15), s(120)}, 0.2);
    }
  }
}

TEST(CongestionScenario, Rfc8867Case57ShortTcpFlows) {
  CongestionPlan plan{.name = "5.7",
                      .title = "RFC 8867 5.7: two media flows, ten short TCP flows",
                      .duration = s(300),
                      .forward = {{s(0), kbps(2'000)}},
                      .media = {{.start = s(5)}, {.start = s(5)}}};
  for (int i = 0; i < 10; ++i)
    plan.tcp.push_back({.start = s(0), .least_bytes = 30'000, .most_bytes = 50'000});
  expect_share_beside_tcp(run(plan), {s(15), s(300)}, 0.2);
}

TEST(CongestionScenario, Rfc8867Case58PauseAndResume) {
  const CongestionPlan plan{
      .name = "5.8",
      .title = "RFC 8867 5.8: three flows, the second pauses from 40 s to 60 s",
      .duration = s(120),
      .forward = {{s(0), kbps(3'500)}},
      .media = {{}, {.pause = s(40), .resume = s(60)}, {}}};
  const CongestionTrace trace = run(plan);
  expect_follows(trace, plan.forward);
  const double before = jain(trace, {s(10), s(40)}, {0, 1, 2});
  const double after = jain(trace, {s(70), s(120)}, {0, 1, 2});
  fmt::print("  Jain {:.3f} before, {:.3f} after; {:.0f} % used in the pause\n", before, after,
             100 * utilisation(trace, {s(45), s(60)}));
  EXPECT_GE(before, 0.9);
  EXPECT_GE(after, 0.9);
  EXPECT_GE(utilisation(trace, {s(45), s(60)}), 0.85);
}

TEST(CongestionScenario, SameSeedGivesTheSameTrace) {
  const CongestionPlan plan{.name = "seed",
                            .title = "the same run twice",
                            .duration = s(10),
                            .forward = {{s(0), kbps(1'000)}},
                            .media = {{}},
                            .tcp = {{}}};
  const uint64_t first = run_congestion(plan, 7).network_trace;
  EXPECT_EQ(first, run_congestion(plan, 7).network_trace);
  EXPECT_NE(first, run_congestion(plan, 8).network_trace);
}

// What sound beside it would wait: pictures leave at once only as far as that makes no queue. A
// packet alone takes up to 3.4 ms to be sent.
TEST(CongestionScenario, PicturesThatLeaveAtOnceMakeNoQueue) {
  for (const int64_t capacity : {3'000, 5'000, 10'000, 100'000}) {
    const CongestionPlan plan{.name = fmt::format("bursts-{}", capacity),
                              .title = fmt::format("1 Mbit/s over {} kbit/s", capacity),
                              .duration = s(60),
                              .forward = {{s(0), kbps(capacity)}},
                              .media = {{.demand = kbps(1'000)}}};
    const CongestionTrace trace = run(plan);
    const Span span{s(5), s(60)};
    const double p95 = ms(queueing(trace, 0.95, span));
    const double p99 = ms(queueing(trace, 0.99, span));
    fmt::print("  queueing {:.1f} / {:.1f} / {:.1f} ms\n", ms(queueing(trace, 0.5, span)), p95,
               p99);
    EXPECT_LE(p95, 8);
    EXPECT_LE(p99, 12);
  }
}

}  // namespace
}  // namespace parley::sim
