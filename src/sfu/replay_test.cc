// When a slot turns to a camera whose last group of pictures is kept.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "sfu/one_camera_test_router.h"

namespace parley::sfu {
namespace {

constexpr TimeDelta kFrame = TimeDelta::millis(40);

class ReplayTest : public OneCameraRouterTest {
 protected:
  ReplayTest() : OneCameraRouterTest({}) {}

  void look_away() { router_.set_view(kViewer, {}, now_); }

  // One packet, of the picture that the camera has just now; gives what goes to the viewer.
  std::vector<ForwardPlan> send(bool key) {
    const std::vector<uint8_t> payload =
        key ? std::vector<uint8_t>{0x10, 0x50, 0x42, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xb4, 0, 0xff}
            : std::vector<uint8_t>{0x10, 0x51, 0x42, 0};
    return take(0, {.sequence = ++sequence_,
                    .rtp_time = static_cast<uint32_t>((now_ - Timestamp()).us() * 90 / 1'000),
                    .marker = true,
                    .payload_type = kVp8,
                    .payload = payload});
  }

  std::vector<ForwardPlan> next_picture(bool key = false) {
    tick(kFrame);
    return send(key);
  }

  uint16_t sequence_ = 0;
};

// Somebody who turns pages to and fro comes back to cameras that rested meanwhile. A receiver waits
// with what is ahead of its clock: everybody was shown up to 850 ms late, until some ten seconds
// after the last turn.
TEST_F(ReplayTest, ACameraThatRestedIsOnTheClockOfTheSlot) {
  look(320, 180);
  send(true);
  const auto before = next_picture();
  ASSERT_EQ(before.size(), 1u);
  const Timestamp sent = now_;
  look_away();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(next_picture().empty());
  tick(TimeDelta::millis(800));
  look(320, 180);
  EXPECT_EQ(router_.plans().size(), 7u) << "the group of pictures that is kept";
  router_.clear_plans();
  const auto live = next_picture();
  ASSERT_EQ(live.size(), 1u);
  EXPECT_EQ(live[0].rtp_time - before[0].rtp_time,
            static_cast<uint32_t>((now_ - sent).us() * 90 / 1'000));
}

}  // namespace
}  // namespace parley::sfu
