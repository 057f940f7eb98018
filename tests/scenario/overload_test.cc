// A server whose processor can't do what its people wish: pictures get smaller, so that sound, and
// all that has to be answered, goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/media_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

constexpr size_t kPublishers = 3;
constexpr size_t kViewers = 12;

class Overload : public ::testing::Test {
 protected:
  // Cameras of three encodings (1.3 Mbit/s, 390 and 160 kbit/s), and those who watch them all. At
  // full size that is some 7,000 packets a second, 2,100 of them sound.
  void meet() {
    for (size_t i = 0; i < kPublishers; ++i) world.join({.camera_encodings = 3});
    for (size_t i = 0; i < kViewers; ++i) world.join({.mic = false, .camera_encodings = 0});
    ASSERT_TRUE(
        world.network.run_until_true([&] { return world.all_connected(); }, TimeDelta::seconds(5)));
    std::vector<const SimClient*> cameras;
    for (size_t i = 0; i < kPublishers; ++i) cameras.push_back(world.clients[i].get());
    for (size_t i = 0; i < kViewers; ++i) world.view(viewer(i), cameras);
    ASSERT_TRUE(
        world.network.run_until_true([&] { return widest() == 1280; }, TimeDelta::seconds(5)));
    world.network.run_for(TimeDelta::seconds(5));
  }
  SimClient& viewer(size_t i) { return *world.clients[kPublishers + i]; }
  uint64_t voices(size_t i) {
    uint64_t sum = 0;
    for (size_t p = 0; p < kPublishers; ++p)
      sum += viewer(i).received_of(world.clients[p]->mic_track());
    return sum;
  }
  uint64_t frames(size_t i, size_t camera) {
    return viewer(i).received_of(world.clients[camera]->camera_track());
  }
  uint16_t widest() {
    uint16_t width = 0;
    for (size_t i = 0; i < kViewers; ++i) {
      for (size_t slot = 0; slot < viewer(i).video_slots(); ++slot)
        width = std::max(width, viewer(i).video(slot).width);
    }
    return width;
  }
  bool all_show(uint16_t width) {
    for (size_t i = 0; i < kViewers; ++i) {
      for (size_t slot = 0; slot < kPublishers; ++slot)
        if (viewer(i).video(slot).width != width) return false;
    }
    return true;
  }

  MediaWorld world{seed_or(1)};
};

TEST_F(Overload, SoundGoesOnAndPicturesGetSmallerUntilItCanDoThemAgain) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  meet();
  world.server.slow_down(TimeDelta::micros(220));  // 4,500 packets a second
  world.network.run_for(TimeDelta::seconds(5));
  std::vector<uint64_t> heard;
  std::vector<uint64_t> seen;
  for (size_t i = 0; i < kViewers; ++i) {
    heard.push_back(voices(i));
    for (size_t camera = 0; camera < kPublishers; ++camera) seen.push_back(frames(i, camera));
  }
  TimeDelta longest;
  for (int i = 0; i < 2'000; ++i) {
    world.network.run_for(TimeDelta::millis(10));
    longest = std::max(longest, world.server.waited());
  }
  EXPECT_LT(longest.ms(), 400) << "when it tries for more";
  for (size_t i = 0; i < kViewers; ++i) {
    EXPECT_GE(voices(i) - heard[i], 2'940u) << "of 3,000 packets of sound, viewer " << i;
    for (size_t camera = 0; camera < kPublishers; ++camera)
      EXPECT_GE(frames(i, camera) - seen[i * kPublishers + camera], 200u)
          << "in 20 s, viewer " << i << ", camera " << camera;
  }
  EXPECT_FALSE(all_show(1280));
  world.server.slow_down(TimeDelta::micros(20));
  EXPECT_TRUE(world.network.run_until_true([&] { return all_show(1280); }, TimeDelta::seconds(60)));
  for (const auto& client : world.clients) {
    for (const auto& fault : client->faults())
      ADD_FAILURE() << client->address().to_string() << ": " << fault;
  }
}

// With every packet that its socket had lost asked for six times, three times as many came, and
// were lost likewise; sound with them.
TEST_F(Overload, WhatItsSocketLosesIsNotAskedForUntilItKeepsUp) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  meet();
  world.server.give_room_for(600);
  world.server.slow_down(TimeDelta::micros(300));  // 3,300 packets a second
  world.network.run_for(TimeDelta::seconds(2));
  EXPECT_GT(world.server.lost, 100u);
  for (size_t i = 0; i < kPublishers; ++i)
    EXPECT_LT(world.clients[i]->nacked(), 100u) << "publisher " << i;
  const uint64_t lost = world.server.lost;
  std::vector<uint64_t> heard;
  for (size_t i = 0; i < kViewers; ++i) heard.push_back(viewer(i).audio_packets());
  world.network.run_for(TimeDelta::seconds(8));
  EXPECT_EQ(world.server.lost, lost);
  for (size_t i = 0; i < kViewers; ++i) {
    EXPECT_GE(viewer(i).audio_packets() - heard[i], 1'190u)
        << "of 1,200 packets of sound, viewer " << i;
  }
}

}  // namespace
}  // namespace parley::sim
