// What a viewer gets when its path narrows, in virtual time: the estimate, the allocation and the
// pacer together. Each prints its seed when it fails; PARLEY_SEED repeats one.
#include <gtest/gtest.h>

#include "sim/media_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

LinkConfig link(DataRate rate, double loss = 0) {
  // A queue of 200 ms at that rate: what home routers have, and more than anybody wants to wait.
  return {.delay = TimeDelta::millis(20),
          .loss = loss,
          .rate = rate,
          .queue = std::max(DataSize::bytes(8'000), rate * TimeDelta::millis(200))};
}

class Bandwidth : public ::testing::Test {
 protected:
  // Publishers with three encodings (1.3 Mbit/s, 390 and 160 kbit/s) and one viewer.
  void meet(size_t publishers) {
    for (size_t i = 0; i < publishers; ++i) world.join({.camera_encodings = 3});
    viewer = &world.join({.camera_encodings = 0});
    ASSERT_TRUE(
        world.network.run_until_true([&] { return world.all_connected(); }, TimeDelta::seconds(5)));
    std::vector<const SimClient*> cameras;
    cameras.reserve(publishers);
    for (size_t i = 0; i < publishers; ++i) cameras.push_back(world.clients[i].get());
    world.view(*viewer, cameras);
  }
  void narrow(LinkConfig down) { world.network.set_links(viewer->address(), link({}), down); }
  uint64_t frames() const {
    uint64_t sum = 0;
    for (const auto& client : world.clients) sum += viewer->received_of(client->camera_track());
    return sum;
  }
  uint64_t voices() const {
    uint64_t sum = 0;
    for (const auto& client : world.clients) sum += viewer->received_of(client->mic_track());
    return sum;
  }
  // Width of the picture decoded last.
  uint16_t shown() const {
    uint16_t width = 0;
    Timestamp latest;
    for (size_t i = 0; i < viewer->video_slots(); ++i) {
      const auto& slot = viewer->video(i);
      if (slot.last_frame && *slot.last_frame >= latest) {
        latest = *slot.last_frame;
        width = slot.width;
      }
    }
    return width;
  }
  bool shows_within(uint16_t width, TimeDelta limit) {
    return world.network.run_until_true([&] { return shown() == width; }, limit);
  }
  void expect_no_faults() const {
    for (const auto& client : world.clients) {
      for (const auto& fault : client->faults())
        ADD_FAILURE() << client->address().to_string() << ": " << fault;
    }
  }

  MediaWorld world{seed_or(11)};
  SimClient* viewer = nullptr;
};

TEST_F(Bandwidth, AWidePathShowsTheTopLayerAtOnce) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  meet(1);
  EXPECT_TRUE(shows_within(1280, TimeDelta::seconds(2)));
  world.network.run_for(TimeDelta::seconds(10));
  EXPECT_EQ(shown(), 1280);
  EXPECT_EQ(viewer->video(0).broken_frames, 0u);
  expect_no_faults();
}

TEST_F(Bandwidth, ThePictureGetsSmallerBeforeItGetsLateAndComesBack) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  meet(1);
  ASSERT_TRUE(shows_within(1280, TimeDelta::seconds(2)));
  world.network.run_for(TimeDelta::seconds(5));
  const struct {
    int64_t kbps;
    uint16_t width;
    uint64_t least_frames;  // in 15 s after the first 5; 25 a second were sent
  } steps[] = {{700, 640, 340}, {300, 320, 340}};
  for (const auto& step : steps) {
    narrow(link(DataRate::kbps(step.kbps)));
    world.network.run_for(TimeDelta::seconds(5));
    const uint64_t before = frames();
    const uint64_t heard = voices();
    world.network.run_for(TimeDelta::seconds(15));
    EXPECT_EQ(shown(), step.width) << "at " << step.kbps << " kbit/s";
    EXPECT_GE(frames() - before, step.least_frames) << "at " << step.kbps << " kbit/s";
    EXPECT_GE(voices() - heard, 740u) << "of 750 packets, at " << step.kbps << " kbit/s";
  }
  narrow(link(DataRate::kbps(4'000)));
  EXPECT_TRUE(shows_within(1280, TimeDelta::seconds(10))) << "back to the top layer";
  expect_no_faults();
}

TEST_F(Bandwidth, SoundGoesOnWhereNoPictureFits) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  meet(1);
  world.network.run_for(TimeDelta::seconds(3));
  narrow(link(DataRate::kbps(60)));
  world.network.run_for(TimeDelta::seconds(5));
  const uint64_t heard = voices();
  world.network.run_for(TimeDelta::seconds(20));
  EXPECT_GE(voices() - heard, 950u) << "of 1,000 packets";
  narrow(link(DataRate::kbps(3'000)));
  EXPECT_TRUE(shows_within(1280, TimeDelta::seconds(10)));
  expect_no_faults();
}

TEST_F(Bandwidth, RandomLossCostsNoQuality) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  meet(1);
  ASSERT_TRUE(shows_within(1280, TimeDelta::seconds(2)));
  narrow(link(DataRate::kbps(4'000), 0.02));
  world.network.run_for(TimeDelta::seconds(20));
  EXPECT_EQ(shown(), 1280);
  expect_no_faults();
}

TEST_F(Bandwidth, EveryVisibleSourceIsLitBeforeOneGetsMore) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  meet(4);
  world.network.run_for(TimeDelta::seconds(3));
  narrow(link(DataRate::kbps(1'100)));
  world.network.run_for(TimeDelta::seconds(8));
  std::map<const SimClient*, uint64_t> before;
  for (size_t i = 0; i < 4; ++i) {
    const SimClient* camera = world.clients[i].get();
    before[camera] = viewer->received_of(camera->camera_track());
  }
  world.network.run_for(TimeDelta::seconds(10));
  for (const auto& [camera, count] : before)
    EXPECT_GE(viewer->received_of(camera->camera_track()) - count, 220u) << "of 250 frames";
  expect_no_faults();
}

}  // namespace
}  // namespace parley::sim
