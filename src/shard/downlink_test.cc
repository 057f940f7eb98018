#include "shard/downlink.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "congestion/scale.h"

namespace parley::shard {
namespace {

constexpr uint32_t kLarge = 11;
constexpr uint32_t kSmall = 22;

class DownlinkTest : public ::testing::Test {
 protected:
  DownlinkTest() {
    downlink_.configure(slots_);
    // What starts the pacer's debt: from here on video waits.
    downlink_.on_sent(downlink_.take_sequence(), DataSize::bytes(1'200), Downlink::Kind::kVideo,
                      now_);
  }
  static media::SlotDescription slot(uint32_t ssrc) {
    return {.id = SlotId{ssrc},
            .kind = rtp::MediaKind::kVideo,
            .mid = {},
            .ssrc = {ssrc, ssrc + 1},
            .codecs = {},
            .extensions = {.transport_sequence = 3}};
  }
  sfu::ForwardPlan plan(uint32_t ssrc, size_t size = 1'000) {
    const std::vector<uint8_t> payload(size, 0);
    sfu::ForwardPlan out{.ssrc = ssrc, .video = true};
    out.kept = pool_.store(payload);
    out.payload = pool_.payload(out.kept);
    if (ssrc == kLarge + 1 || ssrc == kSmall + 1) out.original_sequence = uint16_t{1};
    return out;
  }
  void hold(uint32_t ssrc, int count, size_t size = 1'000) {
    for (int i = 0; i < count; ++i)
      ASSERT_EQ(downlink_.admit(plan(ssrc, size), now_), Downlink::Passage::kHeld);
  }
  // The SSRCs of what leaves, in order.
  std::vector<uint32_t> drain() {
    std::vector<uint32_t> out;
    while (downlink_.holds()) {
      now_ = now_ + TimeDelta::millis(1);
      sfu::ForwardPlan next;
      if (!downlink_.poll_held(next, now_)) continue;
      out.push_back(next.ssrc);
      const auto size = DataSize::bytes(static_cast<int64_t>(next.payload.size()));
      store_.release(next);
      downlink_.on_sent(downlink_.take_sequence(), size, Downlink::Kind::kVideo, now_);
    }
    return out;
  }
  std::map<uint32_t, Downlink::Lateness> judge() {
    std::map<uint32_t, Downlink::Lateness> out;
    downlink_.judge_lines(
        now_, [&](uint32_t ssrc, Downlink::Lateness lateness) { out[ssrc] = lateness; });
    return out;
  }

  Timestamp now_ = Timestamp::seconds(5);
  sfu::PacketPool pool_{256};
  PlanStore store_{pool_, 256};
  std::vector<media::SlotDescription> slots_{slot(kLarge), slot(kSmall)};
  Downlink downlink_{store_};
};

// Twenty pictures a second of 6 kB, and feedback on each.
TEST_F(DownlinkTest, PicturesLeaveAtOnceWhereThePathShowsNoQueue) {
  constexpr int kPackets = 6;
  int late = kPackets;
  std::vector<congestion::PacketResult> results;
  const auto send = [&] {
    const uint16_t number = downlink_.take_sequence();
    downlink_.on_sent(number, DataSize::bytes(1'000), Downlink::Kind::kVideo, now_);
    results.push_back({.sequence = number, .received = now_ + TimeDelta::millis(20)});
  };
  const auto picture = [&](TimeDelta queue) {
    downlink_.set_video_demand(DataRate::kbps(1'000), now_);
    results.clear();
    late = 0;
    for (int i = 0; i < kPackets; ++i) {
      const auto next = plan(kLarge);
      if (downlink_.admit(next, now_) == Downlink::Passage::kNow) {
        send();
        store_.release(next);
      } else {
        ++late;
      }
    }
    const Timestamp end = now_ + TimeDelta::millis(50);
    for (; now_ < end; now_ = now_ + TimeDelta::millis(1)) {
      sfu::ForwardPlan next;
      while (downlink_.poll_held(next, now_)) {
        send();
        store_.release(next);
      }
    }
    for (auto& result : results) result.received = *result.received + queue;
    downlink_.on_feedback(results, now_);
  };
  picture({});
  EXPECT_GE(late, 4);
  // kOpening wishes for more than there is.
  for (int i = 0; i < 80; ++i) picture({});
  EXPECT_EQ(late, 0);
  picture(TimeDelta::millis(20));
  picture({});
  EXPECT_GE(late, 3) << "a queue, and it is as before";
}

using Told = std::map<uint32_t, Downlink::Lateness>;

TEST_F(DownlinkTest, AKeyFrameDoesNotHoldUpTheOtherPictures) {
  hold(kLarge, 4);
  hold(kSmall, 1);
  EXPECT_EQ(drain(), (std::vector<uint32_t>{kSmall, kLarge, kLarge, kLarge, kLarge}));
}

TEST_F(DownlinkTest, RepairsGoBeforeTheirPicture) {
  hold(kLarge, 2);
  hold(kLarge + 1, 1);
  hold(kSmall, 1);
  EXPECT_EQ(drain(), (std::vector<uint32_t>{kSmall, kLarge + 1, kLarge, kLarge}));
}

TEST_F(DownlinkTest, RepairsOfOnePictureDontHoldUpTheKeyFrameOfAnother) {
  hold(kLarge + 1, 4);
  hold(kSmall, 3);
  EXPECT_EQ(drain(), (std::vector<uint32_t>{kSmall, kSmall, kSmall, kLarge + 1, kLarge + 1,
                                            kLarge + 1, kLarge + 1}));
}

TEST_F(DownlinkTest, WhatWaitsBeforeASmallerPictureIsGivenUp) {
  hold(kLarge, 3);
  hold(kLarge + 1, 2);
  hold(kSmall, 1, 900);
  auto key_frame = plan(kLarge);
  key_frame.supersedes = true;
  ASSERT_EQ(downlink_.admit(key_frame, now_), Downlink::Passage::kHeld);
  EXPECT_EQ(downlink_.waiting(), DataSize::bytes(1'900)) << "the key frame and the other picture";
  EXPECT_EQ(drain(), (std::vector<uint32_t>{kSmall, kLarge}));
  EXPECT_TRUE(judge().empty());
}

TEST_F(DownlinkTest, WhileAQueueIsDrainedALateLinePressesTheOthersToo) {
  const auto feedback = [&](TimeDelta delay) {
    const uint16_t number = downlink_.take_sequence();
    downlink_.on_sent(number, DataSize::bytes(1'200), Downlink::Kind::kAudio, now_);
    const congestion::PacketResult result{.sequence = number, .received = now_ + delay};
    now_ = now_ + delay;
    downlink_.on_feedback({&result, 1}, now_);
  };
  feedback(TimeDelta::millis(30));
  feedback(TimeDelta::millis(230));
  downlink_.on_sent(downlink_.take_sequence(), DataSize::bytes(1'200), Downlink::Kind::kVideo,
                    now_);
  hold(kLarge, 24);
  hold(kSmall, 1);
  EXPECT_EQ(judge(),
            (Told{{kLarge, Downlink::Lateness::kPressed}, {kSmall, Downlink::Lateness::kPressed}}));
  EXPECT_TRUE(judge().empty());
  drain();
  EXPECT_EQ(judge(),
            (Told{{kLarge, Downlink::Lateness::kEased}, {kSmall, Downlink::Lateness::kEased}}));
}

TEST_F(DownlinkTest, ALongLineIsPressedUntilItIsShort) {
  // 12 kB at 1.25 times 600 kbit/s take 128 ms.
  hold(kLarge, 12);
  hold(kSmall, 1);
  EXPECT_EQ(judge(), (Told{{kLarge, Downlink::Lateness::kPressed}}));
  EXPECT_TRUE(judge().empty());
  drain();
  EXPECT_EQ(judge(), (Told{{kLarge, Downlink::Lateness::kEased}}));
}

TEST_F(DownlinkTest, ALineThatIsTooLateIsGivenUpAlone) {
  hold(kLarge, 100);
  hold(kSmall, 2);
  EXPECT_EQ(judge(), (Told{{kLarge, Downlink::Lateness::kGivenUp}}));
  EXPECT_EQ(downlink_.waiting(), DataSize::bytes(2'000));
  EXPECT_EQ(drain(), (std::vector<uint32_t>{kSmall, kSmall}));
}

TEST_F(DownlinkTest, ALineForWhichSoundLeavesNoRoomIsGivenUp) {
  hold(kLarge, 2);
  EXPECT_TRUE(judge().empty());
  // A second of 590 kbit/s, of the 750 kbit/s that may leave: 16 kbit take 100 ms.
  const auto sound = [&](int packets, int64_t bytes) {
    for (int i = 0; i < packets; ++i)
      downlink_.on_sent(downlink_.take_sequence(), DataSize::bytes(bytes), Downlink::Kind::kAudio,
                        now_);
  };
  sound(50, 1'450);
  EXPECT_EQ(judge(), (Told{{kLarge, Downlink::Lateness::kPressed}}));
  sound(10, 1'970);
  EXPECT_EQ(judge(), (Told{{kLarge, Downlink::Lateness::kGivenUp}}));
  EXPECT_FALSE(downlink_.holds());
}

// Of 600 kbit/s 1.25 times, sound included.
TEST_F(DownlinkTest, WhatWaitsLeavesAtThePacersRateHoweverSeldomItIsLookedAt) {
  hold(kLarge, 100);
  int64_t sent = 0;
  const auto leave = [&](int64_t size, Downlink::Kind kind) {
    downlink_.on_sent(downlink_.take_sequence(), DataSize::bytes(size), kind, now_);
    sent += size + Downlink::kPacketOverhead.bytes();
  };
  for (int turn = 0; turn < 40; ++turn) {
    now_ = now_ + TimeDelta::millis(25);
    leave(80, Downlink::Kind::kAudio);
    for (sfu::ForwardPlan next; downlink_.poll_held(next, now_); store_.release(next))
      leave(1'000, Downlink::Kind::kVideo);
  }
  EXPECT_NEAR(static_cast<double>(sent) * 8, 750'000, 20'000) << "bits in a second";
}

TEST_F(DownlinkTest, NothingButSoundLeavesWhileThePathIsAllButClosed) {
  std::vector<std::pair<uint16_t, Timestamp>> under_way;
  const auto send = [&](Downlink::Kind kind) {
    under_way.emplace_back(downlink_.take_sequence(), now_);
    downlink_.on_sent(under_way.back().first, DataSize::bytes(200), kind, now_);
  };
  const auto tell = [&](TimeDelta wait, size_t count) {
    std::vector<congestion::PacketResult> results;
    while (results.size() < count && !under_way.empty() &&
           under_way.front().second + wait <= now_) {
      results.push_back({under_way.front().first, under_way.front().second + wait});
      under_way.erase(under_way.begin());
    }
    downlink_.on_feedback(results, now_);
  };
  const auto pass = [&](int64_t ms, TimeDelta wait, size_t count) {
    for (int64_t i = 5; i <= ms; i += 5) {
      now_ = now_ + TimeDelta::millis(5);
      send(Downlink::Kind::kVideo);
      if (i % 60 == 0) tell(wait, count);
    }
  };
  pass(1'200, TimeDelta::millis(30), 100);
  auto picture = plan(kLarge);
  EXPECT_EQ(downlink_.admit(picture, now_), Downlink::Passage::kNow);
  pass(180, TimeDelta::millis(120), 1);
  EXPECT_EQ(downlink_.admit(picture, now_), Downlink::Passage::kHeld);
  sfu::ForwardPlan next;
  EXPECT_FALSE(downlink_.poll_held(next, now_));
  EXPECT_GT(downlink_.next_departure(now_), now_);
  EXPECT_EQ(downlink_.admit({.ssrc = 1, .video = false}, now_), Downlink::Passage::kNow);
  tell(TimeDelta::millis(30), 100);
  now_ = now_ + TimeDelta::millis(10);
  hold(kLarge, 50);
  DataSize left;
  while (downlink_.poll_held(next, now_)) {
    const auto size = DataSize::bytes(static_cast<int64_t>(next.payload.size()));
    downlink_.on_sent(downlink_.take_sequence(), size, Downlink::Kind::kVideo, now_);
    left += size;
    store_.release(next);
  }
  EXPECT_GT(left, DataSize()) << "what was stuck has arrived";
  const DataRate rate = congestion::scale(downlink_.estimator().target(), Downlink::kFactor);
  EXPECT_LE(left, rate * congestion::Pacer::kQuantum + DataSize::bytes(1'000))
      << "the time until then isn't made up for";
}

TEST_F(DownlinkTest, ASlotThatGoesTakesItsLineWithIt) {
  hold(kLarge, 3);
  hold(kSmall, 1);
  slots_.erase(slots_.begin());
  downlink_.configure(slots_);
  EXPECT_EQ(drain(), (std::vector<uint32_t>{kSmall}));
  EXPECT_EQ(store_.free_places(), 256u);
}

TEST_F(DownlinkTest, RepairsGoTwiceOverAPathThatLosesMuchAndCarriesThem) {
  EXPECT_FALSE(downlink_.wants_redundant_repairs(0.04));
  EXPECT_TRUE(downlink_.wants_redundant_repairs(0.08));
  EXPECT_TRUE(downlink_.wants_redundant_repairs(0.04)) << "until it is clearly better";
  EXPECT_FALSE(downlink_.wants_redundant_repairs(0.02));
  EXPECT_FALSE(downlink_.wants_redundant_repairs(0.04));
  downlink_.on_remb(DataRate::kbps(300), now_);
  EXPECT_FALSE(downlink_.wants_redundant_repairs(0.08)) << "likely our own doing";
}

TEST_F(DownlinkTest, WhatFeedbackMissesIsRepairedWithoutBeingAskedForOverSuchAPath) {
  using Missing = std::vector<std::pair<uint32_t, uint16_t>>;
  const auto send = [&](uint32_t ssrc, uint16_t sequence, std::optional<uint16_t> original) {
    const uint16_t number = downlink_.take_sequence();
    downlink_.watch(number, {.ssrc = ssrc, .sequence = sequence, .original_sequence = original});
    return number;
  };
  const auto missing = [&](std::initializer_list<congestion::PacketResult> results) {
    Missing out;
    downlink_.judge_missing(
        {results.begin(), results.size()},
        [&](uint32_t ssrc, uint16_t sequence) { out.emplace_back(ssrc, sequence); });
    return out;
  };
  const uint16_t before = send(kLarge, 100, std::nullopt);
  EXPECT_EQ(missing({{before, std::nullopt}}), Missing()) << "asking is enough on a good path";
  ASSERT_TRUE(downlink_.wants_redundant_repairs(0.08));
  const uint16_t lost = send(kLarge, 101, std::nullopt);
  const uint16_t arrived = send(kSmall, 7, std::nullopt);
  const uint16_t repair = send(kLarge + 1, 55, uint16_t{99});
  EXPECT_EQ(missing({{lost, std::nullopt}, {arrived, now_}, {repair, std::nullopt}}),
            (Missing{{kLarge, 101}, {kLarge, 99}}));
  EXPECT_EQ(missing({{lost, std::nullopt}}), Missing()) << "once for each that was sent";
}

}  // namespace
}  // namespace parley::shard
