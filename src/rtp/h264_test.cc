#include "rtp/h264.h"

#include <gtest/gtest.h>

#include <vector>

namespace parley::rtp {
namespace {

using Payload = std::vector<uint8_t>;

TEST(H264Test, FindsKeyFramesInSingleUnits) {
  EXPECT_TRUE(is_h264_key_frame(Payload{0x67, 0x42, 0xe0, 0x1f}));  // SPS
  EXPECT_TRUE(is_h264_key_frame(Payload{0x65, 0x88, 0x84}));        // IDR
  EXPECT_FALSE(is_h264_key_frame(Payload{0x68, 0xce}));             // PPS
  EXPECT_FALSE(is_h264_key_frame(Payload{0x41, 0x9a}));             // slice
  EXPECT_FALSE(is_h264_key_frame({}));
}

TEST(H264Test, FindsParameterSetsInAnAggregate) {
  const Payload stap{0x78, 0x00, 0x02, 0x67, 0x42, 0x00, 0x01, 0x68, 0x00, 0x02, 0x65, 0x88};
  const auto found = parse_h264_payload(stap);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->has_sps);
  EXPECT_TRUE(found->has_pps);
  EXPECT_TRUE(found->has_idr);
  EXPECT_TRUE(found->starts_frame);
}

TEST(H264Test, RefusesAnAggregateCutWithinAUnit) {
  const Payload stap{0x78, 0x00, 0x02, 0x67, 0x42, 0x00, 0x01, 0x68};
  for (size_t n = 0; n < stap.size(); ++n) {
    const bool at_a_boundary = n == 5;
    EXPECT_EQ(parse_h264_payload(Bytes(stap).first(n)).has_value(), at_a_boundary) << n;
  }
  EXPECT_FALSE(parse_h264_payload(Payload{0x78, 0x00, 0x00}));  // an empty unit
}

TEST(H264Test, CountsAFragmentedUnitOnlyAtItsStart) {
  EXPECT_TRUE(is_h264_key_frame(Payload{0x7c, 0x85, 0x88}));
  EXPECT_FALSE(is_h264_key_frame(Payload{0x7c, 0x05, 0x88}));
  EXPECT_FALSE(is_h264_key_frame(Payload{0x7c, 0x45, 0x88}));
  EXPECT_TRUE(is_h264_key_frame(Payload{0x7c, 0x87}));
  EXPECT_FALSE(parse_h264_payload(Payload{0x7c}));
}

TEST(H264Test, AFrameStartsWithItsFirstMacroblock) {
  EXPECT_TRUE(parse_h264_payload(Payload{0x41, 0x9a})->starts_frame);
  EXPECT_FALSE(parse_h264_payload(Payload{0x41, 0x4a})->starts_frame);  // a later slice
  EXPECT_TRUE(parse_h264_payload(Payload{0x5c, 0x81, 0x9a})->starts_frame);
  EXPECT_FALSE(parse_h264_payload(Payload{0x5c, 0x01, 0x9a})->starts_frame);
  EXPECT_TRUE(parse_h264_payload(Payload{0x09, 0x10})->starts_frame);
  EXPECT_TRUE(parse_h264_payload(Payload{0x06, 0x05})->starts_frame);
  EXPECT_FALSE(parse_h264_payload(Payload{0x41})->starts_frame);
}

TEST(H264Test, RefusesInterleavedPacketisations) {
  for (const uint8_t type : Payload{0, 25, 26, 27, 29, 30, 31}) {
    EXPECT_FALSE(parse_h264_payload(Payload{type, 0, 0, 0})) << int{type};
  }
}

}  // namespace
}  // namespace parley::rtp
