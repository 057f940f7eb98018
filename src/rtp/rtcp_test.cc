#include "rtp/rtcp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using testing::ElementsAre;

// An empty receiver report and a PLI.
constexpr uint8_t kCompound[] = {0x80, 0xc9, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x81, 0xce,
                                 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02};

// RFC 5761 §4.
TEST(IsRtcpTest, TellsByTheSecondByte) {
  EXPECT_TRUE(is_rtcp(std::vector<uint8_t>{0x80, 200}));
  EXPECT_TRUE(is_rtcp(std::vector<uint8_t>{0x8f, 206}));
  EXPECT_TRUE(is_rtcp(std::vector<uint8_t>{0x80, 192}));
  EXPECT_TRUE(is_rtcp(std::vector<uint8_t>{0x80, 223}));
  EXPECT_FALSE(is_rtcp(std::vector<uint8_t>{0x80, 191}));
  EXPECT_FALSE(is_rtcp(std::vector<uint8_t>{0x80, 224}));  // payload type 96 with the marker
  EXPECT_FALSE(is_rtcp(std::vector<uint8_t>{0x80, 111}));
  EXPECT_FALSE(is_rtcp(std::vector<uint8_t>{0x00, 200}));
  EXPECT_FALSE(is_rtcp(std::vector<uint8_t>{0x80}));
  EXPECT_FALSE(is_rtcp({}));
}

TEST(RtcpReaderTest, WalksTheBlocksOfACompoundPacket) {
  RtcpReader reader(kCompound);
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is(RtcpType::kReceiverReport));
  EXPECT_EQ(first->count, 0);
  EXPECT_THAT(first->body, ElementsAre(0, 0, 0, 1));
  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->is(RtcpType::kPayloadFeedback, 1));
  EXPECT_EQ(second->body.size(), 8u);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

TEST(RtcpReaderTest, GivesWholeBlocksBeforeATruncatedOne) {
  for (size_t n = 0; n <= sizeof kCompound; ++n) {
    RtcpReader reader(Bytes(kCompound).first(n));
    size_t blocks = 0;
    while (reader.next()) ++blocks;
    EXPECT_EQ(blocks, n < 8 ? 0u : n < 20 ? 1u : 2u) << n;
    EXPECT_EQ(reader.ok(), n == 0 || n == 8 || n == 20) << n;
  }
}

TEST(RtcpReaderTest, StopsAtAnotherVersion) {
  std::vector<uint8_t> bytes(std::begin(kCompound), std::end(kCompound));
  bytes[8] = 0x41;
  RtcpReader reader(bytes);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.ok());
}

TEST(RtcpReaderTest, TakesPaddingOff) {
  std::vector<uint8_t> bytes{0xa0, 0xc9, 0x00, 0x02, 0, 0, 0, 1, 0, 0, 0, 4};
  const auto block = RtcpReader(bytes).next();
  ASSERT_TRUE(block);
  EXPECT_THAT(block->body, ElementsAre(0, 0, 0, 1));
  for (const uint8_t bad : {uint8_t{0}, uint8_t{9}}) {
    bytes.back() = bad;
    RtcpReader reader(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.ok());
  }
  const std::vector<uint8_t> nothing_to_pad{0xa0, 0xc9, 0x00, 0x00};
  EXPECT_FALSE(RtcpReader(nothing_to_pad).next());
}

TEST(RtcpReaderTest, EndsOnAnyInput) {
  SeededRandom random(5);
  for (int i = 0; i < 5000; ++i) {
    std::vector<uint8_t> bytes(random.below(64));
    random.fill(bytes);
    if (!bytes.empty()) bytes[0] = static_cast<uint8_t>(0x80 | (bytes[0] & 0x3f));
    if (bytes.size() > 4) bytes[2] = 0, bytes[3] &= 3;
    RtcpReader reader(bytes);
    size_t total = 0;
    while (const auto block = reader.next()) total += 4 + block->body.size();
    EXPECT_LE(total, bytes.size());
  }
}

TEST(RtcpHeaderTest, IsAllOrNothing) {
  std::array<uint8_t, 12> out{};
  ByteWriter writer(out);
  EXPECT_FALSE(write_rtcp_header(writer, RtcpType::kBye, 32, 4));
  EXPECT_FALSE(write_rtcp_header(writer, RtcpType::kBye, 1, 5));
  EXPECT_FALSE(write_rtcp_header(writer, RtcpType::kBye, 1, 12));
  EXPECT_EQ(writer.size(), 0u);
  EXPECT_TRUE(write_rtcp_header(writer, RtcpType::kBye, 31, 8));
  EXPECT_THAT(writer.written(), ElementsAre(0x9f, 203, 0, 2));
}

}  // namespace
}  // namespace parley::rtp
