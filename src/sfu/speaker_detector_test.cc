#include "sfu/speaker_detector.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/random.h"

namespace parley::sfu {
namespace {

// The level of a source in each frame, in -dBov; -1: no packet.
using Sound = std::function<int(SeededRandom&)>;

Sound constant(int level) {
  return [=](SeededRandom&) { return level; };
}
Sound silence() {
  return constant(127);
}
Sound room_noise() {
  return [](SeededRandom& r) { return 68 + static_cast<int>(r.below(8)); };
}

// Syllables of 100 to 260 ms with gaps of up to 60 ms.
Sound speech(int loudest = 22) {
  struct State {
    uint64_t loud = 0, quiet = 0;
  };
  auto state = std::make_shared<State>();
  return [=](SeededRandom& r) {
    if (state->loud == 0 && state->quiet == 0) {
      state->loud = 5 + r.below(9);
      state->quiet = r.below(4);
    }
    if (state->loud > 0) {
      --state->loud;
      return loudest + static_cast<int>(r.below(14));
    }
    --state->quiet;
    return 60 + static_cast<int>(r.below(10));
  };
}

// 7 to 10 strokes a second of 20 to 40 ms each, loud.
Sound keyboard() {
  auto wait = std::make_shared<uint64_t>(0);
  auto stroke = std::make_shared<uint64_t>(0);
  return [=](SeededRandom& r) {
    if (*wait == 0) {
      *wait = 5 + r.below(3);
      *stroke = 1 + r.below(2);
    }
    --*wait;
    if (*stroke == 0) return 70;
    --*stroke;
    return 18 + static_cast<int>(r.below(8));
  };
}

class Room {
 public:
  explicit Room(size_t sources, uint64_t seed = 1) : random_(seed), sounds_(sources, silence()) {
    for (size_t i = 0; i < sources; ++i)
      EXPECT_EQ(detector_.add(TrackId{static_cast<uint32_t>(i + 1)}), i);
  }

  void set(size_t source, Sound sound) { sounds_[source] = std::move(sound); }
  void run(TimeDelta span) {
    run_until(span, [](const SpeakerDetector&) { return false; });
  }
  // How long it took until `done`, or `span`.
  TimeDelta run_until(TimeDelta span, const std::function<bool(const SpeakerDetector&)>& done) {
    const Timestamp start = now_;
    while (now_ - start < span) {
      for (size_t i = 0; i < sounds_.size(); ++i) {
        const int level = sounds_[i](random_);
        if (level >= 0)
          detector_.handle_level(static_cast<uint16_t>(i), static_cast<uint8_t>(level), now_);
      }
      const TrackId before = detector_.dominant();
      detector_.handle_tick(now_);
      switches_ += detector_.dominant() != before;
      now_ = now_ + SpeakerDetector::kFrame;
      if (done(detector_)) break;
    }
    return now_ - start;
  }
  TimeDelta until_dominant(size_t source, TimeDelta at_most) {
    return run_until(at_most, [&](const SpeakerDetector& d) {
      return d.dominant().value == static_cast<uint32_t>(source + 1);
    });
  }
  // 1-based like track ids; 0: nobody.
  uint32_t dominant() const { return detector_.dominant().value; }
  int switches() const { return switches_; }
  size_t forwarded() const {
    size_t count = 0;
    for (size_t i = 0; i < sounds_.size(); ++i)
      count += detector_.is_forwarded(static_cast<uint16_t>(i));
    return count;
  }
  SpeakerDetector& detector() { return detector_; }
  Timestamp now() const { return now_; }

 private:
  SpeakerDetector detector_;
  SeededRandom random_;
  std::vector<Sound> sounds_;
  Timestamp now_ = Timestamp::seconds(500);
  int switches_ = 0;
};

TEST(SpeakerDetectorTest, WhoTalksIsDominantWithinASecond) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Room room(3, seed);
    room.run(TimeDelta::seconds(2));
    EXPECT_EQ(room.dominant(), 0u);
    room.set(1, speech());
    EXPECT_LE(room.until_dominant(1, TimeDelta::seconds(5)), TimeDelta::millis(1000)) << seed;
  }
}

