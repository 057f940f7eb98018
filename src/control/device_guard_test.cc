#include "control/device_guard.h"

#include <gtest/gtest.h>

namespace parley::control {
namespace {

using signaling::client::Health;

Timestamp at(int64_t seconds) {
  return Timestamp::seconds(100 + seconds);
}
Health slow() {
  return {.slots = {{.mid = "7", .decode_ms = 20}, {.mid = "8", .decode_ms = 15}}};
}
Health dropping() {
  return {.slots = {{.mid = "7", .dropped = 20, .decode_ms = 3}}};
}

TEST(DeviceGuardTest, TwoBadReportsHalveThePicturesAndOneDoesNot) {
  DeviceGuard guard;
  EXPECT_FALSE(guard.handle_report(slow(), at(0)));
  EXPECT_FALSE(guard.handle_report({}, at(2)));
  EXPECT_FALSE(guard.handle_report(dropping(), at(4)));
  EXPECT_EQ(guard.halvings(), 0);
  EXPECT_TRUE(guard.handle_report(slow(), at(6)));
  EXPECT_EQ(guard.halvings(), 1);
}

TEST(DeviceGuardTest, FreezesAndABusyEncoderAreNotTheDecoders) {
  DeviceGuard guard;
  const Health frozen{.slots = {{.mid = "7", .freezes = 5, .decode_ms = 4}}, .cpu_limited = true};
  for (int64_t i = 0; i < 10; ++i) EXPECT_FALSE(guard.handle_report(frozen, at(2 * i)));
}

TEST(DeviceGuardTest, GoesDownInStepsToABound) {
  DeviceGuard guard;
  int changes = 0;
  for (int64_t i = 0; i < 60; ++i) changes += guard.handle_report(slow(), at(2 * i)) ? 1 : 0;
  EXPECT_EQ(changes, DeviceGuard::kMost);
  EXPECT_EQ(guard.halvings(), DeviceGuard::kMost);
}

TEST(DeviceGuardTest, ComesBackAStepAtATimeWhenNothingIsWrong) {
  DeviceGuard guard;
  for (int64_t i = 0; i < 20; ++i) guard.handle_report(slow(), at(2 * i));
  ASSERT_EQ(guard.halvings(), 2);
  EXPECT_FALSE(guard.handle_timeout(at(60)));
  EXPECT_TRUE(guard.handle_timeout(guard.next()));
  EXPECT_EQ(guard.halvings(), 1);
  EXPECT_TRUE(guard.handle_timeout(guard.next()));
  EXPECT_EQ(guard.halvings(), 0);
  EXPECT_TRUE(guard.next().is_never());
}

}  // namespace
}  // namespace parley::control
