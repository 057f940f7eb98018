// The parts that keep streams whole: gaps found and asked for, packets kept, losses reported.
#include <gtest/gtest.h>

#include <array>

#include "sfu/audio_selection.h"
#include "sfu/nack_generator.h"
#include "sfu/packet_cache.h"
#include "sfu/receive_statistics.h"

namespace parley::sfu {
namespace {

std::vector<uint16_t> collect(NackGenerator& nack, Timestamp now) {
  std::array<uint16_t, 64> out;
  const size_t n = nack.collect(out, TimeDelta::millis(50), now);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(n)};
}

TEST(NackGeneratorTest, AsksForGapsAfterTheReorderWaitAndAgainAfterARoundTrip) {
  NackGenerator nack;
  const Timestamp t = Timestamp::seconds(1);
  nack.on_packet(65534, t);
  nack.on_packet(65537, t);
  EXPECT_TRUE(collect(nack, t).empty());
  EXPECT_EQ(collect(nack, t + TimeDelta::millis(10)), (std::vector<uint16_t>{65535, 0}));
  EXPECT_TRUE(collect(nack, t + TimeDelta::millis(40)).empty());
  nack.on_packet(65535, t + TimeDelta::millis(50));
  EXPECT_EQ(collect(nack, t + TimeDelta::millis(80)), (std::vector<uint16_t>{0}));
}

TEST(NackGeneratorTest, ReorderedPacketIsNeverAskedFor) {
  NackGenerator nack;
  const Timestamp t = Timestamp::seconds(1);
  nack.on_packet(1, t);
  nack.on_packet(3, t);
  nack.on_packet(2, t + TimeDelta::millis(3));
  EXPECT_TRUE(collect(nack, t + TimeDelta::millis(500)).empty());
  EXPECT_FALSE(nack.take_unrepairable());
}

TEST(NackGeneratorTest, GivesUpAndSaysSo) {
  NackGenerator nack;
  Timestamp t = Timestamp::seconds(1);
  nack.on_packet(1, t);
  nack.on_packet(3, t);
  int asked = 0;
  for (int i = 0; i < 200; ++i) {
    t = t + TimeDelta::millis(20);
    asked += static_cast<int>(collect(nack, t).size());
  }
  EXPECT_EQ(asked, NackGenerator::kTries);
  EXPECT_TRUE(nack.take_unrepairable());
  EXPECT_FALSE(nack.take_unrepairable());
}

TEST(NackGeneratorTest, WhatIsGivenUpIsNeverAskedForAndWhatIsMissedLaterIs) {
  NackGenerator nack;
  const Timestamp t = Timestamp::seconds(1);
  nack.on_packet(1, t);
  nack.give_up();
  EXPECT_FALSE(nack.take_unrepairable()) << "nothing was missing";
  nack.on_packet(3, t);
  nack.give_up();
  nack.on_packet(5, t);
  EXPECT_EQ(collect(nack, t + TimeDelta::millis(50)), (std::vector<uint16_t>{4}));
  EXPECT_TRUE(nack.take_unrepairable());
}

TEST(NackGeneratorTest, HoleTooLargeIsNotRepairedPacketByPacket) {
  NackGenerator nack;
  nack.on_packet(1, Timestamp::seconds(1));
  nack.on_packet(1000, Timestamp::seconds(1));
  EXPECT_TRUE(collect(nack, Timestamp::seconds(2)).empty());
  EXPECT_TRUE(nack.take_unrepairable());
}

TEST(PacketPoolTest, WhatIsLetGoWhilePinnedKeepsItsBytes) {
  PacketPool pool(3);
  const auto first = pool.store(std::array<uint8_t, 1>{1});
  pool.pin();
  pool.release(first);
  const auto second = pool.store(std::array<uint8_t, 1>{2});
  ASSERT_NE(second, first);
  EXPECT_EQ(pool.payload(first)[0], 1);
  pool.retain(first);  // a plan that has to wait
  pool.release(first);
  pool.retain(first);
  pool.unpin();
  EXPECT_EQ(pool.free_packets(), 1u) << "both are held";
  pool.release(first);
  EXPECT_EQ(pool.free_packets(), 2u);
}

TEST(PacketPoolTest, LendsUntilUnpinned) {
  PacketPool pool(2);
  pool.pin();
  pool.pin();
  const auto one = pool.lend(std::array<uint8_t, 1>{1});
  const auto two = pool.lend(std::array<uint8_t, 1>{2});
  ASSERT_TRUE(one && two);
  EXPECT_EQ((*one)[0], 1);
  EXPECT_EQ((*two)[0], 2);
  EXPECT_FALSE(pool.lend(std::array<uint8_t, 1>{3}));
  pool.unpin();
  EXPECT_EQ(pool.free_packets(), 0u) << "still pinned once";
  pool.unpin();
  EXPECT_EQ(pool.free_packets(), 2u);
}

TEST(PacketPoolTest, KeepsForAShorterTimeTheLessIsFree) {
  PacketPool pool(100);
  const TimeDelta wished = TimeDelta::seconds(3);
  std::vector<PacketPool::Handle> held;
  const auto hold = [&](size_t count) {
    while (held.size() < count) held.push_back(pool.store(std::array<uint8_t, 1>{1}));
  };
  hold(75);
  EXPECT_EQ(pool.keep_time(wished), wished);
  hold(90);
  EXPECT_EQ(pool.keep_time(wished).ms(), 1200);
  hold(100);
  EXPECT_EQ(pool.keep_time(wished).ms(), 300);
  for (const auto handle : held) pool.release(handle);
  EXPECT_EQ(pool.free_packets(), 100u);
  EXPECT_EQ(pool.keep_time(wished), wished);
}

TEST(PacketCacheTest, KeepsTheLastWindowAndReturnsTheRestToThePool) {
  PacketPool pool(600);
  {
    PacketCache cache(pool);
    const std::array<uint8_t, 3> payload = {1, 2, 3};
    for (int64_t s = 0; s < 2000; ++s) cache.insert({.sequence = s}, payload);
    EXPECT_EQ(pool.free_packets(), 600 - PacketCache::kPackets);
    EXPECT_EQ(cache.find(2000 - static_cast<int64_t>(PacketCache::kPackets) - 1), nullptr);
    ASSERT_NE(cache.find(1999), nullptr);
    EXPECT_EQ(cache.payload(*cache.find(1999))[2], 3);
    cache.insert({.sequence = 3}, payload);
    EXPECT_EQ(cache.find(3), nullptr) << "older than the window";
  }
  EXPECT_EQ(pool.free_packets(), 600u);
}

TEST(PacketCacheTest, WhatIsOldIsGivenBackThoughNothingNewComes) {
  PacketPool pool(100);
  PacketCache cache(pool);
  const std::vector<uint8_t> payload(10);
  for (int64_t s = 0; s < 50; ++s)
    cache.insert({.sequence = 2 * s, .arrival = Timestamp::millis(s)}, payload);
  cache.expire(Timestamp::millis(30));
  EXPECT_EQ(cache.find(58), nullptr);
  EXPECT_NE(cache.find(60), nullptr);
  EXPECT_EQ(pool.free_packets(), 80u);
  cache.expire(Timestamp::seconds(1));
  EXPECT_EQ(pool.free_packets(), 100u);
  cache.insert({.sequence = 200, .arrival = Timestamp::seconds(2)}, payload);
  EXPECT_NE(cache.find(200), nullptr);
  EXPECT_EQ(cache.newest(), 200);
}

TEST(PacketCacheTest, UsedUpPoolKeepsNothingAndBreaksNothing) {
  PacketPool pool(2);
  PacketCache cache(pool);
  const std::array<uint8_t, 1> payload = {1};
  for (int64_t s = 0; s < 10; ++s) cache.insert({.sequence = s}, payload);
  EXPECT_NE(cache.find(1), nullptr);
  EXPECT_EQ(cache.find(5), nullptr);
}

TEST(ReceiveStatisticsTest, CountsLossOfTheInterval) {
  ReceiveStatistics statistics(90'000);
  for (int64_t s = 0; s < 100; ++s) {
    if (s % 4 != 3)
      statistics.on_packet(s, static_cast<uint32_t>(s * 3000), Timestamp::millis(s * 33));
  }
  const auto report = statistics.take_report(Timestamp::seconds(4));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->fraction_lost, 24 * 256 / 99);
  EXPECT_EQ(report->cumulative_lost, 24);
  EXPECT_EQ(report->extended_highest, 98u);
  EXPECT_FALSE(statistics.take_report(Timestamp::seconds(5))) << "nothing came since";
}

TEST(ReceiveStatisticsTest, DelaySinceTheSenderReportIsIn65536ths) {
  ReceiveStatistics statistics(48'000);
  statistics.on_packet(1, 0, Timestamp::seconds(1));
  statistics.on_sender_report(0xabcd1234, Timestamp::seconds(1));
  const auto report = statistics.take_report(Timestamp::millis(1500));
  EXPECT_EQ(report->last_sender_report, 0xabcd1234u);
  EXPECT_EQ(report->delay_since, 32768u);
}

TEST(SpeechMeterTest, BeginningIsSeenAtTheFirstLoudPacketAndOnlyAfterAPause) {
  SpeechMeter meter;
  Timestamp t = Timestamp::seconds(10);
  for (int i = 0; i < 50; ++i, t = t + TimeDelta::millis(20)) meter.add(110, t);
  EXPECT_FALSE(meter.is_beginning(t));
  meter.add(30, t);
  EXPECT_TRUE(meter.is_beginning(t));
  EXPECT_TRUE(meter.is_speaking(t));
  for (int i = 0; i < 100; ++i, t = t + TimeDelta::millis(20)) meter.add(30, t);
  EXPECT_FALSE(meter.is_beginning(t)) << "still talking is no beginning";
  EXPECT_GT(meter.loudness(t), 90);
  EXPECT_LT(meter.loudness(t + TimeDelta::seconds(3)), 10);
}

}  // namespace
}  // namespace parley::sfu
