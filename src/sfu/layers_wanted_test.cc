// Which encodings a camera is asked for while a viewer looks at it, away, and back.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sfu/one_camera_test_router.h"

namespace parley::sfu {
namespace {

constexpr uint8_t kSmall = 0b01;
constexpr uint8_t kBoth = 0b11;

class LayersWantedTest : public OneCameraRouterTest {
 protected:
  LayersWantedTest() : OneCameraRouterTest({"l", "m"}) {}

  void look_away() { router_.set_view(kViewer, {}, now_); }

  // The camera sends of both what it is asked for. It begins with a key frame.
  void run_for(TimeDelta time) {
    const Timestamp end = now_ + time;
    while (now_ < end) {
      tick(TimeDelta::millis(20));
      media::Event event;
      while (router_.poll_event(event)) {
        if (const auto* wanted = std::get_if<media::LayersWanted>(&event)) asked_ = wanted->mask;
      }
      for (size_t i = 0; i < sequence_.size(); ++i) {
        if ((asked_ >> i & 1) != 0) send(i, sequence_[i] == 0);
      }
    }
  }

  void send(size_t encoding, bool key) {
    // 320x180 and 640x360.
    const std::vector<uint8_t> small = {0x10, 0x50, 0x42, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xb4, 0, 0xff};
    const std::vector<uint8_t> large = {0x10, 0x50, 0x42, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, 0xff};
    const std::vector<uint8_t> payload =
        key ? (encoding == 0 ? small : large) : std::vector<uint8_t>{0x10, 0x51, 0x42, 0, 0, 0, 0};
    take(encoding, {.sequence = ++sequence_[encoding],
                    .rtp_time = static_cast<uint32_t>((now_ - Timestamp()).us() * 90 / 1'000),
                    .marker = true,
                    .payload_type = kVp8,
                    .payload = payload});
  }

  std::array<uint16_t, 2> sequence_{};
  uint8_t asked_ = kBoth;  // until it is told
};

TEST_F(LayersWantedTest, WhoLooksAwayForAMomentCostsNoKeyFrame) {
  look(640, 360);
  run_for(TimeDelta::seconds(2));
  ASSERT_EQ(asked_, kBoth);
  look_away();
  run_for(TimeDelta::millis(1'900));
  EXPECT_EQ(asked_, kBoth);
  run_for(TimeDelta::millis(200));
  EXPECT_EQ(asked_, 0);
}

// The small one was stopped with the larger, two seconds after the first look away, though it had
// just been looked at: turning pages to and fro cost key frames.
TEST_F(LayersWantedTest, EachEncodingRestsTwoSecondsAfterItWasLookedAtLast) {
  look(640, 360);
  run_for(TimeDelta::seconds(2));
  ASSERT_EQ(asked_, kBoth);
  look_away();
  run_for(TimeDelta::millis(1'500));
  look(320, 180);
  run_for(TimeDelta::millis(400));
  look_away();
  run_for(TimeDelta::millis(200));
  EXPECT_EQ(asked_, kSmall) << "the larger hasn't been looked at for 2.1 s, the small one for 0.2";
  run_for(TimeDelta::millis(1'700));
  EXPECT_EQ(asked_, kSmall);
  run_for(TimeDelta::millis(200));
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace parley::sfu
