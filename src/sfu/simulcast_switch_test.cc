// When a viewer goes from one encoding of a camera to another.
#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

#include "sfu/one_camera_test_router.h"

namespace parley::sfu {
namespace {

constexpr size_t kSmall = 0;
constexpr size_t kMiddle = 1;
constexpr TimeDelta kFrame = TimeDelta::millis(33);

// 320x180 and 640x360.
const std::vector<uint8_t> kSmallKey = {0x10, 0x50, 0x42, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xb4, 0, 0xff};
const std::vector<uint8_t> kMiddleKey = {0x10, 0x50, 0x42, 0,    0x9d, 1,
                                         0x2a, 0x80, 2,    0x68, 1,    0xff};

class SimulcastSwitchTest : public OneCameraRouterTest {
 protected:
  SimulcastSwitchTest() : OneCameraRouterTest({"l", "m"}) {
    look(640, 360);
    key_frames_asked_ = 1;
  }

  bool is_live(size_t encoding) { return track().is_live(encoding, now_); }

  // One frame of `size` bytes; whether it goes to the viewer.
  bool send(size_t encoding, const std::vector<uint8_t>* key, size_t size) {
    std::vector<uint8_t> payload = key ? *key : std::vector<uint8_t>{0x10, 0x51, 0x42, 0};
    payload.resize(size, 0xff);
    const uint16_t sequence = ++sequence_[encoding];
    return !take(encoding, {.sequence = sequence,
                            .rtp_time = static_cast<uint32_t>(picture_) * 3000u,
                            .marker = true,
                            .payload_type = kVp8,
                            .payload = payload})
                .empty();
  }

  // `pictures` of both encodings at about 100 and 250 kbit/s. Their encoder is that of a browser:
  // asked for one key frame it makes one of each.
  void run(int pictures) {
    for (int i = 0; i < pictures; ++i) {
      next_picture();
      const bool key = std::exchange(key_frames_asked_, 0) > 0;
      send(kMiddle, key ? &kMiddleKey : nullptr, key ? 9'000 : 1'000);
      send(kSmall, key ? &kSmallKey : nullptr, key ? 3'000 : 400);
    }
  }

  void next_picture() {
    ++picture_;
    tick(kFrame);
  }

  int picture_ = 0;
  std::array<uint16_t, 2> sequence_{};
};

TEST_F(SimulcastSwitchTest, OnTheWayDownNoKeyFrameOfTheLargerIsForwarded) {
  run(60);
  ASSERT_TRUE(send(kMiddle, nullptr, 900)) << "the viewer has the larger one";
  router_.set_budget(kViewer, DataRate::kbps(150), now_);
  next_picture();
  EXPECT_GT(key_frames_asked_, 0);
  EXPECT_TRUE(send(kMiddle, nullptr, 900)) << "it goes on until there is something to go over to";
  next_picture();
  EXPECT_FALSE(send(kMiddle, &kMiddleKey, 9'000));
  EXPECT_TRUE(send(kSmall, &kSmallKey, 3'000));
  next_picture();
  EXPECT_FALSE(send(kMiddle, nullptr, 900));
  EXPECT_TRUE(send(kSmall, nullptr, 400));
}

TEST_F(SimulcastSwitchTest, WhatTheSmallerPictureTakesThePlaceOfIsNotRepaired) {
  run(60);
  const auto repairs = [&](uint16_t sequence) {
    router_.clear_plans();
    router_.handle_nack(kViewer, kSlotSsrc, {&sequence, 1}, TimeDelta::millis(50), now_);
    return router_.plans().size();
  };
  const uint16_t last_large = slot().last_sequence();
  EXPECT_EQ(repairs(last_large), 1u);
  router_.set_budget(kViewer, DataRate::kbps(150), now_);
  next_picture();
  router_.clear_plans();
  send(kSmall, &kSmallKey, 1'200);
  ASSERT_FALSE(slot().sinks()) << "the smaller one runs";
  now_ = now_ + TimeDelta::seconds(1);
  EXPECT_EQ(repairs(last_large), 0u);
  EXPECT_EQ(repairs(slot().last_sequence()), 1u);
}

// On a path that has just become too narrow for any picture repairs would take the room of sound.
TEST_F(SimulcastSwitchTest, NothingIsRepairedOfAPictureThatThePathHasNoRoomFor) {
  run(60);
  const auto repairs = [&] {
    router_.clear_plans();
    const uint16_t sequence = slot().last_sequence();
    router_.handle_nack(kViewer, kSlotSsrc, {&sequence, 1}, TimeDelta::millis(50), now_);
    return router_.plans().size();
  };
  EXPECT_EQ(repairs(), 1u);
  router_.set_budget(kViewer, DataRate::kbps(10), now_);
  ASSERT_TRUE(slot().dark());
  now_ = now_ + TimeDelta::seconds(1);
  EXPECT_EQ(repairs(), 0u);
  router_.set_budget(kViewer, DataRate::kbps(2'000), now_);
  run(60);
  EXPECT_EQ(repairs(), 1u);
}

TEST_F(SimulcastSwitchTest, ASmallerTileTakesTheLargersKeyFrameUntilItHasItsOwn) {
  run(60);
  look(320, 180);
  next_picture();
  EXPECT_TRUE(send(kMiddle, &kMiddleKey, 9'000)) << "the path takes it, so the picture goes on";
  EXPECT_TRUE(send(kSmall, &kSmallKey, 3'000));
}

// An encoder leaves out pictures after a key frame that took more than its share. Senders that are
// short of bandwidth stop the largest encoding first.
TEST_F(SimulcastSwitchTest, ASmallEncodingThatPausesWhileTheLargerGoesOnIsStillThere) {
  run(60);
  for (int i = 0; i < 25; ++i) {
    next_picture();
    send(kMiddle, nullptr, 1'000);
  }
  EXPECT_TRUE(is_live(kSmall));
  for (int i = 0; i < 25; ++i) {
    next_picture();
    send(kMiddle, nullptr, 1'000);
  }
  EXPECT_FALSE(is_live(kSmall));
}

TEST_F(SimulcastSwitchTest, ALargeEncodingThatStopsWhileTheSmallerGoesOnIsGone) {
  run(60);
  for (int i = 0; i < 12; ++i) {
    next_picture();
    send(kSmall, nullptr, 400);
  }
  EXPECT_FALSE(is_live(kMiddle));
  EXPECT_TRUE(is_live(kSmall));
}

}  // namespace
}  // namespace parley::sfu
