#include "load/traffic.h"

#include <gtest/gtest.h>

#include <set>

namespace parley::load {
namespace {

TrafficConfig config_of(bool even) {
  TrafficConfig config;
  config.frames_per_second = 30;
  config.packet_bytes = 1200;
  config.even = even;
  return config;
}

const Encoding kCamera{"", 1280, 720, DataRate::kbps(1500)};

// Bytes on the wire of ten minutes of pictures, with a key frame every ten seconds.
int64_t ten_minutes(PictureSizes& sizes, SeededRandom& random) {
  int64_t bytes = 0;
  for (int i = 0; i < 18'000; ++i) {
    const auto size = sizes.next(i % 300 == 0, random);
    bytes += static_cast<int64_t>(size.bytes + size.packets * kForwardedHeader);
  }
  return bytes;
}

TEST(PictureSizesTest, KeepToTheRate) {
  constexpr double kExpected = 1'500'000.0 / 8 * 600;
  for (const bool even : {false, true}) {
    SeededRandom random(3);
    PictureSizes sizes(config_of(even), kCamera);
    EXPECT_NEAR(static_cast<double>(ten_minutes(sizes, random)) / kExpected, 1, 0.01) << even;
  }
}

TEST(PictureSizesTest, EvenOnesFillEveryPacket) {
  SeededRandom random(3);
  PictureSizes sizes(config_of(true), kCamera);
  std::set<size_t> counts;
  for (int i = 0; i < 300; ++i) {
    const auto size = sizes.next(false, random);
    EXPECT_EQ(size.bytes, size.packets * (1200 - kForwardedHeader));
    counts.insert(size.packets);
  }
  EXPECT_EQ(counts, (std::set<size_t>{5, 6}));  // 5.2 packets a picture
}

TEST(PictureSizesTest, NoPacketIsLongerThanAsked) {
  SeededRandom random(3);
  PictureSizes sizes(config_of(false), kCamera);
  for (int i = 0; i < 1000; ++i) {
    const auto size = sizes.next(i % 100 == 0, random);
    EXPECT_LE((size.bytes + size.packets - 1) / size.packets, 1200 - kForwardedHeader);
    EXPECT_GT(size.packets, 0u);
  }
}

TEST(PictureSizesTest, AKeyFrameIsLargeAndIsPaidForLater) {
  SeededRandom random(3);
  PictureSizes sizes(config_of(false), kCamera);
  const auto key = sizes.next(true, random);
  EXPECT_GT(key.bytes, 6250u * 3);
  size_t after = 0;
  for (int i = 0; i < 10; ++i) after += sizes.next(false, random).bytes;
  EXPECT_LT(after, 62'500u * 9 / 10);
}

TEST(TalkSpurtsTest, SpeakTheShareOfTheTimeThatIsAsked) {
  SeededRandom random(7);
  TalkSpurts talk(0.25, random, Timestamp());
  int spoken = 0;
  int changes = 0;
  bool before = false;
  constexpr int kPackets = 500'000;
  for (int i = 0; i < kPackets; ++i) {
    const auto level = talk.level(Timestamp() + TimeDelta::millis(20) * i);
    EXPECT_EQ(level.level, level.voice ? TalkSpurts::kSpeech : TalkSpurts::kSilence);
    spoken += level.voice ? 1 : 0;
    changes += level.voice != before ? 1 : 0;
    before = level.voice;
  }
  EXPECT_NEAR(spoken, kPackets / 4, kPackets / 40);
  EXPECT_NEAR(changes, 2500, 250);  // 10,000 s of 8 s cycles
}

TEST(TalkSpurtsTest, SpeakTheirShareFromTheBeginning) {
  SeededRandom random(1);
  const Timestamp start = Timestamp() + TimeDelta::seconds(1);
  int speaking = 0;
  for (int person = 0; person < 2000; ++person) {
    TalkSpurts talk(0.1, random, start);
    if (talk.speaks(start + TimeDelta::seconds(3))) ++speaking;
  }
  EXPECT_NEAR(speaking, 200, 40);
}

TEST(TalkSpurtsTest, WhoNeverOrAlwaysSpeaksDoes) {
  SeededRandom random(7);
  TalkSpurts never(0, random, Timestamp());
  TalkSpurts always(1, random, Timestamp());
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(never.speaks(Timestamp::millis(20 * i)));
    EXPECT_TRUE(always.speaks(Timestamp::millis(20 * i)));
  }
}

TEST(EncodingsTest, TheLargestHasTheRateAskedFor) {
  EXPECT_EQ(scaled_encodings(1, DataRate::kbps(900)).front().rid, "");
  const auto all = scaled_encodings(3, DataRate::kbps(900));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].rid, "l");
  EXPECT_EQ(all[0].rate, DataRate::kbps(100));
  EXPECT_EQ(all[2].height, 720);
  EXPECT_EQ(all[2].rate, DataRate::kbps(900));
  EXPECT_EQ(scaled_encodings(2, DataRate::kbps(900)).front().rid, "m");
}

}  // namespace
}  // namespace parley::load
