#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

#include "base/bounded.h"
#include "base/random.h"
#include "base/units.h"

namespace parley {
namespace {

TEST(ByteReaderTest, ReadsBigEndianAndStopsAtTheEnd) {
  const std::array<uint8_t, 7> data = {1, 2, 3, 4, 5, 6, 7};
  ByteReader r(data);
  EXPECT_EQ(r.u8(), 1);
  EXPECT_EQ(r.u16(), 0x0203);
  EXPECT_EQ(r.u24(), 0x040506u);
  EXPECT_EQ(r.u16(), 0);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.u8(), 0) << "a failed reader stays failed";
}

TEST(ByteWriterTest, RefusesWhatDoesNotFit) {
  std::array<uint8_t, 5> data{};
  ByteWriter w(data);
  w.u32(0x01020304);
  w.u16(0xffff);
  EXPECT_FALSE(w.ok());
  EXPECT_EQ(w.size(), 4u);
  EXPECT_EQ(data[4], 0);
}

TEST(StoreTest, SixteenBytesAreBigEndianToo) {
  std::array<uint8_t, 17> out{};
  store_be128(&out[1], 0x0102030405060708, 0x090a0b0c0d0e0f10);
  EXPECT_EQ(out,
            (std::array<uint8_t, 17>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
}

TEST(BoundedTest, RefusesWhenFull) {
  BoundedVector<int, 2> v;
  EXPECT_TRUE(v.push_back(1));
  EXPECT_TRUE(v.push_back(2));
  EXPECT_FALSE(v.push_back(3));
  v.erase(0);
  EXPECT_EQ(v[0], 2);
  BoundedQueue<int, 2> q;
  EXPECT_TRUE(q.push(1) && q.push(2));
  EXPECT_FALSE(q.push(3));
  EXPECT_EQ(q.pop(), 1);
  EXPECT_TRUE(q.push(3));
  EXPECT_EQ(q.pop(), 2);
  EXPECT_EQ(q.pop(), 3);
  EXPECT_EQ(q.pop(), std::nullopt);
}

TEST(SeededRandomTest, RepeatsFromItsSeed) {
  SeededRandom a(7), b(7), c(8);
  const auto first = a.ice_chars(24);
  EXPECT_EQ(first, b.ice_chars(24));
  EXPECT_NE(first, c.ice_chars(24));
  for (int i = 0; i < 1000; ++i) EXPECT_LT(a.below(3), 3u);
}

TEST(UnitsTest, RateTimesTimeIsSize) {
  EXPECT_EQ((DataRate::kbps(800) * TimeDelta::millis(10)).bytes(), 1000);
  EXPECT_EQ((DataSize::bytes(1000) / TimeDelta::millis(10)).kbps(), 800);
  EXPECT_EQ((DataSize::bytes(1000) / DataRate::kbps(800)).ms(), 10);
}

}  // namespace
}  // namespace parley
