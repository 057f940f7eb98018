#include "congestion/arrival_recorder.h"

#include <gtest/gtest.h>

namespace parley::congestion {
namespace {

TEST(ArrivalRecorderTest, ReportsWhatCameInOrderOfNumbers) {
  ArrivalRecorder recorder;
  recorder.on_packet(10, Timestamp::millis(100));
  recorder.on_packet(13, Timestamp::millis(104));
  recorder.on_packet(12, Timestamp::millis(105));
  ASSERT_TRUE(recorder.is_due(Timestamp::millis(200)));
  const auto report = recorder.take(Timestamp::millis(200));
  EXPECT_EQ(report.base_sequence, 10);
  EXPECT_EQ(report.count, 0);
  ASSERT_EQ(report.arrivals.size(), 3u);
  EXPECT_EQ(report.arrivals[1].sequence, 12);
  EXPECT_EQ(report.arrivals[2].at, Timestamp::millis(104));
}

TEST(ArrivalRecorderTest, LossAtTheStartOfAnIntervalIsCovered) {
  ArrivalRecorder recorder;
  recorder.on_packet(65535, Timestamp::millis(1));
  recorder.take(Timestamp::millis(2));
  recorder.on_packet(1, Timestamp::millis(70));
  const auto report = recorder.take(Timestamp::millis(80));
  EXPECT_EQ(report.base_sequence, 0);
  ASSERT_EQ(report.arrivals.size(), 1u);
  EXPECT_EQ(report.arrivals[0].sequence, 1);
}

TEST(ArrivalRecorderTest, LatePacketIsReportedAfterAll) {
  ArrivalRecorder recorder;
  recorder.on_packet(5, Timestamp::millis(1));
  recorder.on_packet(7, Timestamp::millis(2));
  recorder.take(Timestamp::millis(60));
  recorder.on_packet(6, Timestamp::millis(61));
  const auto report = recorder.take(Timestamp::millis(130));
  EXPECT_EQ(report.base_sequence, 6);
  EXPECT_EQ(report.arrivals.size(), 2u);
}

TEST(ArrivalRecorderTest, NothingIsDueWithoutArrivals) {
  ArrivalRecorder recorder;
  EXPECT_FALSE(recorder.is_due(Timestamp::seconds(10)));
  EXPECT_TRUE(recorder.take(Timestamp::seconds(10)).arrivals.empty());
}

}  // namespace
}  // namespace parley::congestion
