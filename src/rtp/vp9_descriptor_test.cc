#include "rtp/vp9_descriptor.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using Payload = std::vector<uint8_t>;

// RFC 9628 §4.2: I, L, B, V in non-flexible mode; 15-bit id 0x1234; TID 0, U, SID 0; TL0PICIDX 9; a
// structure of three layers with resolutions and a group of two pictures.
const Payload kKey = {0xaa, 0x92, 0x34, 0x10, 0x09, 0x58, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80,
                      0x01, 0x68, 0x05, 0x00, 0x02, 0xd0, 0x02, 0x04, 0x04, 0x54, 0x01, 0xff};

TEST(Vp9DescriptorTest, ReadsAKeyPictureWithItsStructure) {
  const auto d = parse_vp9_descriptor(kKey);
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->starts_key_picture());
  EXPECT_TRUE(d->switch_up);
  EXPECT_EQ(d->picture_id, 0x1234);
  EXPECT_EQ(d->tl0_pic_idx, 9);
  ASSERT_TRUE(d->structure);
  EXPECT_EQ(d->structure->spatial_layers, 3);
  EXPECT_EQ(d->structure->resolutions[2], (Vp9Structure::Resolution{1280, 720}));
  EXPECT_EQ(d->structure->group_size, 2);
  EXPECT_EQ(d->size, kKey.size() - 1);
}

TEST(Vp9DescriptorTest, ReadsLayersAndReferencesInFlexibleMode) {
  // P, L, F, E, Z; TID 2, SID 1, D; P_DIFF 1 and 4.
  const auto d = parse_vp9_descriptor(Payload{0x75, 0x43, 0x03, 0x08});
  ASSERT_TRUE(d);
  EXPECT_TRUE(d->inter_picture && d->flexible && d->ends_frame && d->not_for_upper);
  EXPECT_TRUE(d->inter_layer);
  EXPECT_FALSE(d->switch_up);
  EXPECT_EQ(d->temporal_id, 2);
  EXPECT_EQ(d->spatial_id, 1);
  EXPECT_EQ(d->tl0_pic_idx, std::nullopt);
  ASSERT_EQ(d->p_diffs.size(), 2u);
  EXPECT_EQ(d->p_diffs[1], 4);
}

TEST(Vp9DescriptorTest, RefusesTruncationAndForbiddenReferences) {
  for (size_t n = 0; n + 1 < kKey.size(); ++n)
    EXPECT_FALSE(parse_vp9_descriptor(Bytes(kKey).first(n))) << n;
  EXPECT_FALSE(parse_vp9_descriptor(Payload{0x50, 0x03, 0x05, 0x07, 0x08})) << "four references";
  EXPECT_FALSE(parse_vp9_descriptor(Payload{0x50, 0x00})) << "a reference to itself";
}

TEST(Vp9DescriptorTest, ChangesCountersInPlace) {
  Payload bytes = kKey;
  const auto d = parse_vp9_descriptor(bytes);
  EXPECT_TRUE(set_picture_id(bytes, d->places, 0x7fff));
  EXPECT_TRUE(set_tl0_pic_idx(bytes, d->places, 0xab));
  const auto again = parse_vp9_descriptor(bytes);
  EXPECT_EQ(again->picture_id, 0x7fff);
  EXPECT_EQ(again->tl0_pic_idx, 0xab);
  Payload short_id = {0x88, 0x05};
  EXPECT_TRUE(set_picture_id(short_id, parse_vp9_descriptor(short_id)->places, 0x181));
  EXPECT_EQ(short_id[1], 0x01);
}

TEST(Vp9DescriptorTest, IsReadBackAsWritten) {
  SeededRandom random(9);
  const auto chance = [&] { return random.below(2) == 1; };
  for (int i = 0; i < 2000; ++i) {
    Vp9Descriptor d{.inter_picture = chance(),
                    .flexible = chance(),
                    .starts_frame = chance(),
                    .ends_frame = chance(),
                    .not_for_upper = chance(),
                    .has_layers = chance()};
    if (chance()) {
      d.long_picture_id = chance();
      d.picture_id = static_cast<uint16_t>(random.below(d.long_picture_id ? 0x8000 : 0x80));
    }
    if (d.has_layers) {
      d.temporal_id = static_cast<uint8_t>(random.below(8));
      d.spatial_id = static_cast<uint8_t>(random.below(8));
      d.switch_up = chance();
      d.inter_layer = chance();
      if (!d.flexible) d.tl0_pic_idx = static_cast<uint8_t>(random.below(256));
    }
    if (d.flexible && d.inter_picture) {
      for (uint64_t n = 1 + random.below(3); n > 0; --n)
        d.p_diffs.push_back(static_cast<uint8_t>(1 + random.below(127)));
    }
    std::array<uint8_t, 64> out{};
    const size_t size = write_vp9_descriptor(out, d);
    ASSERT_GT(size, 0u);
    EXPECT_EQ(write_vp9_descriptor(MutableBytes(out).first(size - 1), d), 0u);
    const auto parsed = parse_vp9_descriptor(Bytes(out).first(size));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->size, size);
    EXPECT_EQ(parsed->picture_id, d.picture_id);
    EXPECT_EQ(parsed->tl0_pic_idx, d.tl0_pic_idx);
    EXPECT_EQ(parsed->temporal_id, d.temporal_id);
    EXPECT_EQ(parsed->spatial_id, d.spatial_id);
    EXPECT_EQ(parsed->p_diffs.size(), d.p_diffs.size());
  }
}

}  // namespace
}  // namespace parley::rtp
