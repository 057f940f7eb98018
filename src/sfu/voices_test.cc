// Whose sound goes to a listener, and what its slots' streams look like meanwhile.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sfu/router.h"

namespace parley::sfu {
namespace {

constexpr TimeDelta kFrame = TimeDelta::millis(20);
constexpr uint32_t kTicksOfFrame = 960;
constexpr PeerId kListener{100};
constexpr uint32_t kFirstSsrc = 500;

class VoicesTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kSpeakers = 6;
  struct Setup {
    size_t buffers = 1024;
    uint32_t slots = kSpeakers;
    std::optional<ShardIndex> home = std::nullopt;  // of the speakers, another shard
  };
  explicit VoicesTest(const Setup& setup) : pool_(setup.buffers), home_(setup.home) {
    for (uint32_t i = 0; i < kSpeakers; ++i) {
      media::TrackDescription microphone{
          .id = TrackId{i + 1}, .kind = rtp::MediaKind::kAudio, .group = i + 1};
      microphone.codecs = {{.codec = rtp::Codec::kOpus, .payload_type = 111}};
      media::PeerDescription speaker;
      speaker.tracks = {microphone};
      if (home_) {
        router_.set_remote_tracks(PeerId{i + 1}, *home_, speaker.tracks, now_);
        continue;
      }
      router_.set_peer(PeerId{i + 1}, i, speaker, now_);
      router_.find_track(TrackId{i + 1})->encodings()[0].ssrc = i + 1;
    }
    media::PeerDescription listener;
    for (uint32_t i = 0; i < setup.slots; ++i) {
      media::SlotDescription slot{.id = SlotId{i + 1}, .kind = rtp::MediaKind::kAudio};
      slot.ssrc = {.ssrc = kFirstSsrc + i, .rtx_ssrc = 0};
      slot.codecs = {{.codec = rtp::Codec::kOpus, .payload_type = 111}};
      listener.slots.push_back(slot);
    }
    router_.set_peer(kListener, kSpeakers, listener, now_);
  }

  // The next frame of everybody, as loud as `levels` says (RFC 6464; kNothing: none comes), and a
  // tick.
  void say(const std::vector<uint8_t>& levels) {
    for (uint32_t i = 0; i < kSpeakers; ++i) {
      if (levels[i] == kNothing) continue;
      std::vector<uint8_t> payload(40, static_cast<uint8_t>(frame_));
      payload[1] = static_cast<uint8_t>(i);
      MediaPacket packet;
      packet.sequence = static_cast<uint16_t>(frame_);
      packet.rtp_time = frame_ * kTicksOfFrame;
      packet.payload_type = 111;
      packet.payload = payload;
      packet.audio_level = levels[i];
      if (home_) {
        router_.handle_relay({.track = TrackId{i + 1}, .packet = packet}, now_);
      } else {
        router_.handle_media(*router_.find_track(TrackId{i + 1}), 0, packet, now_);
      }
      listen();
    }
    ++frame_;
    now_ = now_ + kFrame;
    router_.handle_tick(now_);
    listen();
  }

