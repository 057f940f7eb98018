#include "base/sequence.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(SequenceTest, NewerHoldsAcrossTheWrap) {
  EXPECT_TRUE(is_newer<uint16_t>(0, 65535));
  EXPECT_FALSE(is_newer<uint16_t>(65535, 0));
  EXPECT_FALSE(is_newer<uint16_t>(7, 7));
  EXPECT_NE(is_newer<uint16_t>(0x8000, 0), is_newer<uint16_t>(0, 0x8000));
}

TEST(UnwrapperTest, FollowsForwardAndBackwardOverTheWrap) {
  SeqUnwrapper u;
  EXPECT_EQ(u.unwrap(65534), 65534);
  EXPECT_EQ(u.unwrap(1), 65537);
  EXPECT_EQ(u.unwrap(65535), 65535);
  EXPECT_EQ(u.unwrap(0), 65536);
}

TEST(UnwrapperTest, GoesBelowZeroRatherThanFarAhead) {
  SeqUnwrapper u;
  EXPECT_EQ(u.unwrap(0), 0);
  EXPECT_EQ(u.unwrap(65535), -1);
  EXPECT_EQ(u.peek(65534), -2);
  EXPECT_EQ(u.last(), -1);
}

TEST(UnwrapperTest, TakesOddWidths) {
  Unwrapper<uint16_t, 15> picture_id;
  EXPECT_EQ(picture_id.unwrap(32767), 32767);
  EXPECT_EQ(picture_id.unwrap(0), 32768);
}

}  // namespace
}  // namespace parley