TEST(SpeakerDetectorTest, AnotherTakesOverWithinAboutASecondOfSpeech) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Room room(3, seed);
    room.set(0, speech());
    room.run(TimeDelta::seconds(4));
    ASSERT_EQ(room.dominant(), 1u) << seed;
    room.set(0, room_noise());
    room.set(1, speech());
    EXPECT_LE(room.until_dominant(1, TimeDelta::seconds(5)), TimeDelta::millis(1200)) << seed;
    EXPECT_EQ(room.switches(), 2) << seed;
  }
}

TEST(SpeakerDetectorTest, ACoughDoesNotWin) {
  for (const int ms : {100, 300, 500}) {
    Room room(3);
    room.set(0, speech());
    room.run(TimeDelta::seconds(4));
    room.set(0, room_noise());
    room.run(TimeDelta::seconds(3));
    for (int i = 0; i < 5; ++i) {
      room.set(1, constant(15));
      room.run(TimeDelta::millis(ms));
      room.set(1, room_noise());
      room.run(TimeDelta::seconds(2));
    }
    EXPECT_EQ(room.dominant(), 1u) << ms;
    EXPECT_EQ(room.switches(), 1) << ms;
  }
}

TEST(SpeakerDetectorTest, AKeyboardDoesNotWin) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Room room(2, seed);
    room.set(1, keyboard());
    room.run(TimeDelta::seconds(20));
    EXPECT_EQ(room.dominant(), 0u) << seed;
    room.set(0, speech(35));
    EXPECT_LE(room.until_dominant(0, TimeDelta::seconds(5)), TimeDelta::millis(1000)) << seed;
    room.run(TimeDelta::seconds(20));
    EXPECT_EQ(room.switches(), 1) << seed;
  }
}

TEST(SpeakerDetectorTest, SteadyNoiseDoesNotWin) {
  Room room(2);
  room.set(0, [](SeededRandom& r) { return 47 + static_cast<int>(r.below(4)); });
  room.run(TimeDelta::seconds(60));
  room.set(1, speech(30));
  EXPECT_LE(room.until_dominant(1, TimeDelta::seconds(5)), TimeDelta::millis(1500));
}

TEST(SpeakerDetectorTest, WhereTwoTalkAtOnceTheFirstStays) {
  int switches = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Room room(2, seed);
    room.set(0, speech());
    room.run(TimeDelta::seconds(3));
    room.set(1, speech(12));  // louder
    room.run(TimeDelta::seconds(10));
    EXPECT_EQ(room.dominant(), 1u) << seed;
    switches += room.switches();
  }
  EXPECT_EQ(switches, 50);
}

TEST(SpeakerDetectorTest, SilenceKeepsTheLastSpeaker) {
  Room room(3);
  room.set(2, speech());
  room.run(TimeDelta::seconds(3));
  room.set(2, silence());
  room.run(TimeDelta::seconds(120));
  EXPECT_EQ(room.dominant(), 3u);
}

TEST(SpeakerDetectorTest, MissingPacketsCountAsSilence) {
  Room room(2);
  room.set(0, constant(20));
  room.run(TimeDelta::seconds(2));
  EXPECT_EQ(room.dominant(), 1u);
  room.set(0, constant(-1));  // DTX
  room.set(1, speech());
  EXPECT_LE(room.until_dominant(1, TimeDelta::seconds(5)), TimeDelta::millis(1200));
  EXPECT_FALSE(room.detector().is_forwarded(0) && room.detector().order()[0] == 0);
}

TEST(SpeakerDetectorTest, APacketNowAndThenIsNotSpeech) {
  Room room(1);
  int frame = 0;
  room.set(0, [&](SeededRandom&) { return frame++ % 10 < 2 ? 20 : -1; });
  room.run(TimeDelta::seconds(10));
  EXPECT_EQ(room.dominant(), 0u);
}

TEST(SpeakerDetectorTest, AFloodOfLevelsIsNotMoreSpeech) {
  Room room(2);
  room.run(TimeDelta::seconds(1));
  for (int i = 0; i < 1000; ++i) room.detector().handle_level(0, 0, room.now());
  room.detector().handle_tick(room.now() + SpeakerDetector::kDecisionInterval);
  EXPECT_EQ(room.dominant(), 0u);
}

