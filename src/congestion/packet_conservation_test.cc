#include "congestion/packet_conservation.h"

#include <gtest/gtest.h>

#include <deque>

namespace parley::congestion {
namespace {

constexpr int64_t kEvery = 10;     // ms from packet to packet
constexpr int64_t kBytes = 1'000;  // of each

class PacketConservationTest : public ::testing::Test {
 protected:
  // As usual: a round trip of 60 ms, a report each 60 ms.
  PacketConservationTest() { run(3'000); }
  // Sends for so long; all arrives in time.
  void run(int64_t ms) {
    for (const int64_t end = now_ + ms; now_ < end; now_ += kEvery) {
      send();
      if (now_ % 60 == 0) report(now_ - 60);
    }
  }
  void send() {
    conservation_.on_sent(DataSize::bytes(kBytes), at(now_));
    sent_.push_back(now_);
  }
  // Tells of what left until then.
  void report(int64_t until) {
    int64_t arrived = 0;
    while (!sent_.empty() && sent_.front() <= until) {
      arrived += kBytes;
      sent_.pop_front();
    }
    const auto next = sent_.empty() ? std::nullopt : std::optional(at(sent_.front()));
    conservation_.on_report(next, DataSize::bytes(arrived), at(now_));
  }
  // One packet of those under way, after it waited until now.
  void report_one(int64_t bytes) {
    sent_.pop_front();
    conservation_.on_report(at(sent_.front()), DataSize::bytes(bytes), at(now_));
  }
  bool allows() const { return conservation_.allows(at(now_)); }
  static Timestamp at(int64_t ms) { return Timestamp::millis(ms); }

  PacketConservation conservation_;
  int64_t now_ = 60;
  std::deque<int64_t> sent_;
};

TEST_F(PacketConservationTest, AllowsAllAsLongAsReportsComeAsUsual) {
  for (int i = 0; i < 300; ++i) {
    run(kEvery);
    EXPECT_TRUE(allows()) << now_;
  }
}

TEST_F(PacketConservationTest, WhereNewsIsLateAndLittleArrivesHalfOfThatMayLeave) {
  report_one(100);
  const int64_t closing = now_;
  while (allows() && now_ < closing + 1'000) now_ += kEvery;
  EXPECT_LE(now_ - closing, 120);
  report_one(600);
  EXPECT_TRUE(allows());
  conservation_.on_sent(DataSize::bytes(200), at(now_));
  EXPECT_TRUE(allows()) << "100 bytes of credit are left";
  conservation_.on_sent(DataSize::bytes(200), at(now_));
  EXPECT_FALSE(allows());
}

TEST_F(PacketConservationTest, APathThatIsNarrowerButOpenIsLeftToTheEstimate) {
  const int64_t narrowed = now_;
  while (now_ < narrowed + 400) {
    now_ += 60;
    for (int i = 0; i < 6; ++i) send();
    report_one(2 * kBytes);
    EXPECT_TRUE(allows()) << now_ - narrowed;
  }
}

TEST_F(PacketConservationTest, LittleThatArrivesInTimeIsWhatWasSent) {
  run(60);
  for (int i = 0; i < 50; ++i) {
    now_ += 60;
    conservation_.on_report(std::nullopt, DataSize::bytes(100), at(now_));
    conservation_.on_sent(DataSize::bytes(100), at(now_));
    EXPECT_TRUE(allows());
  }
}

TEST_F(PacketConservationTest, OpensWhenReportsComeAsBefore) {
  report_one(100);
  now_ += 150;
  ASSERT_FALSE(allows());
  send();
  report(now_ - 10);
  EXPECT_TRUE(allows()) << "all that was stuck has arrived";
  run(1'000);
  EXPECT_TRUE(allows());
}

TEST_F(PacketConservationTest, ALongWayGetsUsualWithinSeveralReports) {
  report_one(100);
  now_ += 100;
  ASSERT_FALSE(allows());
  int reports = 0;
  do {
    now_ += 60;
    // Nothing, so that nothing may leave; what is under way left 300 ms ago.
    conservation_.on_report(at(now_ - 300), DataSize(), at(now_));
    ++reports;
  } while (!allows() && reports < 100);
  EXPECT_GE(reports, 4);
  EXPECT_LE(reports, 20);
}

TEST_F(PacketConservationTest, WithoutAnyReportItOpensAfterAWhile) {
  report_one(100);
  now_ += 150;
  ASSERT_FALSE(allows());
  const int64_t end = (conservation_.end() - Timestamp()).ms();
  EXPECT_LE(end - now_, PacketConservation::kLongest.ms());
  now_ = end + 1;
  EXPECT_TRUE(allows());
}

}  // namespace
}  // namespace parley::congestion
