#include "sfu/stream_rewriter.h"

#include <gtest/gtest.h>

namespace parley::sfu {
namespace {

constexpr StreamKey kA{1, 0};
constexpr StreamKey kB{2, 0};

class StreamRewriterTest : public ::testing::Test {
 protected:
  StreamRewriter rewriter_{90'000, 100, 5'000};
  Timestamp now_ = Timestamp::seconds(1);
};

TEST_F(StreamRewriterTest, FirstPacketTakesTheNextNumbers) {
  rewriter_.begin(kA, {.sequence = 7000, .rtp_time = 90'000}, now_);
  const auto out = rewriter_.rewrite(kA, {.sequence = 7000, .rtp_time = 90'000}, now_);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->sequence, 101);
  EXPECT_EQ(out->rtp_time, 5'001u);
}

TEST_F(StreamRewriterTest, SwitchContinuesNumbersPicturesAndTime) {
  rewriter_.begin(kA, {.sequence = 10, .rtp_time = 0, .picture_id = 500, .tl0_pic_idx = 9}, now_);
  rewriter_.rewrite(kA, {.sequence = 10, .rtp_time = 0, .picture_id = 500, .tl0_pic_idx = 9}, now_);
  const auto last = rewriter_.rewrite(
      kA, {.sequence = 11, .rtp_time = 3000, .picture_id = 501, .tl0_pic_idx = 10}, now_);
  rewriter_.begin(kB, {.sequence = 40'000, .rtp_time = 777, .picture_id = 3, .tl0_pic_idx = 200},
                  now_ + TimeDelta::millis(50));
  const auto out = rewriter_.rewrite(
      kB, {.sequence = 40'000, .rtp_time = 777, .picture_id = 3, .tl0_pic_idx = 200},
      now_ + TimeDelta::millis(50));
  EXPECT_EQ(out->sequence, last->sequence + 1);
  EXPECT_EQ(out->rtp_time, last->rtp_time + 4500);
  EXPECT_EQ(out->picture_id, last->picture_id + 1);
  EXPECT_EQ(out->tl0_pic_idx, last->tl0_pic_idx + 1);
}

// Two encodings of one track: what passed between their pictures is told by the camera, not by how
// long a lost packet's repair took.
TEST_F(StreamRewriterTest, CaptureTimesDecideBetweenEncodingsOfATrack) {
  constexpr StreamKey kSmall{1, 0};
  constexpr StreamKey kLarge{1, 2};
  rewriter_.begin(kSmall, {.sequence = 1, .rtp_time = 0, .capture_time = 500'000}, now_);
  const auto small = rewriter_.rewrite(kSmall, {.sequence = 1, .rtp_time = 0}, now_);
  const Timestamp late = now_ + TimeDelta::millis(150);
  rewriter_.begin(kLarge, {.sequence = 9, .rtp_time = 77, .capture_time = 503'000}, late);
  const auto large = rewriter_.rewrite(kLarge, {.sequence = 9, .rtp_time = 77}, late);
  EXPECT_EQ(large->rtp_time, small->rtp_time + 3'000);
}

// A camera is shown before its first report.
TEST_F(StreamRewriterTest, ACaptureTimeThatIsLearnedLaterDecidesToo) {
  constexpr StreamKey kSmall{1, 0};
  constexpr StreamKey kLarge{1, 2};
  rewriter_.begin(kSmall, {.sequence = 1, .rtp_time = 0}, now_);
  const auto small = rewriter_.rewrite(kSmall, {.sequence = 1, .rtp_time = 0}, now_);
  rewriter_.learn_capture_time(kLarge, 0, 7'000'000);  // not what runs
  rewriter_.learn_capture_time(kSmall, 900, 500'900);
  const Timestamp late = now_ + TimeDelta::millis(150);
  rewriter_.begin(kLarge, {.sequence = 9, .rtp_time = 77, .capture_time = 503'000}, late);
  const auto large = rewriter_.rewrite(kLarge, {.sequence = 9, .rtp_time = 77}, late);
  EXPECT_EQ(large->rtp_time, small->rtp_time + 3'000);
}

TEST_F(StreamRewriterTest, PicturesCapturedBeforeTheLastShownAreRunThroughQuickly) {
  constexpr StreamKey kLarge{1, 2};
  rewriter_.begin(kA, {.sequence = 1, .rtp_time = 0, .capture_time = 500'000}, now_);
  const auto shown = rewriter_.rewrite(kA, {.sequence = 1, .rtp_time = 0}, now_);
  rewriter_.begin(kLarge, {.sequence = 9, .rtp_time = 1'000, .capture_time = 491'000}, now_);
  uint32_t last = shown->rtp_time;
  for (int i = 0; i < 4; ++i) {
    const auto out =
        rewriter_.rewrite(kLarge, {.sequence = 9 + i, .rtp_time = 1'000 + i * 3'000}, now_);
    EXPECT_GT(out->rtp_time, last);
    last = out->rtp_time;
  }
  EXPECT_LT(last, shown->rtp_time + 400)
      << "what was captured with the last shown comes right after";
  const auto present = rewriter_.rewrite(kLarge, {.sequence = 13, .rtp_time = 13'000}, now_);
  EXPECT_EQ(present->rtp_time, shown->rtp_time + 3'000) << "caught up";
}

TEST_F(StreamRewriterTest, SenderReportsThatCannotBeTrueAreNotBelieved) {
  constexpr StreamKey kLarge{1, 2};
  rewriter_.begin(kA, {.sequence = 1, .rtp_time = 0, .capture_time = 500'000}, now_);
  const auto shown = rewriter_.rewrite(kA, {.sequence = 1, .rtp_time = 0}, now_);
  const Timestamp then = now_ + TimeDelta::millis(100);
  rewriter_.begin(kLarge, {.sequence = 9, .rtp_time = 0, .capture_time = 900'000'000}, then);
  const auto out = rewriter_.rewrite(kLarge, {.sequence = 9, .rtp_time = 0}, then);
  EXPECT_EQ(out->rtp_time, shown->rtp_time + 9'000);
}

// A filler that was sent behind a lost picture holds that picture's number free over a switch; its
// picture id and TL0PICIDX were given to the next encoding's key frame.
TEST_F(StreamRewriterTest, APictureThatIsRepairedAfterASwitchHasItsOwnCounters) {
  const auto picture = [](int64_t sequence, int64_t id, uint8_t tl0) {
    return StreamPosition{.sequence = sequence,
                          .rtp_time = id * 3'000,
                          .picture_id = id,
                          .tl0_pic_idx = tl0,
                          .close_pictures = true};
  };
  rewriter_.begin(kA, picture(10, 50, 7), now_);
  const auto first = rewriter_.rewrite(kA, picture(10, 50, 7), now_);
  // Picture 51 (sequence number 11, of the lowest layer) is lost. 52, of a layer to drop, comes in
  // the wrong order: at 13 a place is left for 12, which then gets a filler.
  rewriter_.drop(kA, picture(13, 52, 8), now_);
  ASSERT_TRUE(rewriter_.drop(kA, picture(12, 52, 8), now_));
  rewriter_.begin(kB, picture(900, 300, 100), now_);
  const auto next = rewriter_.rewrite(kB, picture(900, 300, 100), now_);
  const auto repaired = rewriter_.rewrite(kA, picture(11, 51, 8), now_);
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->sequence, first->sequence + 1);
  EXPECT_EQ(repaired->picture_id, first->picture_id + 1);
  EXPECT_EQ(repaired->tl0_pic_idx, first->tl0_pic_idx + 1);
  EXPECT_EQ(next->sequence, first->sequence + 3);
  EXPECT_EQ(next->picture_id, first->picture_id + 2);
  EXPECT_EQ(next->tl0_pic_idx, first->tl0_pic_idx + 2);
}

TEST_F(StreamRewriterTest, PacketFromBeforeTheSwitchIsRefused) {
  rewriter_.begin(kA, {.sequence = 10}, now_);
  rewriter_.rewrite(kA, {.sequence = 10}, now_);
  rewriter_.begin(kB, {.sequence = 20}, now_);
  rewriter_.rewrite(kB, {.sequence = 20}, now_);
  EXPECT_FALSE(rewriter_.rewrite(kB, {.sequence = 19}, now_));
  EXPECT_FALSE(rewriter_.rewrite(kA, {.sequence = 11}, now_))
      << "would collide with the new segment";
}

TEST_F(StreamRewriterTest, LossStaysVisible) {
  rewriter_.begin(kA, {.sequence = 10}, now_);
  const auto first = rewriter_.rewrite(kA, {.sequence = 10}, now_);
  const auto third = rewriter_.rewrite(kA, {.sequence = 12}, now_);
  EXPECT_EQ(third->sequence, first->sequence + 2);
  const auto late = rewriter_.rewrite(kA, {.sequence = 11}, now_);
  EXPECT_EQ(late->sequence, first->sequence + 1);
}

TEST_F(StreamRewriterTest, TheNextNumberAloneDoesNotMakeAPacketGoOn) {
  const auto packet = [](int64_t sequence, int64_t picture) {
    return StreamPosition{.sequence = sequence, .picture_id = picture, .close_pictures = true};
  };
  rewriter_.begin(kA, packet(10, 500), now_);
  const auto first = rewriter_.rewrite(kA, packet(10, 500), now_);
  EXPECT_FALSE(rewriter_.rewrite(kB, packet(11, 500), now_)) << "of another stream";
  const auto third = rewriter_.rewrite(kA, packet(11, 502), now_);
  EXPECT_EQ(third->picture_id, first->picture_id + 2)
      << "the sender left one out, or it comes late";
  rewriter_.drop(kA, packet(12, 503), now_);
  EXPECT_FALSE(rewriter_.rewrite(kA, packet(13, 503), now_)) << "its picture has no id";
}

// Most packets come in order and are placed without looking for anything; the others are looked
// for.
TEST_F(StreamRewriterTest, WhatIsOvertakenGetsThePlaceItWouldHaveHadInOrder) {
  constexpr int64_t kPackets = 2'400;
  const auto packet = [](int64_t i) {
    return StreamPosition{.sequence = 65'000 + i,
                          .rtp_time = i / 3 * 3'000,
                          .picture_id = 30'000 + i / 3,
                          .tl0_pic_idx = static_cast<uint8_t>(i / 3),
                          .key_index = static_cast<uint8_t>(i / 300 & 0x1f),
                          .close_pictures = true};
  };
  const auto send = [&](StreamRewriter& rewriter, int64_t i) {
    return rewriter.rewrite(kA, packet(i), now_, {.mark = i % 3 == 2});
  };
  rewriter_.begin(kA, packet(0), now_);
  // What is kept of the first ones, of which some pictures are dropped, is written over later.
  constexpr int64_t kFirst = 900;
  for (int64_t i = 0; i < kFirst; ++i) {
    if (i / 3 % 4 == 3) {
      rewriter_.drop(kA, packet(i), now_);
    } else {
      ASSERT_TRUE(send(rewriter_, i)) << i;
    }
  }
  StreamRewriter overtaken = rewriter_;
  for (int64_t i = kFirst; i < kPackets; i += 2) {
    const auto second = send(overtaken, i + 1);
    const auto first = send(overtaken, i);
    ASSERT_EQ(send(rewriter_, i), first) << i;
    ASSERT_EQ(send(rewriter_, i + 1), second) << i;
    ASSERT_FALSE(send(rewriter_, i)) << "a second copy";
  }
  EXPECT_EQ(rewriter_.numbers(), overtaken.numbers());
  EXPECT_EQ(rewriter_.last_time(), overtaken.last_time());
  for (int64_t i = kPackets - 2 * StreamRewriter::kSequences; i < kPackets; ++i)
    EXPECT_EQ(rewriter_.locate(kA, packet(i)), overtaken.locate(kA, packet(i))) << i;
}

TEST_F(StreamRewriterTest, FindsTheOriginOverSwitchesAndWraps) {
  StreamRewriter rewriter(90'000, 65'533, 0);
  rewriter.begin(kA, {.sequence = 1000}, now_);
  for (int64_t s = 1000; s < 1004; ++s)
    rewriter.rewrite(kA, {.sequence = s}, now_);  // 65534, 65535, 0, 1
  rewriter.begin(kB, {.sequence = 50}, now_);
  rewriter.rewrite(kB, {.sequence = 50}, now_);  // 2
  EXPECT_EQ(rewriter.origin_of(65'535)->sequence, 1001);
  EXPECT_EQ(rewriter.origin_of(1)->stream, kA);
  EXPECT_EQ(rewriter.origin_of(2)->stream, kB);
  EXPECT_EQ(rewriter.origin_of(2)->sequence, 50);
  EXPECT_FALSE(rewriter.origin_of(3)) << "never sent";
  EXPECT_FALSE(rewriter.origin_of(65'533)) << "before the first";
}

TEST_F(StreamRewriterTest, WhatIsSentASecondTimeIsFoundUnderItsNewerNumberOnly) {
  const auto send = [&](StreamKey stream, int64_t sequence) {
    return rewriter_.rewrite(stream, {.sequence = sequence, .rtp_time = sequence * 3'000}, now_)
        ->sequence;
  };
  rewriter_.begin(kA, {.sequence = 10}, now_);
  const uint16_t alone = send(kA, 10);
  const uint16_t first = send(kA, 11);
  rewriter_.begin(kB, {.sequence = 50}, now_);
  send(kB, 50);
  rewriter_.begin_replay(kA, {.sequence = 11}, {.sequence = 11}, now_, now_);
  const uint16_t again = send(kA, 11);
  EXPECT_EQ(rewriter_.origin_of(first), std::nullopt) << "its repair would bear the newer number";
  EXPECT_EQ(rewriter_.origin_of(again), (SentOrigin{kA, 11}));
  EXPECT_EQ(rewriter_.origin_of(alone), (SentOrigin{kA, 10}));
}

TEST_F(StreamRewriterTest, ReplayIsSqueezedAndEndsAtThePresent) {
  rewriter_.begin(kA, {.sequence = 1, .rtp_time = 0}, now_);
  rewriter_.rewrite(kA, {.sequence = 1, .rtp_time = 0}, now_);
  const Timestamp later = now_ + TimeDelta::millis(100);
  rewriter_.begin_replay(kB, {.sequence = 200, .rtp_time = 90'000},
                         {.sequence = 230, .rtp_time = 180'000}, later, later);
  const auto first = rewriter_.rewrite(kB, {.sequence = 200, .rtp_time = 90'000}, later);
  const auto last = rewriter_.rewrite(kB, {.sequence = 230, .rtp_time = 180'000}, later);
  const auto live = rewriter_.rewrite(kB, {.sequence = 231, .rtp_time = 183'000}, later);
  EXPECT_EQ(last->rtp_time - first->rtp_time, 90'000u / 32);
  EXPECT_EQ(live->rtp_time - last->rtp_time, 3'000u);
  EXPECT_EQ(live->sequence, last->sequence + 1);
  // A frame whose later packets come live keeps one timestamp.
  const auto same_frame = rewriter_.rewrite(kB, {.sequence = 232, .rtp_time = 180'000}, later);
  EXPECT_EQ(same_frame->rtp_time, last->rtp_time);
  EXPECT_EQ(rewriter_.origin_of(first->sequence)->sequence, 200);
}

// Each replay used to leave the stream some tens of milliseconds further ahead of its clock. A
// viewer who turned pages saw everybody half a second late.
TEST_F(StreamRewriterTest, ManyReplaysDoNotRunAheadOfTheClock) {
  constexpr int64_t kFrame = 3'000;
  const Timestamp start = now_;
  uint32_t last = 5'000;
  const auto send = [&](StreamKey stream, int64_t sequence, int64_t rtp_time) {
    const auto out = rewriter_.rewrite(stream, {.sequence = sequence, .rtp_time = rtp_time}, now_);
    EXPECT_GT(static_cast<int32_t>(out->rtp_time - last), 0);
    last = out->rtp_time;
  };
  for (uint32_t turn = 0; turn < 20; ++turn) {
    const StreamKey stream{turn % 2 + 1, 0};
    const int64_t oldest = turn * 1'000;
    const int64_t newest = oldest + 75;
    rewriter_.begin_replay(stream, {.sequence = oldest, .rtp_time = oldest * kFrame},
                           {.sequence = newest, .rtp_time = newest * kFrame}, now_, now_);
    for (int64_t s = oldest; s <= newest; ++s) send(stream, s, s * kFrame);
    for (int64_t s = newest + 1; s <= newest + 6; ++s) {
      now_ = now_ + TimeDelta::micros(33'333);
      send(stream, s, s * kFrame);
    }
    const int64_t passed = (now_ - start).us() * 90 / 1'000;
    EXPECT_NEAR(static_cast<double>(last - 5'001), static_cast<double>(passed), 150) << turn;
  }
}

// A camera that nobody looked at for a moment rests: its kept pictures are older than by a frame.
// What came live was then placed as much ahead of the clock as the source had rested.
TEST_F(StreamRewriterTest, AReplayOfASourceThatRestedDoesNotRunAheadOfTheClock) {
  rewriter_.begin(kA, {.sequence = 1, .rtp_time = 0}, now_);
  const auto before = rewriter_.rewrite(kA, {.sequence = 1, .rtp_time = 0}, now_);
  const Timestamp came = now_ + TimeDelta::millis(100);
  const Timestamp turned = came + TimeDelta::millis(800);
  rewriter_.begin_replay(kB, {.sequence = 200, .rtp_time = 90'000},
                         {.sequence = 230, .rtp_time = 180'000}, came, turned);
  const auto first = rewriter_.rewrite(kB, {.sequence = 200, .rtp_time = 90'000}, turned);
  const auto last = rewriter_.rewrite(kB, {.sequence = 230, .rtp_time = 180'000}, turned);
  const auto live = rewriter_.rewrite(kB, {.sequence = 231, .rtp_time = 180'000 + 81'000},
                                      turned + TimeDelta::millis(100));
  EXPECT_GT(static_cast<int32_t>(first->rtp_time - before->rtp_time), 0);
  EXPECT_EQ(last->rtp_time - first->rtp_time, 90'000u / 32);
  EXPECT_EQ(live->rtp_time - before->rtp_time, 90'000u);
}

// What is captured at the same time stays so over a replay, too.
TEST_F(StreamRewriterTest, AnEncodingAfterAReplayIsPlacedByItsCaptureTime) {
  constexpr StreamKey kLarge{2, 2};
  const Timestamp came = now_ - TimeDelta::millis(800);
  rewriter_.begin_replay(kB, {.sequence = 200, .rtp_time = 90'000},
                         {.sequence = 230, .rtp_time = 180'000, .capture_time = 500'000}, came,
                         now_);
  rewriter_.rewrite(kB, {.sequence = 200, .rtp_time = 90'000}, now_);
  const Timestamp later = now_ + TimeDelta::millis(100);
  const auto live = rewriter_.rewrite(kB, {.sequence = 231, .rtp_time = 180'000 + 81'000}, later);
  rewriter_.begin(kLarge, {.sequence = 9, .rtp_time = 77, .capture_time = 500'000 + 84'000}, later);
  const auto large = rewriter_.rewrite(kLarge, {.sequence = 9, .rtp_time = 77}, later);
  EXPECT_EQ(large->rtp_time - live->rtp_time, 3'000u);
}

// A report from before the replay's end tells when the live pictures were captured.
TEST_F(StreamRewriterTest, ReportsFromBeforeAReplayAreOnTheLineOfWhatFollows) {
  rewriter_.begin_replay(kB, {.sequence = 200, .rtp_time = 90'000},
                         {.sequence = 230, .rtp_time = 180'000}, now_, now_);
  rewriter_.rewrite(kB, {.sequence = 200, .rtp_time = 90'000}, now_);
  const Timestamp later = now_ + TimeDelta::millis(500);
  const auto live = rewriter_.rewrite(kB, {.sequence = 231, .rtp_time = 225'000}, later);
  EXPECT_EQ(live->rtp_time - *rewriter_.map_time(kB, 100'000), 125'000u);
}

TEST_F(StreamRewriterTest, RetransmissionIsWrittenAsFirstSent) {
  rewriter_.begin(kA, {.sequence = 10, .rtp_time = 100, .picture_id = 4}, now_);
  const auto sent = rewriter_.rewrite(kA, {.sequence = 10, .rtp_time = 100, .picture_id = 4}, now_);
  rewriter_.begin(kB, {.sequence = 5}, now_);
  rewriter_.rewrite(kB, {.sequence = 5}, now_);
  const auto again = rewriter_.locate(kA, {.sequence = 10, .rtp_time = 100, .picture_id = 4});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->sequence, sent->sequence);
  EXPECT_EQ(again->rtp_time, sent->rtp_time);
  EXPECT_EQ(again->picture_id, sent->picture_id);
}

TEST_F(StreamRewriterTest, ManySwitchesNeverRepeatANumberNorGoBackInTime) {
  std::optional<RewrittenPosition> previous;
  for (int i = 0; i < 1000; ++i) {
    const StreamKey stream{static_cast<uint32_t>(1 + i % 3), static_cast<uint8_t>(i % 2)};
    now_ = now_ + TimeDelta::millis(7);
    const int64_t base = 10'000 * (i % 5);
    rewriter_.begin(stream, {.sequence = base, .rtp_time = base * 31}, now_);
    for (int64_t s = base; s < base + 3; ++s) {
      const auto out = rewriter_.rewrite(stream, {.sequence = s, .rtp_time = s * 31}, now_);
      ASSERT_TRUE(out);
      if (previous) {
        EXPECT_EQ(out->sequence, static_cast<uint16_t>(previous->sequence + 1));
        EXPECT_GT(static_cast<int32_t>(out->rtp_time - previous->rtp_time), 0);
      }
      previous = out;
    }
  }
}

}  // namespace
}  // namespace parley::sfu
