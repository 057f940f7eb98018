// The laboratory's other run (tests/lab/specs/loss.spec.ts) in virtual time: a viewer of two
// cameras whose path loses a tenth of the packets, both ways. Of five runs together, as the holes
// of one are few; PARLEY_SEED gives the first. This viewer keeps no time in reserve for repairs,
// which a page does (web/packages/core/src/playout-reserve.ts).
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "sim/freeze_meter.h"
#include "sim/media_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

constexpr TimeDelta kStep = TimeDelta::millis(5);
constexpr TimeDelta kRun = TimeDelta::seconds(20);
constexpr int kRuns = 5;

// How long the two pictures stood still, together.
TimeDelta frozen_in_a_run(uint64_t seed) {
  MediaWorld world{seed};
  world.obey_layers();
  world.join({.camera_encodings = 3, .temporal_layers = true});
  world.join({.mic = false, .camera_shift = 2, .temporal_layers = true});
  SimClient& viewer = world.join({.mic = false, .camera_encodings = 0});
  EXPECT_TRUE(
      world.network.run_until_true([&] { return world.all_connected(); }, TimeDelta::seconds(5)));
  world.view(viewer, {world.clients[0].get(), world.clients[1].get()});
  world.network.run_for(TimeDelta::seconds(10));
  const DataRate rate = DataRate::kbps(4'000);
  const LinkConfig link{.delay = TimeDelta::millis(30),
                        .loss = 0.1,
                        .rate = rate,
                        .queue = rate * TimeDelta::millis(300)};
  world.network.set_links(viewer.address(), link, link);

  const auto frames = [&](size_t i) {
    return viewer.received_of(world.clients[i]->camera_track());
  };
  std::array<FreezeMeter, 2> pictures;
  std::array<uint64_t, 2> seen = {frames(0), frames(1)};
  for (TimeDelta passed; passed < kRun; passed = passed + kStep) {
    world.network.run_for(kStep);
    for (size_t i = 0; i < 2; ++i) {
      for (; seen[i] < frames(i); ++seen[i]) pictures[i].on_frame(world.network.now());
    }
  }
  TimeDelta frozen;
  for (auto& picture : pictures) {
    picture.end(world.network.now());
    frozen = frozen + picture.frozen();
  }
  for (const auto& client : world.clients) {
    for (const auto& fault : client->faults())
      ADD_FAILURE() << client->address().to_string() << ": " << fault;
  }
  std::printf("seed %llu: frozen %lld of %lld ms\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(frozen.ms()), static_cast<long long>(2 * kRun.ms()));
  return frozen;
}

TEST(LossyPath, RepairsKeepPicturesMoving) {
  const uint64_t first = seed_or(1);
  TimeDelta frozen;
  for (uint64_t seed = first; seed < first + kRuns; ++seed) frozen = frozen + frozen_in_a_run(seed);
  EXPECT_LT(frozen, kRun * 2 * kRuns * 2 / 100);
}

}  // namespace
}  // namespace parley::sim