TEST(SpeakerDetectorTest, LateBatchesOfPacketsAreStillSpeech) {
  Room room(1);
  int frame = 0;
  room.set(0, [&](SeededRandom&) { return frame++ % 3 == 2 ? 20 : -1; });
  const Timestamp end = room.now() + TimeDelta::seconds(2);
  while (room.now() < end) {  // three packets each 60 ms
    room.run(SpeakerDetector::kFrame);
    if (frame % 3 == 0) {
      room.detector().handle_level(0, 20, room.now());
      room.detector().handle_level(0, 20, room.now());
    }
  }
  EXPECT_EQ(room.dominant(), 1u);
}

TEST(SpeakerDetectorTest, OrderIsByLastDominance) {
  Room room(4);
  for (const size_t s : {2u, 0u, 3u, 0u}) {
    room.set(s, speech());
    room.run(TimeDelta::seconds(3));
    ASSERT_EQ(room.dominant(), s + 1);
    room.set(s, silence());
    room.run(TimeDelta::seconds(1));
  }
  const auto order = room.detector().order();
  EXPECT_EQ(std::vector<uint16_t>(order.begin(), order.end()), (std::vector<uint16_t>{0, 3, 2, 1}));
}

TEST(SpeakerDetectorTest, WhoLeavesOrIsMutedIsNotDominant) {
  Room room(3);
  room.set(1, speech());
  room.run(TimeDelta::seconds(2));
  ASSERT_EQ(room.dominant(), 2u);
  room.detector().set_enabled(1, false);
  EXPECT_EQ(room.dominant(), 0u);
  room.run(TimeDelta::seconds(2));
  EXPECT_EQ(room.dominant(), 0u);
  EXPECT_FALSE(room.detector().is_forwarded(1));
  room.detector().set_enabled(1, true);
  room.run(TimeDelta::seconds(2));
  EXPECT_EQ(room.dominant(), 2u);
  room.set(1, constant(-1));
  room.detector().set_enabled(1, false);
  room.detector().remove(1);
  EXPECT_EQ(room.dominant(), 0u);
  EXPECT_EQ(room.detector().order().size(), 2u);
  EXPECT_EQ(room.detector().add(TrackId{9}), 1);
}

TEST(SpeakerDetectorTest, TheThreeLoudestAreForwardedHoweverQuiet) {
  Room room(3);
  room.run(TimeDelta::seconds(1));
  EXPECT_EQ(room.forwarded(), 3u);
  Room larger(10);
  for (size_t i = 0; i < 10; ++i) larger.set(i, constant(90 - static_cast<int>(i)));
  larger.run(TimeDelta::seconds(5));
  EXPECT_EQ(larger.forwarded(), kLoudest);
}

TEST(SpeakerDetectorTest, WhoBeginsIsForwardedWithTheFirstLoudPacket) {
  Room room(6);
  for (size_t i = 0; i < 4; ++i) room.set(i, speech(10));
  room.run(TimeDelta::seconds(5));
  ASSERT_FALSE(room.detector().is_forwarded(5));
  EXPECT_FALSE(room.detector().handle_level(5, 80, room.now()));
  EXPECT_TRUE(room.detector().handle_level(5, 40, room.now()));
  room.run(TimeDelta::millis(500));
  EXPECT_TRUE(room.detector().is_forwarded(5));
  room.run(TimeDelta::seconds(3));
  EXPECT_FALSE(room.detector().is_forwarded(5));
}

TEST(SpeakerDetectorTest, TakesAThousandAndNoMore) {
  SpeakerDetector detector;
  for (uint32_t i = 1; i <= SpeakerDetector::kMaxSources; ++i)
    ASSERT_TRUE(detector.add(TrackId{i}));
  EXPECT_FALSE(detector.add(TrackId{5000}));
  detector.remove(500);
  EXPECT_EQ(detector.add(TrackId{5000}), 500);
  EXPECT_EQ(detector.track(500), TrackId{5000});
}

}  // namespace
}  // namespace parley::sfu
