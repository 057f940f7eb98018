#include "rtp/dependency_descriptor.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "rtp/av1.h"
#include "rtp/h264.h"

namespace parley::rtp {
namespace {

// L1T2: template 0 a key frame, 1 the base layer, 2 the upper one; one chain over the base layer.
DependencyStructure two_layers() {
  DependencyStructure s;
  s.first_template_id = 62;
  s.chain_count = 1;
  s.has_resolutions = true;
  s.resolutions[0] = {640, 360};
  s.targets.push_back({.temporal = 0});
  s.targets.push_back({.temporal = 1});
  const auto add = [&](uint8_t temporal, TargetIndications indications, uint8_t diff,
                       uint8_t chain) {
    DependencyStructure::Template t{
        .temporal = temporal, .indications = indications, .diffs = {}, .chain_diffs = {}};
    if (diff > 0) t.diffs.push_back(diff);
    t.chain_diffs.push_back(chain);
    s.templates.push_back(t);
  };
  add(0, {.present = 3, .switches = 3}, 0, 0);
  add(0, {.present = 3, .switches = 3}, 2, 2);
  add(1, {.present = 2}, 1, 1);
  return s;
}

std::vector<uint8_t> written(const DependencyDescriptor& d,
                             const DependencyStructure& structure = two_layers()) {
  std::array<uint8_t, kMaxDependencyDescriptor> out{};
  const size_t size = write_dependency_descriptor(out, d, structure);
  EXPECT_GT(size, 0u);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

const DependencyDescriptor kKey{
    .starts_frame = true, .template_id = 62, .frame_number = 65'535, .has_structure = true};

TEST(DependencyDescriptorTest, NothingIsReadBeforeTheStructure) {
  DependencyParser parser;
  EXPECT_FALSE(parser.parse(written({.template_id = 63, .frame_number = 1})));
  EXPECT_EQ(parser.structure(), nullptr);
}

TEST(DependencyDescriptorTest, TemplatesDescribeTheFramesThatNameThem) {
  DependencyParser parser;
  const auto key = parser.parse(written(kKey));
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->diffs.empty());
  EXPECT_EQ(key->active_targets, 3u);
  EXPECT_EQ(key->resolution, (DependencyStructure::Resolution{640, 360}));
  EXPECT_EQ(key->structure->targets[1].temporal, 1);
  EXPECT_EQ(key->structure->contained[1], 3u) << "the lower target is part of the upper one";
  EXPECT_EQ(key->structure->contained[0], 1u);

  // Template ids and frame numbers go round.
  const auto upper =
      parser.parse(written({.ends_frame = true, .template_id = 0, .frame_number = 0}));
  ASSERT_TRUE(upper);
  EXPECT_EQ(upper->temporal, 1);
  EXPECT_EQ(upper->indications, (TargetIndications{.present = 2}));
  ASSERT_EQ(upper->diffs.size(), 1u);
  EXPECT_EQ(upper->unwrapped_frame, key->unwrapped_frame + 1);
  EXPECT_FALSE(parser.parse(written({.template_id = 1, .frame_number = 1}))) << "no such template";
}

// Found by fuzzing: the frame was described by the second structure and came with the first one.
TEST(DependencyDescriptorTest, AFrameHasOneStructure) {
  DependencyParser parser;
  ASSERT_TRUE(parser.parse(written(kKey)));
  EXPECT_TRUE(parser.parse(written(kKey))) << "each packet of it may repeat it";
  DependencyStructure other = two_layers();
  other.targets.push_back({.temporal = 1});
  other.templates[0].indications = {.present = 7, .switches = 7};
  EXPECT_FALSE(parser.parse(written(kKey, other)));
  DependencyDescriptor next = kKey;
  next.frame_number = 0;
  const auto read = parser.parse(written(next, other));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->structure->targets.size(), 3u);
}

TEST(DependencyDescriptorTest, FramesMayDifferFromTheirTemplates) {
  DependencyParser parser;
  ASSERT_TRUE(parser.parse(written(kKey)));
  DependencyDescriptor d{.template_id = 63,
                         .frame_number = 2,
                         .custom_indications = true,
                         .custom_diffs = true,
                         .custom_chains = true,
                         .active_targets = 1,
                         .indications = {.present = 3, .switches = 1, .required = 2}};
  for (const int diff : {16, 17, 256, 257, 4096}) d.diffs.push_back(static_cast<uint16_t>(diff));
  d.chain_diffs.push_back(200);
  const auto bytes = written(d);
  const auto read = parser.parse(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->indications, d.indications);
  EXPECT_EQ(read->active_targets, 1u);
  ASSERT_EQ(read->diffs.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(read->diffs[i], d.diffs[i]);
  EXPECT_EQ(read->chain_diffs[0], 200);
  // The first three bytes stand alone: nothing beyond the template.
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_EQ(parser.parse(Bytes(bytes).first(n)).has_value(), n == 3) << n;
  }
}

TEST(DependencyDescriptorTest, LateStructureDoesntReplaceTheOneInForce) {
  DependencyParser parser;
  auto first = kKey;
  first.frame_number = 10;
  auto second = kKey;
  second.frame_number = 20;
  ASSERT_TRUE(parser.parse(written(first)));
  const auto* old = parser.structure();
  ASSERT_TRUE(parser.parse(written(second)));
  EXPECT_NE(parser.structure(), old);
  const auto late = parser.parse(written({.template_id = 63, .frame_number = 15}));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->structure, old);
  const auto repeated = parser.parse(written(first));
  ASSERT_TRUE(repeated);
  EXPECT_EQ(repeated->structure, old);
}

TEST(DependencyDescriptorTest, FrameNumberIsChangedInPlace) {
  auto bytes = written(kKey);
  EXPECT_TRUE(set_frame_number(bytes, 0x1234));
  DependencyParser parser;
  EXPECT_EQ(parser.parse(bytes)->frame_number, 0x1234);
  EXPECT_FALSE(set_frame_number(MutableBytes(bytes).first(2), 1));
}

TEST(Av1Test, AggregationHeaderIsReadBackAsWritten) {
  for (int bits = 0; bits < 256; bits += 8) {
    const uint8_t byte = static_cast<uint8_t>(bits);
    const auto header = parse_av1_aggregation_header(Bytes(&byte, 1));
    EXPECT_EQ(header.has_value(), (bits & 0x88) != 0x88);
    if (header) {
      EXPECT_EQ(write_av1_aggregation_header(*header), byte);
    }
  }
  EXPECT_FALSE(parse_av1_aggregation_header({}));
}

TEST(H264SpsTest, FindsTheSizeInEveryPacketisation) {
  // Constrained baseline, 640x360: 23 rows of macroblocks with eight lines cropped off.
  const std::vector<uint8_t> sps = {0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xbf, 0xe5, 0x40};
  const H264Resolution size{640, 360};
  EXPECT_EQ(parse_h264_payload(sps)->resolution, size);
  std::vector<uint8_t> stap = {0x78, 0x00, static_cast<uint8_t>(sps.size())};
  stap.insert(stap.end(), sps.begin(), sps.end());
  EXPECT_EQ(parse_h264_payload(stap)->resolution, size);
  std::vector<uint8_t> fragment = {0x7c, 0x87};
  fragment.insert(fragment.end(), sps.begin() + 1, sps.end());
  EXPECT_EQ(parse_h264_payload(fragment)->resolution, size);
  EXPECT_FALSE(parse_h264_payload(Bytes(sps).first(6))->resolution);
}

}  // namespace
}  // namespace parley::rtp