  // A minute in which everybody's loudness changes all the time.
  void hold_whatever_is_said() {
    SeededRandom random(2);
    std::vector<uint8_t> levels(kSpeakers, 60);
    for (int frame = 0; frame < 3'000; ++frame) {
      for (uint8_t& level : levels) {
        if (random.below(2) == 0) level = static_cast<uint8_t>(random.below(128));
      }
      say(levels);
    }
    EXPECT_GT(received_, 9'000u);
    EXPECT_EQ(missing_, 0u);
    EXPECT_EQ(repeated_, 0u);
  }

  // So many frames of everybody; the number of the first.
  uint32_t say(int frames, const std::vector<uint8_t>& levels) {
    const uint32_t first = frame_;
    for (int i = 0; i < frames; ++i) say(levels);
    return first;
  }
  // The first speaker isn't forwarded for a second.
  void first_is_too_quiet() {
    say(50, {90, 60, 60, 60, 60, 60});
    ASSERT_TRUE(heard_[0].empty());
  }
  // The first speaks up, and is heard for a second with nothing before it and nothing missing.
  void first_is_heard_from_now_on() {
    const uint32_t first = say(50, {20, 60, 60, 60, 60, 60});
    ASSERT_EQ(heard_[0].size(), 50u);
    EXPECT_EQ(heard_[0].front(), first);
    EXPECT_EQ(missing_, 0u);
  }

  static constexpr uint8_t kNothing = 255;
  uint64_t received_ = 0;
  uint64_t missing_ = 0;   // of the listener's numbers
  uint64_t repeated_ = 0;  // frames of somebody that came to it before

 private:
  void listen() {
    for (const ForwardPlan& plan : router_.plans()) {
      ++received_;
      const auto known = last_.find(plan.ssrc);
      if (known != last_.end())
        missing_ += static_cast<uint16_t>(plan.sequence - known->second - 1);
      last_[plan.ssrc] = plan.sequence;
      // Of the last 200 ms, so eight bits tell which it was.
      const uint32_t frame = frame_ - static_cast<uint8_t>(frame_ - plan.payload[0]);
      const uint8_t speaker = plan.payload[1];
      auto& heard = heard_[speaker];
      if (!heard.empty() && frame <= heard.back()) ++repeated_;
      heard.push_back(frame);
    }
    router_.clear_plans();
  }

  SeededRandom random_{1};
  PacketPool pool_;
  std::optional<ShardIndex> home_;

 protected:
  Router router_{RouterId{1}, pool_, random_};
  Timestamp now_ = Timestamp::seconds(100);

 private:
  uint32_t frame_ = 1;
  std::map<uint32_t, uint16_t> last_;               // by SSRC
  std::map<uint8_t, std::vector<uint32_t>> heard_;  // frames by speaker
};

class VoicesWithSlotsForAllTest : public VoicesTest {
 protected:
  VoicesWithSlotsForAllTest() : VoicesTest({}) {}
};

class VoicesWithFewSlotsTest : public VoicesTest {
 protected:
  VoicesWithFewSlotsTest() : VoicesTest({.slots = 3}) {}
};

TEST_F(VoicesWithSlotsForAllTest,
       WhoeverIsChosenForHoweverLongNothingLooksLostAndNothingComesTwice) {
  hold_whatever_is_said();
}

TEST_F(VoicesWithFewSlotsTest, WhoeverIsChosenForHoweverLongNothingLooksLostAndNothingComesTwice) {
  hold_whatever_is_said();
}

TEST_F(VoicesWithSlotsForAllTest, WhatIsSaidWhileMutedIsNeverHeard) {
  first_is_too_quiet();
  router_.set_track_enabled(TrackId{1}, false, now_);
  say(6, {20, 60, 60, 60, 60, 60});
  router_.set_track_enabled(TrackId{1}, true, now_);
  first_is_heard_from_now_on();
}

class VoicesFromAnotherShardTest : public VoicesTest {
 protected:
  VoicesFromAnotherShardTest() : VoicesTest({.home = ShardIndex{1}}) {}
};

TEST_F(VoicesFromAnotherShardTest, WhatTheirShardDidNotSendDoesNotLookLost) {
  first_is_too_quiet();
  router_.handle_relay({.kind = RelayMessage::Kind::kSilent, .track = TrackId{1}}, now_);
  say(4, {kNothing, 60, 60, 60, 60, 60});
  first_is_heard_from_now_on();
}

class VoicesWithoutRoomTest : public VoicesTest {
 protected:
  VoicesWithoutRoomTest() : VoicesTest({.buffers = 4}) {}
};

TEST_F(VoicesWithoutRoomTest, FirstSyllablesThatCannotBeSentDoNotLookLost) {
  hold_whatever_is_said();
}

}  // namespace
}  // namespace parley::sfu
