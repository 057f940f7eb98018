#include "sfu/recent_audio.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/random.h"

namespace parley::sfu {
namespace {

const Timestamp kStart = Timestamp::seconds(7);

bool insert(RecentAudio& ring, int64_t sequence, int64_t at_ms, std::vector<uint8_t> payload) {
  return ring.insert({.sequence = sequence,
                      .rtp_time = sequence * 960,
                      .arrival = kStart + TimeDelta::millis(at_ms),
                      .level = static_cast<uint8_t>(sequence % 128),
                      .marker = sequence % 10 == 0,
                      .payload = payload});
}

TEST(RecentAudioTest, GivesBackWhatItTookOldestFirst) {
  RecentAudio ring;
  EXPECT_TRUE(insert(ring, 10, 0, {1, 2, 3}));
  EXPECT_TRUE(insert(ring, 12, 20, {7}));
  EXPECT_TRUE(insert(ring, 11, 25, {4, 5}));  // late
  ASSERT_EQ(ring.size(), 3u);
  EXPECT_EQ(ring[0].sequence, 10);
  EXPECT_EQ(ring[0].rtp_time, 9600);
  EXPECT_TRUE(ring[0].marker);
  EXPECT_EQ(ring[1].level, 11);
  EXPECT_FALSE(ring[1].marker);
  EXPECT_EQ(std::vector<uint8_t>(ring[1].payload.begin(), ring[1].payload.end()),
            (std::vector<uint8_t>{4, 5}));
  EXPECT_EQ(ring[2].payload[0], 7);
}

TEST(RecentAudioTest, KeepsTwoHundredMilliseconds) {
  RecentAudio ring;
  for (int64_t i = 0; i < 100; ++i) insert(ring, i, i * 20, {1});
  EXPECT_EQ(ring.size(), 11u);
  EXPECT_EQ(ring[0].sequence, 89);
}

TEST(RecentAudioTest, StartsFromAGivenTime) {
  RecentAudio ring;
  EXPECT_EQ(ring.first_since(kStart), 0u);
  for (int64_t i = 0; i < 6; ++i) insert(ring, i, i * 20, {1});
  EXPECT_EQ(ring.first_since(kStart + TimeDelta::millis(60)), 3u);
  EXPECT_EQ(ring.first_since(kStart + TimeDelta::millis(61)), 4u);
  EXPECT_EQ(ring.first_since(kStart + TimeDelta::seconds(1)), 6u);
}

TEST(RecentAudioTest, RefusesDoublesEmptyAndTooLargePackets) {
  RecentAudio ring;
  EXPECT_TRUE(insert(ring, 1, 0, {1}));
  EXPECT_FALSE(insert(ring, 1, 0, {2}));
  EXPECT_FALSE(insert(ring, 2, 0, {}));
  EXPECT_FALSE(insert(ring, 3, 0, std::vector<uint8_t>(RecentAudio::kBytes + 1)));
  EXPECT_EQ(ring.size(), 1u);
  ring.clear();
  EXPECT_EQ(ring.size(), 0u);
  EXPECT_TRUE(insert(ring, 1, 0, std::vector<uint8_t>(RecentAudio::kBytes)));
}

// Against a map: whatever order, sizes and times.
TEST(RecentAudioTest, NeverMixesUpPayloads) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    SeededRandom random(seed);
    RecentAudio ring;
    std::map<int64_t, std::vector<uint8_t>> sent;
    int64_t at_ms = 0;
    for (int64_t i = 0; i < 300; ++i) {
      at_ms += static_cast<int64_t>(random.below(30));
      const int64_t sequence = i + static_cast<int64_t>(random.below(5));
      std::vector<uint8_t> payload(1 + random.below(1300));
      random.fill(payload);
      if (insert(ring, sequence, at_ms, payload)) sent[sequence] = payload;
      size_t bytes = 0;
      for (size_t k = 0; k < ring.size(); ++k) {
        const auto packet = ring[k];
        bytes += packet.payload.size();
        ASSERT_TRUE(k == 0 || ring[k - 1].sequence < packet.sequence);
        ASSERT_EQ(std::vector<uint8_t>(packet.payload.begin(), packet.payload.end()),
                  sent.at(packet.sequence));
      }
      ASSERT_LE(bytes, RecentAudio::kBytes);
    }
  }
}

}  // namespace
}  // namespace parley::sfu
