#include "rtp/rtcp_nack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

// gmock's container matchers want a standard container.
template <typename T, size_t N>
std::vector<T> items(const BoundedVector<T, N>& v) {
  return {v.begin(), v.end()};
}

std::vector<uint8_t> write(std::span<const uint16_t> sequences) {
  std::array<uint8_t, 4096> buffer{};
  ByteWriter writer(buffer);
  EXPECT_TRUE(write_nack(writer, 1, 2, sequences));
  return {writer.written().begin(), writer.written().end()};
}

// RFC 4585 §6.2.1.
TEST(NackTest, PacksUpTo17NumbersIntoOneElement) {
  const uint16_t lost[] = {100, 101, 116, 117};
  const auto bytes = write(lost);
  EXPECT_THAT(bytes, ElementsAre(0x81, 0xcd, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2,  //
                                 0, 100, 0x80, 0x01, 0, 117, 0, 0));
  const auto nack = parse_nack(*RtcpReader(bytes).next());
  ASSERT_TRUE(nack);
  EXPECT_EQ(nack->sender_ssrc, 1u);
  EXPECT_EQ(nack->media_ssrc, 2u);
  EXPECT_THAT(items(nack->sequences), ElementsAreArray(lost));
  EXPECT_FALSE(nack->truncated);
}

TEST(NackTest, PacksAcrossTheWrap) {
  const uint16_t lost[] = {65535, 0, 14};
  const auto bytes = write(lost);
  EXPECT_THAT(Bytes(bytes).subspan(12), ElementsAre(0xff, 0xff, 0x40, 0x01));
  EXPECT_THAT(items(parse_nack(*RtcpReader(bytes).next())->sequences), ElementsAreArray(lost));
}

TEST(NackTest, WritesRepeatedNumbersOnce) {
  const uint16_t lost[] = {7, 7, 8, 8};
  const auto bytes = write(lost);
  EXPECT_THAT(items(parse_nack(*RtcpReader(bytes).next())->sequences), ElementsAre(7, 8));
}

TEST(NackTest, StopsAtItsBound) {
  std::vector<uint8_t> bytes{0x81, 0xcd, 0, 42, 0, 0, 0, 1, 0, 0, 0, 2};
  for (uint8_t i = 0; i < 40; ++i) bytes.insert(bytes.end(), {i, 0, 0xff, 0xff});
  const auto nack = parse_nack(*RtcpReader(bytes).next());
  ASSERT_TRUE(nack);
  EXPECT_EQ(nack->sequences.size(), kMaxNackSequences);
  EXPECT_TRUE(nack->truncated);
}

TEST(NackTest, RefusesEveryTruncationWithinAnElement) {
  const uint16_t lost[] = {1, 100};
  const auto bytes = write(lost);
  RtcpBlock block = *RtcpReader(bytes).next();
  for (size_t n = 0; n <= 16; ++n) {
    RtcpBlock cut = block;
    cut.body = block.body.first(n);
    EXPECT_EQ(parse_nack(cut).has_value(), n >= 8 && n % 4 == 0) << n;
  }
}

TEST(NackTest, WritesAllOrNothing) {
  const uint16_t lost[] = {1, 100};
  std::array<uint8_t, 20> buffer{};
  for (size_t n = 0; n < 20; ++n) {
    ByteWriter writer(MutableBytes(buffer).first(n));
    EXPECT_FALSE(write_nack(writer, 1, 2, lost));
    EXPECT_EQ(writer.size(), 0u);
  }
  ByteWriter writer(buffer);
  EXPECT_FALSE(write_nack(writer, 1, 2, {}));
  EXPECT_TRUE(write_nack(writer, 1, 2, lost));
}

TEST(NackTest, ReadsBackAnyAscendingList) {
  SeededRandom random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<uint16_t> lost;
    auto next = static_cast<uint16_t>(random.u32());
    for (uint64_t i = 1 + random.below(200); i > 0; --i) {
      lost.push_back(next);
      next = static_cast<uint16_t>(next + 1 + random.below(random.below(2) == 0 ? 3 : 40));
    }
    const auto bytes = write(lost);
    const auto nack = parse_nack(*RtcpReader(bytes).next());
    ASSERT_TRUE(nack);
    ASSERT_THAT(items(nack->sequences), ElementsAreArray(lost));
  }
}

}  // namespace
}  // namespace parley::rtp
