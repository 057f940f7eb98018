// What a slot makes of its viewer's reports.
#include "sfu/down_slot.h"

#include <gtest/gtest.h>

#include <array>

#include "base/random.h"

namespace parley::sfu {
namespace {

constexpr uint8_t kOpus = 111;

class DownSlotLossTest : public ::testing::Test {
 protected:
  DownSlotLossTest() {
    slot_.assign(&track_);
    slot_.start(0, position(0), now_);
  }

  static media::TrackDescription microphone() {
    return {.id = TrackId{7},
            .kind = rtp::MediaKind::kAudio,
            .codecs = {{.codec = rtp::Codec::kOpus, .payload_type = kOpus, .clock_rate = 48'000}}};
  }
  static media::SlotDescription place() {
    return {.id = SlotId{3},
            .kind = rtp::MediaKind::kAudio,
            .ssrc = {.ssrc = 500},
            .codecs = {{.codec = rtp::Codec::kOpus, .payload_type = kOpus, .clock_rate = 48'000}}};
  }
  static StreamPosition position(int64_t sequence) {
    return {.sequence = sequence, .rtp_time = sequence * 960};
  }

  void send(int64_t sequence) {
    ForwardPlan plan;
    const TrackPacket packet{.stream = {7, 0},
                             .position = position(sequence),
                             .codec = rtp::Codec::kOpus,
                             .payload = payload_};
    EXPECT_TRUE(slot_.forward(packet, now_, plan));
  }
  // The next `count` packets came up, but for every `missing`-th, 0: all.
  void send_some(int64_t count, int64_t missing = 0) {
    for (int64_t i = 1; i <= count; ++i) {
      if (missing == 0 || i % missing != 0) send(next_);
      ++next_;
    }
  }

  Timestamp now_;
  SeededRandom random_{1};
  PacketPool pool_{8};
  UpTrack track_{microphone(), PeerId{1}, pool_};
  DownSlot slot_{place(), 0, random_};
  std::array<uint8_t, 20> payload_{};
  int64_t next_ = 0;
};

TEST_F(DownSlotLossTest, IsWhatTheViewerLostOfWhatWasSent) {
  send_some(100);
  EXPECT_DOUBLE_EQ(slot_.take_loss(0), 0);
  send_some(100);
  EXPECT_DOUBLE_EQ(slot_.take_loss(8), 0.08);
  send_some(50);
  EXPECT_DOUBLE_EQ(slot_.take_loss(8), 0) << "of the time since it was last asked";
}

TEST_F(DownSlotLossTest, WhatNeverCameUpWasNotLostOnTheWayDown) {
  send_some(100, 10);
  send_some(1);  // without it nobody knows of the last one
  EXPECT_DOUBLE_EQ(slot_.take_loss(10), 0);
  send_some(99, 10);
  send_some(1);
  EXPECT_DOUBLE_EQ(slot_.take_loss(10 + 9 + 5), 0.05);
}

TEST_F(DownSlotLossTest, APacketThatComesUpLateIsNoLossEither) {
  send_some(50);
  ++next_;
  send_some(49);
  EXPECT_DOUBLE_EQ(slot_.take_loss(1), 0);
  send(50);
  send_some(100);
  EXPECT_DOUBLE_EQ(slot_.take_loss(0), 0) << "the viewer takes its word back";
}

TEST_F(DownSlotLossTest, NothingSentAndWordsThatCannotBeAreNoLoss) {
  EXPECT_DOUBLE_EQ(slot_.take_loss(1'000), 0);
  send_some(10);
  EXPECT_DOUBLE_EQ(slot_.take_loss(-8'000'000), 0);
  send_some(10);
  EXPECT_DOUBLE_EQ(slot_.take_loss(8'000'000), 1);
}

// Found by the address sanitizer: the encoding that was shown of another camera was looked up.
TEST(DownSlotTest, ShowsACameraWithFewerEncodingsAfterOneWithMore) {
  SeededRandom random(1);
  PacketPool pool(8);
  media::TrackDescription large{.id = TrackId{7}, .kind = rtp::MediaKind::kVideo};
  large.rids = {"l", "m", "h"};
  const media::TrackDescription small{.id = TrackId{8}, .kind = rtp::MediaKind::kVideo};
  UpTrack first(large, PeerId{1}, pool);
  UpTrack second(small, PeerId{2}, pool);
  DownSlot slot({.id = SlotId{3}, .kind = rtp::MediaKind::kVideo, .ssrc = {.ssrc = 500}}, 0,
                random);
  slot.assign(&first);
  slot.start(2, {.sequence = 1}, Timestamp::seconds(1));
  slot.assign(&second);
  EXPECT_EQ(slot.encoding(), 0u);
  slot.start(0, {.sequence = 1}, Timestamp::seconds(2));
  EXPECT_TRUE(slot.flowing());
}

}  // namespace
}  // namespace parley::sfu
