#include "congestion/pacer.h"

#include <gtest/gtest.h>

#include <optional>

namespace parley::congestion {
namespace {

// Sends packets of `bytes` as soon as allowed until `end`, in steps of 100 us.
int64_t sent_until(Pacer& pacer, int64_t bytes, Timestamp& now, Timestamp end) {
  int64_t sent = 0;
  for (; now < end; now = now + TimeDelta::micros(100)) {
    while (pacer.can_send(now)) {
      pacer.on_sent(DataSize::bytes(bytes), now);
      sent += bytes;
    }
  }
  return sent;
}

TEST(PacerTest, SendsAtFactorTimesTheTarget) {
  Pacer pacer(DataRate::kbps(1'000), {.factor = 1.5});
  Timestamp now = Timestamp::seconds(1);
  const int64_t sent = sent_until(pacer, 1'200, now, Timestamp::seconds(5));
  EXPECT_NEAR(static_cast<double>(sent) * 8 / 4, 1'500'000, 15'000);
}

TEST(PacerTest, BurstsAreAtMostAQuantumAndAPacket) {
  Pacer pacer(DataRate::kbps(8'000), {.factor = 1});
  const Timestamp now = Timestamp::seconds(1);
  int packets = 0;
  for (; pacer.can_send(now); ++packets) pacer.on_sent(DataSize::bytes(1'000), now);
  EXPECT_EQ(packets, 5) << "1 ms each, 5 ms";
  EXPECT_EQ(pacer.next_send_time(), now + TimeDelta::millis(5));
}

TEST(PacerTest, PauseSavesNothingUp) {
  Pacer pacer(DataRate::kbps(8'000), {.factor = 1});
  pacer.on_sent(DataSize::bytes(1'000), Timestamp::seconds(1));
  const Timestamp later = Timestamp::seconds(10);
  int packets = 0;
  for (; pacer.can_send(later); ++packets) pacer.on_sent(DataSize::bytes(1'000), later);
  EXPECT_EQ(packets, 5);
}

int sent_at_once(Pacer& pacer, Timestamp now, std::optional<Timestamp> waits_since = {}) {
  int packets = 0;
  for (; pacer.can_send(now); ++packets)
    pacer.on_sent(DataSize::bytes(1'000), now, waits_since.value_or(now));
  return packets;
}

TEST(PacerTest, WhatWaitsLeavesAtTheRateThoughItsOwnerComesLate) {
  Pacer pacer(DataRate::kbps(8'000), {.factor = 1});
  const Timestamp start = Timestamp::seconds(1);
  int packets = 0;
  for (Timestamp now = start; now < Timestamp::seconds(3); now = now + TimeDelta::millis(20))
    packets += sent_at_once(pacer, now, start);
  EXPECT_NEAR(packets, 2'000, 30);
}

TEST(PacerTest, OfALongDelayOnlyTheLastPartIsMadeUpFor) {
  Pacer pacer(DataRate::kbps(8'000), {.factor = 1});
  const Timestamp start = Timestamp::seconds(1);
  EXPECT_EQ(sent_at_once(pacer, start, start), 5);
  EXPECT_EQ(sent_at_once(pacer, start + TimeDelta::millis(500), start), 30 + 5);
}

TEST(PacerTest, ABurstThatIsAllowedLeavesAtOnceAndTheRestByQuanta) {
  Pacer pacer(DataRate::kbps(8'000), {.factor = 1});
  const Timestamp now = Timestamp::seconds(1);
  pacer.set_burst(DataSize::bytes(30'000), now);
  EXPECT_EQ(sent_at_once(pacer, now), 30);
  EXPECT_EQ(pacer.next_send_time(), now + TimeDelta::millis(5));
  EXPECT_EQ(sent_at_once(pacer, now + TimeDelta::millis(5)), 5);
}

TEST(PacerTest, ABurstIsPaidForBeforeTheNext) {
  Pacer pacer(DataRate::kbps(8'000), {.factor = 1});
  Timestamp now = Timestamp::seconds(1);
  pacer.set_burst(DataSize::bytes(30'000), now);
  const int64_t sent = sent_until(pacer, 1'000, now, Timestamp::seconds(5));
  EXPECT_NEAR(static_cast<double>(sent), 4'000'000 + 30'000, 5'000);
}

TEST(PacerTest, ABurstAllowedWhileSomethingWaitsLetsItGo) {
  Pacer pacer(DataRate::kbps(8'000), {.factor = 1});
  const Timestamp now = Timestamp::seconds(1);
  EXPECT_EQ(sent_at_once(pacer, now), 5);
  EXPECT_TRUE(pacer.indebted(now));
  pacer.set_burst(DataSize::bytes(30'000), now);
  EXPECT_FALSE(pacer.indebted(now));
  EXPECT_EQ(sent_at_once(pacer, now), 25);
}

TEST(PacerTest, OnceNoBurstIsAllowedTheDebtOfTheLastIsShort) {
  Pacer pacer(DataRate::kbps(8'000), {.factor = 1});
  const Timestamp now = Timestamp::seconds(1);
  pacer.set_burst(DataSize::bytes(100'000), now);
  EXPECT_EQ(sent_at_once(pacer, now), 100);
  pacer.set_burst(DataSize(), now);
  EXPECT_EQ(pacer.next_send_time(), now + TimeDelta::millis(50));
}

// A packet of 1,200 bytes at 100 kbit/s owes 96 ms.
TEST(PacerTest, WithoutBurstsALongDebtIsPaidInFull) {
  Pacer pacer(DataRate::kbps(100), {.factor = 1});
  const Timestamp now = Timestamp::seconds(1);
  pacer.on_sent(DataSize::bytes(1'200), now);
  pacer.set_burst(DataSize(), now);
  EXPECT_EQ(pacer.next_send_time(), now + TimeDelta::millis(96));
}

TEST(PacerTest, ProbeSpacesEachPacketAndEndsWhenFull) {
  Pacer pacer(DataRate::kbps(100));
  const Timestamp start = Timestamp::seconds(1);
  pacer.on_sent(DataSize::bytes(5'000), start);
  EXPECT_FALSE(pacer.can_send(start));
  pacer.start_probe({ProbeId{9}, DataRate::kbps(4'000), 5, DataSize::bytes(5'000)}, start);
  Timestamp now = start;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(pacer.probe(), ProbeId{9});
    EXPECT_GT(pacer.padding_wanted(), DataSize());
    EXPECT_EQ(pacer.next_send_time(), start + TimeDelta::millis(2) * i);
    now = pacer.next_send_time();
    pacer.on_sent(DataSize::bytes(1'000), now);
  }
  EXPECT_FALSE(pacer.probe());
  EXPECT_EQ(pacer.padding_wanted(), DataSize());
  EXPECT_TRUE(pacer.can_send(now)) << "no debt after a probe";
}

TEST(PacerTest, ProbeWithAHoleIsGivenUp) {
  Pacer pacer(DataRate::kbps(1'000));
  const Timestamp start = Timestamp::seconds(1);
  pacer.start_probe({ProbeId{9}, DataRate::kbps(4'000), 5, DataSize::bytes(5'000)}, start);
  pacer.on_sent(DataSize::bytes(1'000), start);
  pacer.on_sent(DataSize::bytes(1'000), start + TimeDelta::millis(100));
  EXPECT_FALSE(pacer.probe());
}

}  // namespace
}  // namespace parley::congestion
