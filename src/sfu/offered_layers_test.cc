// What of a camera may be chosen for a viewer: layers that rested, went away, or never came.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sfu/one_camera_test_router.h"
#include "sfu/source_layers.h"

namespace parley::sfu {
namespace {

constexpr TimeDelta kFrame = TimeDelta::millis(33);

// 320x180 and 640x360, of which a descriptor with temporal layer 0 goes before.
const std::vector<uint8_t> kSmallKey = {0x90, 0x20, 0x00, 0x50, 0x42, 0, 0x9d,
                                        1,    0x2a, 0x40, 1,    0xb4, 0, 0xff};
const std::vector<uint8_t> kMiddleKey = {0x90, 0x20, 0x00, 0x50, 0x42, 0, 0x9d,
                                         1,    0x2a, 0x80, 2,    0x68, 1, 0xff};

class OfferedLayersTest : public OneCameraRouterTest {
 protected:
  OfferedLayersTest() : OneCameraRouterTest({"l", "m", "h"}) { look(640, 358); }

  void next_picture() {
    ++picture_;
    tick(kFrame);
    media::Event event;
    while (router_.poll_event(event)) {
      if (const auto* wanted = std::get_if<media::LayersWanted>(&event))
        asked_ = static_cast<uint8_t>(asked_ | wanted->mask);
    }
  }

  void send(size_t encoding, uint8_t temporal, const std::vector<uint8_t>* key, size_t size) {
    std::vector<uint8_t> payload =
        key ? *key
            : std::vector<uint8_t>{0x90, 0x20, static_cast<uint8_t>(temporal << 6), 0x51, 0x42, 0};
    payload.resize(size, 0xff);
    take(encoding, {.sequence = ++sequence_[encoding],
                    .rtp_time = static_cast<uint32_t>(picture_) * 3000u,
                    .marker = true,
                    .payload_type = kVp8,
                    .payload = payload});
  }

  // The small one at about 60 kbit/s and the middle one, `highest` + 1 temporal layers each.
  void run(int pictures, bool middle, uint8_t highest) {
    constexpr std::array<uint8_t, 4> kPattern = {0, 2, 1, 2};
    for (int i = 0; i < pictures; ++i) {
      next_picture();
      const uint8_t temporal = std::min(kPattern[static_cast<size_t>(picture_) % 4], highest);
      const bool key = picture_ % 60 == 1;
      send(0, key ? uint8_t{0} : temporal, key ? &kSmallKey : nullptr, 250);
      if (middle) send(1, key ? uint8_t{0} : temporal, key ? &kMiddleKey : nullptr, 900);
    }
  }

  int picture_ = 0;
  std::array<uint16_t, 3> sequence_{};
  uint8_t asked_ = 0;
};

TEST_F(OfferedLayersTest, AnEncodingThatRestedHasItsTemporalLayersAtItsFirstPacket) {
  SourceLayers layers;
  const auto hear = [&](uint8_t temporal, bool key) {
    const std::vector<uint8_t> payload(500);
    TrackPacket packet;
    packet.stream.encoding = 1;
    packet.frame.temporal = temporal;
    packet.key_frame = key;
    packet.payload = payload;
    layers.on_packet(packet, now_);
  };
  const auto offered = [&] {
    BoundedVector<LayerOption, kMaxLayersPerSource> out;
    layers.append(1, track(), now_, out);
    return out.size();
  };
  hear(0, true);
  for (const uint8_t temporal : std::array<uint8_t, 3>{2, 1, 2}) hear(temporal, false);
  EXPECT_EQ(offered(), 3u);
  now_ = now_ + TimeDelta::seconds(60);
  hear(0, true);
  EXPECT_EQ(offered(), 3u);
  // It goes on without them: then they are gone.
  for (int i = 0; i < 200; ++i) {
    now_ = now_ + kFrame;
    hear(0, false);
  }
  EXPECT_EQ(offered(), 1u);
}

TEST_F(OfferedLayersTest, WhenTheChosenTemporalLayerGoesAwayThePictureKeepsItsSize) {
  run(120, true, 2);
  ASSERT_EQ(slot().decided->encoding, 1);
  ASSERT_EQ(slot().decided->temporal, 2);
  for (int i = 0; i < 240; ++i) {
    // No raise is allowed: what is shown isn't one.
    slot().raises.on_restart(DataRate::kbps(1'000'000), now_);
    run(1, true, 0);
    ASSERT_EQ(slot().decided->encoding, 1) << "picture " << i;
  }
  EXPECT_EQ(slot().decided->temporal, 0);
}

// Chromium makes only the first encodings of a small camera.
TEST_F(OfferedLayersTest, WhereOneEncodingDidntComeNoLargerIsWaitedFor) {
  int larger = 0;
  for (int i = 0; i < 600; ++i) {
    run(1, false, 2);
    if (i > 120 && slot().decided->encoding > 0) ++larger;
  }
  EXPECT_EQ(larger, 0) << "a second after the middle one was given up";
  EXPECT_EQ(asked_ & 0b100, 0);
  EXPECT_EQ(asked_ & 0b010, 0b010) << "asked for it stays";
}

}  // namespace
}  // namespace parley::sfu
