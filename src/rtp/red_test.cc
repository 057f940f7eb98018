#include "rtp/red.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

// Opus (111) 960 ticks old with two bytes, then the primary with three.
constexpr uint8_t kRed[] = {0xef, 0x0f, 0x00, 0x02, 0x6f, 0xa1, 0xa2, 0xb1, 0xb2, 0xb3};

TEST(RedTest, SplitsRedundantAndPrimaryBlocks) {
  const auto blocks = parse_red(kRed);
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ((*blocks)[0].payload_type, 111);
  EXPECT_EQ((*blocks)[0].timestamp_offset, 960);
  EXPECT_THAT((*blocks)[0].data, ElementsAre(0xa1, 0xa2));
  EXPECT_EQ((*blocks)[1].payload_type, 111);
  EXPECT_EQ((*blocks)[1].timestamp_offset, 0);
  EXPECT_THAT((*blocks)[1].data, ElementsAre(0xb1, 0xb2, 0xb3));
}

TEST(RedTest, FindsThePrimaryWithoutTheOthers) {
  const auto primary = red_primary(kRed);
  ASSERT_TRUE(primary);
  EXPECT_EQ(primary->payload_type, 111);
  EXPECT_THAT(primary->data, ElementsAre(0xb1, 0xb2, 0xb3));
}

TEST(RedTest, RefusesEveryTruncationOfHeadersAndRedundancy) {
  for (size_t n = 0; n < 7; ++n) {
    EXPECT_FALSE(parse_red(Bytes(kRed).first(n))) << n;
    EXPECT_FALSE(red_primary(Bytes(kRed).first(n))) << n;
  }
  EXPECT_TRUE(parse_red(Bytes(kRed).first(7)));
}

TEST(RedTest, RefusesMoreBlocksThanItsBound) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < kMaxRedBlocks - 1; ++i) bytes.insert(bytes.end(), {0xef, 0, 0, 0});
  bytes.push_back(0x6f);
  EXPECT_TRUE(parse_red(bytes));
  EXPECT_TRUE(red_primary(bytes));
  bytes.insert(bytes.begin(), {0xef, 0, 0, 0});
  EXPECT_FALSE(parse_red(bytes));
  EXPECT_FALSE(red_primary(bytes));
}

TEST(RedTest, WritesTheSameBytes) {
  const auto blocks = parse_red(kRed);
  ASSERT_TRUE(blocks);
  std::array<uint8_t, 10> out{};
  ASSERT_EQ(write_red(out, {blocks->begin(), blocks->size()}), 10u);
  EXPECT_THAT(out, ElementsAreArray(kRed));
  for (size_t n = 0; n < 10; ++n) {
    EXPECT_EQ(write_red(MutableBytes(out).first(n), {blocks->begin(), blocks->size()}), 0u);
  }
}

TEST(RedTest, RefusesToWriteWhatItsFieldsCannotHold) {
  const std::vector<uint8_t> long_data(1024);
  std::vector<uint8_t> out(3000);
  EXPECT_EQ(write_red(out, {}), 0u);
  const RedBlock too_old[] = {{.timestamp_offset = 0x4000}, {}};
  EXPECT_EQ(write_red(out, too_old), 0u);
  const RedBlock too_long[] = {{.data = long_data}, {}};
  EXPECT_EQ(write_red(out, too_long), 0u);
  const RedBlock primary_may_be_long[] = {{.data = long_data}};
  EXPECT_EQ(write_red(out, primary_may_be_long), 1025u);
}

}  // namespace
}  // namespace parley::rtp
