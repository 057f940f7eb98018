// A publisher that goes on in another codec, or says what its layers cost, and what the router
// makes of it.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rtp/video_layers_allocation.h"
#include "rtp/vp9_descriptor.h"
#include "sfu/one_camera_test_router.h"

namespace parley::sfu {
namespace {

const std::vector<uint8_t> kVp8Key = {0x10, 0x50, 0x42, 0, 0x9d, 1, 0x2a, 0x00, 5, 0xd0, 2, 0xff};
const std::vector<uint8_t> kVp8Delta = {0x10, 0x51, 0x42, 0, 0xff};
const std::vector<uint8_t> kVp9Key = {0x0c, 0xff};
const std::vector<uint8_t> kVp9Delta = {0x4c, 0xff};

class CodecChangeTest : public OneCameraRouterTest {
 protected:
  explicit CodecChangeTest(std::vector<std::string> rids = {})
      : OneCameraRouterTest(std::move(rids)) {
    look(1280, 720);
    tick();
  }

  void tick() { OneCameraRouterTest::tick(TimeDelta::millis(100)); }

  // Hands over the next picture's packet and gives what goes to the viewer.
  std::vector<ForwardPlan> send(uint8_t payload_type, const std::vector<uint8_t>& payload,
                                uint16_t sequence, Bytes allocation = {}) {
    now_ = now_ + TimeDelta::millis(33);
    return take(0, {.sequence = sequence,
                    .rtp_time = sequence * 3000u,
                    .marker = true,
                    .payload_type = payload_type,
                    .payload = payload,
                    .layers_allocation = allocation});
  }
};

TEST_F(CodecChangeTest, AViewerGoesOverAtTheFirstKeyFrameOfTheNewCodec) {
  const auto first = send(kVp8, kVp8Key, 1);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].payload_type, kViewersVp8);
  ASSERT_EQ(send(kVp8, kVp8Delta, 2).size(), 1u);
  key_frames_asked_ = 0;
  // The new codec's key frame (3) is lost.
  EXPECT_TRUE(send(kVp9, kVp9Delta, 4).empty()) << "nothing to decode it from";
  tick();
  EXPECT_EQ(key_frames_asked_, 1);
  EXPECT_TRUE(send(kVp9, kVp9Delta, 5).empty());
  const auto again = send(kVp9, kVp9Key, 6);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].payload_type, kViewersVp9);
  EXPECT_EQ(again[0].sequence, static_cast<uint16_t>(first[0].sequence + 2)) << "without a gap";
  EXPECT_EQ(send(kVp9, kVp9Delta, 7).size(), 1u);
}

TEST_F(CodecChangeTest, WhatComesLateOfTheFormerCodecIsDropped) {
  send(kVp8, kVp8Key, 1);
  send(kVp9, kVp9Key, 3);
  EXPECT_TRUE(send(kVp8, kVp8Delta, 2).empty());
  EXPECT_EQ(send(kVp9, kVp9Delta, 4).size(), 1u) << "it didn't change the codec back";
}

TEST_F(CodecChangeTest, AKeyFrameThatIsOvertakenStartsTheNewCodec) {
  send(kVp8, kVp8Key, 1);
  EXPECT_TRUE(send(kVp9, kVp9Delta, 3).empty());
  const auto late = send(kVp9, kVp9Key, 2);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].payload_type, kViewersVp9);
}

TEST_F(CodecChangeTest, APacketOfTheFormerCodecIsRepeatedAsThat) {
  const auto first = send(kVp8, kVp8Key, 1);
  send(kVp9, kVp9Key, 2);
  const uint16_t missing[] = {first[0].sequence};
  router_.handle_nack(kViewer, kSlotSsrc, missing, TimeDelta::millis(20), now_);
  ASSERT_EQ(router_.plans().size(), 1u);
  EXPECT_EQ(router_.plans()[0].payload_type, kViewersVp8Rtx);
  EXPECT_EQ(router_.plans()[0].original_sequence, first[0].sequence);
  router_.clear_plans();
}

TEST_F(CodecChangeTest, ALayerCostsWhatItsSenderDeclares) {
  const std::vector<uint8_t> declared = {0x01, 0x00, 0xdc, 0x0b};  // 1,500 kbit/s
  send(kVp8, kVp8Key, 1, declared);
  tick();
  EXPECT_EQ(router_.demand(kViewer).kbps(), 1500 * kHeadroomPercent / 100);
  const std::vector<uint8_t> less = {0x01, 0x00, 0xe8, 0x07};  // 1,000
  send(kVp8, kVp8Delta, 3, less);
  tick();
  EXPECT_EQ(router_.demand(kViewer).kbps(), 1000 * kHeadroomPercent / 100);
  send(kVp8, kVp8Delta, 2, declared);
  tick();
  EXPECT_EQ(router_.demand(kViewer).kbps(), 1000 * kHeadroomPercent / 100)
      << "an older packet's word";
  const std::vector<uint8_t> broken = {0x01, 0x00};
  send(kVp8, kVp8Delta, 4, broken);
  tick();
  EXPECT_EQ(router_.demand(kViewer).kbps(), 1000 * kHeadroomPercent / 100);
}

class ScalableTest : public CodecChangeTest {
 protected:
  ScalableTest() : CodecChangeTest({"a", "b", "c"}) {}
  std::vector<uint8_t> layer(uint8_t spatial, bool key) {
    rtp::Vp9Descriptor d{.inter_picture = !key,
                         .flexible = true,
                         .starts_frame = true,
                         .ends_frame = true,
                         .has_layers = true,
                         .spatial_id = spatial,
                         .inter_layer = key && spatial > 0};
    if (key && spatial == 0)
      d.structure = rtp::Vp9Structure{.spatial_layers = 3,
                                      .has_resolutions = true,
                                      .resolutions = {{{320, 180}, {640, 360}, {1280, 720}}}};
    if (!key) d.p_diffs.push_back(1);
    std::vector<uint8_t> out(64);
    out.resize(rtp::write_vp9_descriptor(out, d) + 1);
    return out;
  }
};

TEST_F(ScalableTest, NoOtherEncodingIsExpectedBesideAScalableOne) {
  uint16_t sequence = 1;
  for (int picture = 0; picture < 60; ++picture) {
    for (uint8_t spatial = 0; spatial < 3; ++spatial)
      send(kVp9, layer(spatial, picture == 0), sequence++);
    tick();
    if (picture == 0) continue;
    const auto decided = router_.find_slot(kViewer, kSlotSsrc)->decided;
    ASSERT_TRUE(decided) << picture;
    EXPECT_EQ(decided->encoding, 0) << picture;
    EXPECT_EQ(decided->spatial, 2) << picture;
  }
}

}  // namespace
}  // namespace parley::sfu
