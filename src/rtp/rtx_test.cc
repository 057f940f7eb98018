#include "rtp/rtx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace parley::rtp {
namespace {

using testing::ElementsAreArray;

constexpr uint8_t kMid[] = {'0'};
constexpr ExtensionElement kElements[] = {{1, kMid}};
constexpr uint8_t kPayload[] = {0xaa, 0xbb, 0xcc};
constexpr HeaderFields kHeader{.payload_type = 97,
                               .marker = true,
                               .sequence_number = 5,
                               .timestamp = 0x01020304,
                               .ssrc = 0x22222222,
                               .extensions = kElements};

TEST(RtxTest, WritesTheOriginalSequenceBeforeThePayload) {
  std::array<uint8_t, 25> out{};
  ASSERT_EQ(write_rtx(out, kHeader, 0xfffe, kPayload), 25u);
  EXPECT_THAT(out, ElementsAreArray({0x90, 0xe1, 0x00, 0x05, 0x01, 0x02, 0x03, 0x04, 0x22,
                                     0x22, 0x22, 0x22, 0xbe, 0xde, 0x00, 0x01, 0x10, 0x30,
                                     0x00, 0x00, 0xff, 0xfe, 0xaa, 0xbb, 0xcc}));
  for (size_t n = 0; n < out.size(); ++n) {
    EXPECT_EQ(write_rtx(MutableBytes(out).first(n), kHeader, 0xfffe, kPayload), 0u);
  }
}

TEST(RtxTest, RestoresTheOriginalInPlace) {
  std::array<uint8_t, 25> out{};
  ASSERT_EQ(write_rtx(out, kHeader, 0xfffe, kPayload), 25u);
  const auto rtx = PacketView::parse(out);
  ASSERT_TRUE(rtx);
  EXPECT_EQ(rtx_original_sequence(*rtx), 0xfffe);
  const auto restored = restore_from_rtx(out, *rtx, 96, 0x11111111);
  ASSERT_TRUE(restored);
  EXPECT_THAT(*restored, ElementsAreArray({0x90, 0xe0, 0xff, 0xfe, 0x01, 0x02, 0x03, 0x04,
                                           0x11, 0x11, 0x11, 0x11, 0xbe, 0xde, 0x00, 0x01,
                                           0x10, 0x30, 0x00, 0x00, 0xaa, 0xbb, 0xcc}));
}

TEST(RtxTest, KeepsPaddingOfTheRetransmission) {
  std::vector<uint8_t> packet{0xa0, 97, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0x12, 0x34, 0xaa, 0, 2};
  const auto rtx = PacketView::parse(packet);
  ASSERT_TRUE(rtx);
  const auto restored = restore_from_rtx(packet, *rtx, 96, 1);
  ASSERT_TRUE(restored);
  const auto view = PacketView::parse(*restored);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->sequence_number, 0x1234);
  EXPECT_EQ(view->padding_size, 2);
  EXPECT_THAT(view->payload, ElementsAreArray({0xaa}));
}

TEST(RtxTest, LeavesAPaddingOnlyProbeAlone) {
  for (const size_t payload_size : {0u, 1u}) {
    std::vector<uint8_t> packet{0xa0, 97, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2};
    packet.insert(packet.end(), payload_size, 0x55);
    packet.insert(packet.end(), {0, 2});
    const auto before = packet;
    const auto rtx = PacketView::parse(packet);
    ASSERT_TRUE(rtx);
    EXPECT_EQ(rtx_original_sequence(*rtx), std::nullopt);
    EXPECT_EQ(restore_from_rtx(packet, *rtx, 96, 1), std::nullopt);
    EXPECT_EQ(packet, before);
  }
}

}  // namespace
}  // namespace parley::rtp
