#include "load/latency_histogram.h"

#include <gtest/gtest.h>

namespace parley::load {
namespace {

TimeDelta us(int64_t value) {
  return TimeDelta::micros(value);
}

TEST(LatencyHistogramTest, IsEmptyAtFirst) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(0.5), us(0));
  EXPECT_EQ(histogram.mean(), us(0));
}

TEST(LatencyHistogramTest, SmallTimesAreExact) {
  LatencyHistogram histogram;
  for (int64_t i = 1; i <= 60; ++i) histogram.add(us(i));
  EXPECT_EQ(histogram.percentile(0.5), us(30));
  EXPECT_EQ(histogram.percentile(0.95), us(57));
  EXPECT_EQ(histogram.percentile(1), us(60));
  EXPECT_EQ(histogram.max(), us(60));
  EXPECT_EQ(histogram.mean(), us(30));
}

TEST(LatencyHistogramTest, LargeTimesAreKnownToThreePercent) {
  for (int64_t value = 64; value < int64_t{1} << 35; value = value * 5 / 4) {
    LatencyHistogram histogram;
    histogram.add(us(value));
    histogram.add(us(value * 8));
    const auto got = static_cast<double>(histogram.percentile(0.5).us());
    EXPECT_GE(got, static_cast<double>(value)) << value;
    EXPECT_LE(got, static_cast<double>(value) * 1.032) << value;
  }
}

TEST(LatencyHistogramTest, ThePercentileIsAtMostTheMaximum) {
  LatencyHistogram histogram;
  histogram.add(us(1'000'000));
  EXPECT_EQ(histogram.percentile(0.5), us(1'000'000));
}

TEST(LatencyHistogramTest, NegativeCountsAsZeroAndHugeInTheLastBucket) {
  LatencyHistogram histogram;
  histogram.add(us(-5));
  EXPECT_EQ(histogram.max(), us(0));
  histogram.add(TimeDelta::seconds(1'000'000));
  EXPECT_EQ(histogram.max(), TimeDelta::seconds(1'000'000));
  EXPECT_EQ(histogram.count(), 2u);
}

TEST(LatencyHistogramTest, SumsAddUp) {
  LatencyHistogram a;
  LatencyHistogram b;
  a.add(us(10));
  b.add(us(20));
  b.add(us(40));
  a.add(b);
  EXPECT_EQ(a.count(), 3u);
  EXPECT_EQ(a.percentile(0.5), us(20));
  EXPECT_EQ(a.max(), us(40));
  a.clear();
  EXPECT_EQ(a.count(), 0u);
}

}  // namespace
}  // namespace parley::load
