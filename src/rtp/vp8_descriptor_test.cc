#include "rtp/vp8_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using testing::ElementsAre;

// Start of a 640x360 key frame as Chrome sends it: 15-bit PictureID 0x1234, TL0PICIDX 0x56, TID 0
// with Y.
constexpr uint8_t kKeyFrame[] = {0x90, 0xe0, 0x92, 0x34, 0x56, 0x20, 0x50, 0x42,
                                 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01};

TEST(Vp8DescriptorTest, ReadsEveryField) {
  const uint8_t bytes[] = {0xa2, 0xf0, 0x92, 0x34, 0x56, 0xbf};
  const auto d = parse_vp8_descriptor(bytes);
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->non_reference);
  EXPECT_FALSE(d->start_of_partition);
  EXPECT_EQ(d->partition_index, 2);
  EXPECT_EQ(d->picture_id, 0x1234);
  EXPECT_TRUE(d->long_picture_id);
  EXPECT_EQ(d->tl0_pic_idx, 0x56);
  EXPECT_EQ(d->temporal_id, 2);
  EXPECT_TRUE(d->layer_sync);
  EXPECT_EQ(d->key_index, 31);
  EXPECT_EQ(d->size, 6);
  EXPECT_EQ(d->places.picture_id, 2);
  EXPECT_EQ(d->places.tl0_pic_idx, 4);
}

TEST(Vp8DescriptorTest, TakesOneByteWithoutExtension) {
  const auto d = parse_vp8_descriptor(std::vector<uint8_t>{0x10, 0x01});
  ASSERT_TRUE(d);
  EXPECT_EQ(d->size, 1);
  EXPECT_TRUE(d->starts_frame());
  EXPECT_EQ(d->picture_id, std::nullopt);
  EXPECT_EQ(d->temporal_id, std::nullopt);
}

TEST(Vp8DescriptorTest, ReadsTheShortPictureId) {
  const auto d = parse_vp8_descriptor(std::vector<uint8_t>{0x90, 0x80, 0x7f});
  ASSERT_TRUE(d);
  EXPECT_EQ(d->picture_id, 0x7f);
  EXPECT_FALSE(d->long_picture_id);
  EXPECT_EQ(d->size, 3);
}

TEST(Vp8DescriptorTest, RefusesEveryTruncation) {
  for (size_t n = 0; n < 6; ++n) {
    EXPECT_FALSE(parse_vp8_descriptor(Bytes(kKeyFrame).first(n))) << n;
  }
  EXPECT_TRUE(parse_vp8_descriptor(Bytes(kKeyFrame).first(6)));
}

TEST(Vp8FrameHeaderTest, FindsKeyFrameAndSize) {
  const auto d = parse_vp8_descriptor(kKeyFrame);
  ASSERT_TRUE(d);
  const auto header = parse_vp8_frame_header(kKeyFrame, *d);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->key_frame);
  EXPECT_EQ(header->width, 640);
  EXPECT_EQ(header->height, 360);
  EXPECT_TRUE(is_vp8_key_frame(kKeyFrame));
}

TEST(Vp8FrameHeaderTest, IgnoresTheScalingBits) {
  std::vector<uint8_t> bytes(std::begin(kKeyFrame), std::end(kKeyFrame));
  bytes[13] |= 0xc0;
  bytes[15] |= 0x40;
  const auto header = parse_vp8_frame_header(bytes, *parse_vp8_descriptor(bytes));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 640);
  EXPECT_EQ(header->height, 360);
}

TEST(Vp8FrameHeaderTest, NeedsTheWholeKeyFrameHeader) {
  for (size_t n = 0; n < sizeof kKeyFrame; ++n) {
    EXPECT_FALSE(is_vp8_key_frame(Bytes(kKeyFrame).first(n))) << n;
  }
  std::vector<uint8_t> bad(std::begin(kKeyFrame), std::end(kKeyFrame));
  bad[10] = 0;
  EXPECT_FALSE(is_vp8_key_frame(bad));
}

