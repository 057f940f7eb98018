#include "load/stamp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace parley::load {
namespace {

TEST(StampTest, IsReadAsItWasWritten) {
  std::array<uint8_t, 24> bytes{};
  const Stamp stamp{
      .source = 17, .number = 0x01020304, .sent = Timestamp::micros(1'234'567'890'123)};
  write_stamp(bytes, stamp);
  EXPECT_EQ(read_stamp(bytes), stamp);
  set_stamp_time(bytes.data(), Timestamp::micros(5));
  EXPECT_EQ(read_stamp(bytes)->sent, Timestamp::micros(5));
  EXPECT_EQ(read_stamp(bytes)->number, stamp.number);
}

TEST(StampTest, NoneIsSeenInOtherBytesOrInAPart) {
  std::array<uint8_t, kStampSize> bytes{};
  EXPECT_FALSE(read_stamp(bytes));
  write_stamp(bytes, {});
  EXPECT_TRUE(read_stamp(bytes));
  EXPECT_FALSE(read_stamp(Bytes(bytes).first(kStampSize - 1)));
  EXPECT_FALSE(read_stamp({}));
}

TEST(StampTest, FillerDiffersBetweenNeighbours) {
  const auto of = [](uint32_t source, uint32_t number) {
    const Bytes bytes = filler({.source = source, .number = number}, 200);
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
  EXPECT_EQ(of(8, 3), of(8, 3));
  EXPECT_NE(of(8, 3), of(8, 4));
  EXPECT_NE(of(8, 3), of(9, 3));
}

}  // namespace
}  // namespace parley::load
