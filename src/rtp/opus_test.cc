#include "rtp/opus.h"

#include <gtest/gtest.h>

#include <vector>

namespace parley::rtp {
namespace {

using Payload = std::vector<uint8_t>;

TEST(OpusTest, ReadsTheTocByte) {
  const auto toc = parse_opus_toc(Payload{0xfc});  // CELT fullband 20 ms, stereo, one frame
  ASSERT_TRUE(toc);
  EXPECT_EQ(toc->config, 31);
  EXPECT_TRUE(toc->stereo);
  EXPECT_EQ(toc->frame_count_code, 0);
  EXPECT_FALSE(parse_opus_toc({}));
}

// RFC 6716 §3.1 table 2.
TEST(OpusTest, KnowsTheDurationOfEveryMode) {
  EXPECT_EQ(opus_duration(Payload{3 << 3}), TimeDelta::millis(60));      // SILK
  EXPECT_EQ(opus_duration(Payload{13 << 3}), TimeDelta::millis(20));     // hybrid
  EXPECT_EQ(opus_duration(Payload{16 << 3}), TimeDelta::micros(2500));   // CELT
  EXPECT_EQ(opus_duration(Payload{0xfc}), TimeDelta::millis(20));        // CELT fullband
  EXPECT_EQ(opus_duration(Payload{0xfd}), TimeDelta::millis(40));        // two frames
  EXPECT_EQ(opus_duration(Payload{0xff, 0x03}), TimeDelta::millis(60));  // three, counted
}

TEST(OpusTest, RefusesImpossibleDurations) {
  EXPECT_EQ(opus_duration({}), std::nullopt);
  EXPECT_EQ(opus_duration(Payload{0xff}), std::nullopt);
  EXPECT_EQ(opus_duration(Payload{0xff, 0}), std::nullopt);
  EXPECT_EQ(opus_duration(Payload{0xff, 7}), std::nullopt);  // 140 ms
}

TEST(OpusTest, TakesOneOrTwoBytesForSilence) {
  EXPECT_FALSE(is_opus_dtx({}));
  EXPECT_TRUE(is_opus_dtx(Payload{0x78}));
  EXPECT_TRUE(is_opus_dtx(Payload{0x78, 0}));
  EXPECT_FALSE(is_opus_dtx(Payload{0x78, 0, 0}));
}

}  // namespace
}  // namespace parley::rtp
