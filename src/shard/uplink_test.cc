#include "shard/uplink.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace parley::shard {
namespace {

// A publisher that sends as fast as it is told, up to `most`, over a path of one bottleneck.
class UplinkTest : public ::testing::Test {
 protected:
  void run(TimeDelta time) {
    const Timestamp end = now_ + time;
    for (; now_ < end; now_ = now_ + TimeDelta::millis(20)) {
      budget_ += std::min(allowed_, most_) * TimeDelta::millis(20);
      while (budget_ >= kPacket) {
        budget_ -= kPacket;
        send();
      }
      if (const auto rate = uplink_.poll(now_)) {
        allowed_ = *rate;
        ++told_;
      }
    }
  }

  void send() {
    free_at_ = std::max(free_at_, now_) + kPacket / capacity_;
    const Timestamp arrival = free_at_ + TimeDelta::millis(30);
    if (arrival - now_ > TimeDelta::millis(400)) {
      free_at_ = free_at_ + TimeDelta::zero() - kPacket / capacity_;
      return;  // the queue is full
    }
    // The publisher's clock has its own origin and runs `drift_` millionths fast.
    const TimeDelta passed = now_ - Timestamp();
    const TimeDelta remote = passed + passed / 1'000'000 * drift_ + TimeDelta::seconds(17);
    uplink_.on_packet(rtp::AbsSendTime::from(remote), kPacket, arrival);
  }

  static constexpr DataSize kPacket = DataSize::bytes(1'000);
  Uplink uplink_;
  Timestamp now_ = Timestamp::seconds(5);
  Timestamp free_at_;
  DataSize budget_;
  DataRate capacity_ = DataRate::kbps(1'000);
  DataRate most_ = DataRate::kbps(20'000);
  DataRate allowed_ = DataRate::kbps(300);
  int64_t drift_ = 0;
  int told_ = 0;
};

TEST_F(UplinkTest, FindsTheCapacityAndFollowsIt) {
  run(TimeDelta::seconds(30));
  EXPECT_GE(allowed_, DataRate::kbps(750));
  EXPECT_LE(allowed_, DataRate::kbps(1'250));
  capacity_ = DataRate::kbps(400);
  run(TimeDelta::seconds(4));
  EXPECT_LE(allowed_, DataRate::kbps(440));
  capacity_ = DataRate::kbps(2'000);
  run(TimeDelta::seconds(30));
  EXPECT_GE(allowed_, DataRate::kbps(1'400));
}

TEST_F(UplinkTest, TellsOnceASecondWhileNothingChanges) {
  most_ = DataRate::kbps(200);
  capacity_ = DataRate::kbps(50'000);
  run(TimeDelta::seconds(20));
  EXPECT_GE(told_, 18);
  EXPECT_LE(told_, 24);
  EXPECT_GE(allowed_, DataRate::kbps(200)) << "a publisher that sends little isn't held down";
}

TEST_F(UplinkTest, ClockDriftOverAnHourChangesNothing) {
  for (const int64_t drift : {100, -100}) {
    SCOPED_TRACE(drift);
    drift_ = drift;
    run(TimeDelta::seconds(3'600));
    EXPECT_GE(allowed_, DataRate::kbps(700));
    EXPECT_LE(allowed_, DataRate::kbps(1'250));
  }
}

}  // namespace
}  // namespace parley::shard
