#include "link.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace parley::lab {
namespace {

constexpr Timestamp kStart = Timestamp::seconds(100);

std::vector<uint8_t> numbered(uint32_t number, size_t size = 1250) {
  std::vector<uint8_t> packet(size);
  packet[0] = static_cast<uint8_t>(number >> 16);
  packet[1] = static_cast<uint8_t>(number >> 8);
  packet[2] = static_cast<uint8_t>(number);
  return packet;
}

struct Arrival {
  Timestamp at;
  uint32_t number;
};

// Polls at the link's own deadlines until `end`.
std::vector<Arrival> drain(Link& link, Timestamp end) {
  std::vector<Arrival> arrivals;
  std::vector<uint8_t> packet;
  for (Timestamp now = link.poll_timeout(); now <= end; now = link.poll_timeout()) {
    while (link.poll_packet(packet, now))
      arrivals.push_back(
          {now, static_cast<uint32_t>(packet[0] << 16 | packet[1] << 8 | packet[2])});
  }
  return arrivals;
}

// `count` packets, one every `spacing`.
std::vector<Arrival> stream(Link& link, uint32_t count, TimeDelta spacing,
                            Timestamp from = kStart) {
  std::vector<Arrival> arrivals;
  for (uint32_t i = 0; i < count; ++i) {
    const Timestamp now = from + spacing * i;
    const auto some = drain(link, now);
    arrivals.insert(arrivals.end(), some.begin(), some.end());
    link.handle_packet(numbered(i), now);
  }
  const auto rest = drain(link, Timestamp::seconds(1'000'000));
  arrivals.insert(arrivals.end(), rest.begin(), rest.end());
  return arrivals;
}

TEST(LinkTest, WithoutSettingsAPacketPassesAtOnce) {
  Link link(1);
  link.handle_packet(numbered(7), kStart);
  std::vector<uint8_t> packet;
  ASSERT_TRUE(link.poll_packet(packet, kStart));
  EXPECT_EQ(packet, numbered(7));
  EXPECT_FALSE(link.poll_packet(packet, kStart));
  EXPECT_TRUE(link.poll_timeout().is_never());
}

TEST(LinkTest, DelayIsExact) {
  Link link(1);
  link.set({.delay = TimeDelta::millis(30)}, kStart);
  const auto arrivals = stream(link, 3, TimeDelta::millis(1));
  ASSERT_EQ(arrivals.size(), 3u);
  for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(arrivals[i].at, kStart + TimeDelta::millis(30 + i));
}

TEST(LinkTest, RateSpacesPacketsByTheirLength) {
  Link link(1);
  link.set({.rate = DataRate::kbps(1000)}, kStart);
  const auto arrivals = stream(link, 3, TimeDelta::zero());
  ASSERT_EQ(arrivals.size(), 3u);
  for (uint32_t i = 0; i < 3; ++i)
    EXPECT_EQ(arrivals[i].at, kStart + TimeDelta::millis(10) * (i + 1));
}

TEST(LinkTest, ALateDriverDoesNotSlowTheLink) {
  Link link(1);
  link.set({.rate = DataRate::kbps(1000), .queue_time = TimeDelta::seconds(1)}, kStart);
  for (uint32_t i = 0; i < 10; ++i) link.handle_packet(numbered(i), kStart);
  std::vector<uint8_t> packet;
  int delivered = 0;
  while (link.poll_packet(packet, kStart + TimeDelta::millis(100))) ++delivered;
  EXPECT_EQ(delivered, 10);
  EXPECT_EQ(link.counters().latest, TimeDelta::millis(90));
}

TEST(LinkTest, DropsWhatWouldWaitLongerThanTheQueueAllows) {
  Link link(1);
  // 10 ms for each packet: one under way and five that wait at most 50 ms.
  link.set({.rate = DataRate::kbps(1000), .queue_time = TimeDelta::millis(50)}, kStart);
  const auto arrivals = stream(link, 20, TimeDelta::zero());
  EXPECT_EQ(arrivals.size(), 6u);
  EXPECT_EQ(link.counters().queue_full, 14u);
  EXPECT_EQ(link.counters().longest_wait, TimeDelta::millis(50));
}

TEST(LinkTest, DropsWhatDoesNotFitTheQueueInBytes) {
  Link link(1);
  link.set({.rate = DataRate::kbps(1000),
            .queue_time = TimeDelta::zero(),
            .queue_size = DataSize::bytes(2600)},
           kStart);
  const auto arrivals = stream(link, 20, TimeDelta::zero());
  EXPECT_EQ(arrivals.size(), 3u);
  EXPECT_EQ(link.counters().queue_full, 17u);
}

TEST(LinkTest, AChangeOfRateHoldsForWhatIsUnderWayAndWhatWaits) {
  Link link(1);
  link.set({.rate = DataRate::kbps(1000)}, kStart);
  link.handle_packet(numbered(0), kStart);
  link.handle_packet(numbered(1), kStart);
  // Half of the first is left: 5 ms become 50 ms, and the second takes 100 ms.
  link.set({.rate = DataRate::kbps(100)}, kStart + TimeDelta::millis(5));
  const auto arrivals = drain(link, Timestamp::seconds(1000));
  ASSERT_EQ(arrivals.size(), 2u);
  EXPECT_EQ(arrivals[0].at, kStart + TimeDelta::millis(55));
  EXPECT_EQ(arrivals[1].at, kStart + TimeDelta::millis(155));
}

TEST(LinkTest, TakingTheRateAwayLetsEverythingOut) {
  Link link(1);
  link.set({.rate = DataRate::kbps(1000)}, kStart);
  for (uint32_t i = 0; i < 5; ++i) link.handle_packet(numbered(i), kStart);
  link.set({}, kStart + TimeDelta::millis(1));
  EXPECT_EQ(drain(link, kStart + TimeDelta::millis(1)).size(), 5u);
  EXPECT_EQ(link.waiting(), DataSize::bytes(0));
}

TEST(LinkTest, JitterWithOrderKeptStaysInItsReachAndInOrder) {
  Link link(2);
  link.set({.delay = TimeDelta::millis(50), .jitter = TimeDelta::millis(10)}, kStart);
  const auto arrivals = stream(link, 2000, TimeDelta::millis(5));
  ASSERT_EQ(arrivals.size(), 2000u);
  TimeDelta least = TimeDelta::seconds(1), most;
  for (uint32_t i = 0; i < arrivals.size(); ++i) {
    EXPECT_EQ(arrivals[i].number, i);
    const TimeDelta delay = arrivals[i].at - (kStart + TimeDelta::millis(5) * i);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GE(least, TimeDelta::millis(40));
  EXPECT_LT(least, TimeDelta::millis(41));
  EXPECT_LE(most, TimeDelta::millis(60));
  EXPECT_GT(most, TimeDelta::millis(59));
  EXPECT_EQ(link.counters().reordered, 0u);
}

TEST(LinkTest, JitterWithFreeOrderReordersAndKeepsTheMeanDelay) {
  Link link(2);
  link.set({.delay = TimeDelta::millis(50), .jitter = TimeDelta::millis(10), .keep_order = false},
           kStart);
  const auto arrivals = stream(link, 5000, TimeDelta::millis(5));
  ASSERT_EQ(arrivals.size(), 5000u);
  int64_t sum_us = 0;
  for (const Arrival& arrival : arrivals)
    sum_us += (arrival.at - (kStart + TimeDelta::millis(5) * arrival.number)).us();
  // Uniform over 20 ms: a standard deviation of 5.8 ms, of the mean 0.08 ms.
  EXPECT_NEAR(static_cast<double>(sum_us) / 5000, 50'000, 400);
  EXPECT_GT(link.counters().reordered, 500u);
}

TEST(LinkTest, IndependentLossIsAsOftenAsSaid) {
  for (const double loss : {0.01, 0.05, 0.1}) {
    Link link(3);
    link.set({.loss = loss}, kStart);
    constexpr uint32_t kCount = 50'000;
    const size_t arrived = stream(link, kCount, TimeDelta::millis(1)).size();
    EXPECT_EQ(link.counters().lost + arrived, kCount);
    const double deviation = std::sqrt(kCount * loss * (1 - loss));
    EXPECT_NEAR(static_cast<double>(kCount - arrived), kCount * loss, 5 * deviation) << loss;
  }
}

// Runs of lost packets: how many, and how long on average.
double mean_run(const std::vector<Arrival>& arrivals) {
  uint64_t runs = 0, lost = 0;
  uint32_t next = 0;
  for (const Arrival& arrival : arrivals) {
    if (arrival.number > next) {
      ++runs;
      lost += arrival.number - next;
    }
    next = arrival.number + 1;
  }
  return runs == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(runs);
}

TEST(LinkTest, BurstsHaveTheirLengthAndTheLossItsShare) {
  Link link(4);
  link.set({.loss = 0.05, .burst = 8}, kStart);
  constexpr uint32_t kCount = 200'000;
  const auto arrivals = stream(link, kCount, TimeDelta::millis(1));
  // About 1,250 bursts of geometric length.
  EXPECT_NEAR(1 - static_cast<double>(arrivals.size()) / kCount, 0.05, 0.008);
  EXPECT_NEAR(mean_run(arrivals), 8, 1.2);
}

TEST(LinkTest, ABadStateThatLosesOnlySomeKeepsTheShare) {
  Link link(5);
  link.set({.loss = 0.1, .burst = 20, .bad_loss = 0.5}, kStart);
  constexpr uint32_t kCount = 200'000;
  const auto arrivals = stream(link, kCount, TimeDelta::millis(1));
  EXPECT_NEAR(1 - static_cast<double>(arrivals.size()) / kCount, 0.1, 0.012);
  EXPECT_LT(mean_run(arrivals), 3);
}

TEST(LinkTest, WhatIsLostHasUsedTheLinksTime) {
  Link link(6);
  link.set({.rate = DataRate::kbps(1000), .queue_time = TimeDelta::seconds(10), .loss = 0.5},
           kStart);
  const auto arrivals = stream(link, 100, TimeDelta::zero());
  ASSERT_FALSE(arrivals.empty());
  for (const Arrival& arrival : arrivals)
    EXPECT_EQ(arrival.at, kStart + TimeDelta::millis(10) * (arrival.number + 1));
}

TEST(LinkTest, TheSameSeedGivesTheSameRun) {
  const LinkSettings rough{.delay = TimeDelta::millis(20),
                           .jitter = TimeDelta::millis(15),
                           .keep_order = false,
                           .loss = 0.2,
                           .burst = 3};
  std::vector<std::vector<uint32_t>> runs;
  for (const uint64_t seed : {9u, 9u, 10u}) {
    Link link(seed);
    link.set(rough, kStart);
    auto& run = runs.emplace_back();
    for (const Arrival& arrival : stream(link, 500, TimeDelta::millis(1)))
      run.push_back(arrival.number);
  }
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_NE(runs[0], runs[2]);
}

TEST(LinkTest, HoldsABoundedNumberOfPackets) {
  Link link(1);
  link.set({.delay = TimeDelta::seconds(10)}, kStart);
  for (uint32_t i = 0; i < Link::kMostPackets + 10; ++i) link.handle_packet(numbered(i, 3), kStart);
  EXPECT_EQ(link.counters().overflow, 10u);
}

// Whatever is set whenever, each packet is delivered once or counted as dropped once.
TEST(LinkTest, EveryPacketIsAccountedFor) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Link link(seed);
    Timestamp now = kStart;
    uint64_t delivered = 0;
    std::vector<uint8_t> packet;
    for (uint32_t i = 0; i < 3000; ++i) {
      now = now + TimeDelta::micros(static_cast<int64_t>(random.below(3000)));
      if (random.below(100) == 0) {
        link.set({.rate = DataRate::kbps(static_cast<int64_t>(random.below(8) * 1000)),
                  .queue_time = TimeDelta::millis(static_cast<int64_t>(random.below(100))),
                  .queue_size = DataSize::bytes(static_cast<int64_t>(random.below(20'000))),
                  .delay = TimeDelta::millis(static_cast<int64_t>(random.below(50))),
                  .jitter = TimeDelta::millis(static_cast<int64_t>(random.below(60))),
                  .keep_order = random.below(2) == 0,
                  .loss = static_cast<double>(random.below(30)) / 100,
                  .burst = static_cast<double>(random.below(2) * 5)},
                 now);
      }
      link.handle_packet(numbered(i, 3 + random.below(1498)), now);
      while (link.poll_packet(packet, now)) ++delivered;
    }
    now = now + TimeDelta::seconds(1000);
    while (link.poll_packet(packet, now)) ++delivered;
    const LinkCounters& c = link.counters();
    EXPECT_EQ(c.packets_in, 3000u);
    EXPECT_EQ(c.packets_out, delivered);
    EXPECT_EQ(c.packets_out + c.lost + c.queue_full + c.overflow, c.packets_in);
    EXPECT_EQ(link.waiting(), DataSize::bytes(0));
    EXPECT_TRUE(link.poll_timeout().is_never());
  }
}

}  // namespace
}  // namespace parley::lab
