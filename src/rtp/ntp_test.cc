#include "rtp/ntp.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace parley::rtp {
namespace {

TEST(NtpTimeTest, CountsFrom1900) {
  const NtpTime t = NtpTime::from_unix(TimeDelta::zero());
  EXPECT_EQ(t.seconds(), 2'208'988'800u);
  EXPECT_EQ(t.fraction(), 0u);
  EXPECT_EQ(NtpTime::from_unix(TimeDelta::millis(500)).fraction(), 0x8000'0000u);
}

TEST(NtpTimeTest, CompactIsTheMiddle32Bits) {
  EXPECT_EQ(NtpTime(0x1122'3344'5566'7788).compact(), 0x3344'5566u);
}

TEST(NtpTimeTest, KeepsEveryMicrosecondOverARoundTrip) {
  SeededRandom random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto t = TimeDelta::micros(static_cast<int64_t>(random.below(2'000'000'000'000'000)));
    ASSERT_EQ(NtpTime::from_unix(t).since_unix_epoch(), t);
  }
}

TEST(NtpTimeTest, DifferenceHoldsAcrossTheEraWrap) {
  const NtpTime before(0xffff'ffff'8000'0000);
  const NtpTime after(0x0000'0000'8000'0000);
  EXPECT_EQ(after - before, TimeDelta::seconds(1));
  EXPECT_EQ(before - after, TimeDelta::seconds(-1));
}

TEST(NtpIntervalTest, SignedFixedPointRoundTrips) {
  EXPECT_EQ(delta_to_q32(TimeDelta::millis(-500)), -0x8000'0000LL);
  EXPECT_EQ(delta_to_q32(TimeDelta::infinite()), 0x7fff'ffffLL << 32);
  SeededRandom random(2);
  for (int i = 0; i < 10'000; ++i) {
    const auto d =
        TimeDelta::micros(static_cast<int64_t>(random.below(2'000'000'000)) - 1'000'000'000);
    ASSERT_EQ(q32_to_delta(delta_to_q32(d)), d);
  }
}

TEST(NtpIntervalTest, CompactIntervalIsIn65536thsAndSaturates) {
  EXPECT_EQ(compact_ntp_to_delta(0x0001'0000), TimeDelta::seconds(1));
  EXPECT_EQ(compact_ntp_to_delta(0x8000), TimeDelta::millis(500));
  EXPECT_EQ(delta_to_compact_ntp(TimeDelta::millis(5250)), 0x0005'4000u);
  EXPECT_EQ(delta_to_compact_ntp(TimeDelta::millis(-1)), 0u);
  EXPECT_EQ(delta_to_compact_ntp(TimeDelta::infinite()), 0xffff'ffffu);
}

// RFC 3550 §6.4.1 figure 2: A = b710:8000, LSR = b705:2000, DLSR = 0005:4000 give 6.125 s.
TEST(RoundTripTimeTest, MatchesTheExampleOfTheRfc) {
  EXPECT_EQ(round_trip_time(0xb710'8000, 0xb705'2000, 0x0005'4000), TimeDelta::millis(6125));
}

TEST(RoundTripTimeTest, IsUnknownWithoutAReportAndNeverNegative) {
  EXPECT_EQ(round_trip_time(0xb710'8000, 0, 0), std::nullopt);
  EXPECT_EQ(round_trip_time(100, 99, 5), TimeDelta::zero());
}

}  // namespace
}  // namespace parley::rtp