TEST(Vp8FrameHeaderTest, OnlyTheFirstPacketOfAFrameHasOne) {
  std::vector<uint8_t> bytes(std::begin(kKeyFrame), std::end(kKeyFrame));
  bytes[0] = 0x80;  // S = 0
  EXPECT_FALSE(is_vp8_key_frame(bytes));
  bytes[0] = 0x91;  // PID = 1
  EXPECT_FALSE(is_vp8_key_frame(bytes));
  const std::vector<uint8_t> delta{0x10, 0x51, 0x00, 0x00};
  const auto header = parse_vp8_frame_header(delta, *parse_vp8_descriptor(delta));
  ASSERT_TRUE(header);
  EXPECT_FALSE(header->key_frame);
}

TEST(Vp8PatchTest, ChangesCountersInPlace) {
  std::vector<uint8_t> bytes(std::begin(kKeyFrame), std::end(kKeyFrame));
  const auto d = parse_vp8_descriptor(bytes);
  ASSERT_TRUE(d);
  EXPECT_TRUE(set_picture_id(bytes, d->places, 0x8001));
  EXPECT_TRUE(set_tl0_pic_idx(bytes, d->places, 0xff));
  EXPECT_THAT(Bytes(bytes).first(6), ElementsAre(0x90, 0xe0, 0x80, 0x01, 0xff, 0x20));
}

TEST(Vp8PatchTest, ChangesTheKeyIndexBesideTheLayer) {
  std::vector<uint8_t> bytes{0x90, 0x30, 0xa3, 0x33};
  const auto d = parse_vp8_descriptor(bytes);
  ASSERT_TRUE(d);
  EXPECT_TRUE(set_key_index(bytes, d->places, 0x1e));
  EXPECT_THAT(bytes, ElementsAre(0x90, 0x30, 0xbe, 0x33));
}

TEST(Vp8PatchTest, KeepsTheShortFormShort) {
  std::vector<uint8_t> bytes{0x90, 0x80, 0x01, 0x33};
  EXPECT_TRUE(set_picture_id(bytes, parse_vp8_descriptor(bytes)->places, 0x0182));
  EXPECT_THAT(bytes, ElementsAre(0x90, 0x80, 0x02, 0x33));
}

TEST(Vp8PatchTest, SaysWhenThereIsNoSuchField) {
  std::vector<uint8_t> bytes{0x10, 0x33};
  const auto d = parse_vp8_descriptor(bytes);
  EXPECT_FALSE(set_picture_id(bytes, d->places, 1));
  EXPECT_FALSE(set_tl0_pic_idx(bytes, d->places, 1));
  EXPECT_THAT(bytes, ElementsAre(0x10, 0x33));
}

TEST(Vp8WriteTest, IsReadBackAsWritten) {
  SeededRandom random(4);
  const auto chance = [&] { return random.below(2) == 1; };
  for (int i = 0; i < 2000; ++i) {
    Vp8Descriptor d{.non_reference = chance(),
                    .start_of_partition = chance(),
                    .partition_index = static_cast<uint8_t>(random.below(8))};
    if (chance()) {
      d.long_picture_id = chance();
      d.picture_id = static_cast<uint16_t>(random.below(d.long_picture_id ? 0x8000 : 0x80));
    }
    if (chance()) d.tl0_pic_idx = static_cast<uint8_t>(random.below(256));
    if (chance()) {
      d.temporal_id = static_cast<uint8_t>(random.below(4));
      d.layer_sync = chance();
    }
    if (chance()) d.key_index = static_cast<uint8_t>(random.below(32));
    std::array<uint8_t, kMaxVp8DescriptorSize> out{};
    const size_t size = write_vp8_descriptor(out, d);
    ASSERT_GT(size, 0u);
    EXPECT_EQ(write_vp8_descriptor(MutableBytes(out).first(size - 1), d), 0u);
    auto parsed = parse_vp8_descriptor(Bytes(out).first(size));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->size, size);
    parsed->size = 0;
    parsed->places = {};
    EXPECT_EQ(*parsed, d);
  }
}

}  // namespace
}  // namespace parley::rtp
