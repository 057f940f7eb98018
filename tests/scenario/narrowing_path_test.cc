// The laboratory's run (tests/lab/specs/rate.spec.ts) in virtual time: a viewer of two cameras
// whose path narrows from 4 Mbit/s to 100 kbit/s step by step, and is wide again. The bars are the
// laboratory's. Ten seeds; PARLEY_SEED gives the first.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <numeric>
#include <vector>

#include "sim/freeze_meter.h"
#include "sim/media_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

constexpr TimeDelta kStep = TimeDelta::millis(5);
constexpr TimeDelta kStage = TimeDelta::seconds(20);

LinkConfig link(int64_t kbps) {
  const DataRate rate = DataRate::kbps(kbps);
  return {.delay = TimeDelta::millis(30), .rate = rate, .queue = rate * TimeDelta::millis(300)};
}

class NarrowingPath : public ::testing::TestWithParam<uint64_t> {
 protected:
  void SetUp() override {
    world.obey_layers();
    world.join({.camera_encodings = 3, .temporal_layers = true});
    world.join({.mic = false, .camera_shift = 2, .temporal_layers = true});
    viewer = &world.join({.mic = false, .camera_encodings = 0});
    ASSERT_TRUE(
        world.network.run_until_true([&] { return world.all_connected(); }, TimeDelta::seconds(5)));
    world.view(*viewer, {world.clients[0].get(), world.clients[1].get()});
    ASSERT_TRUE(shows_top_within(TimeDelta::seconds(3)));
    world.network.run_for(TimeDelta::seconds(5));
    for (size_t i = 0; i < 2; ++i) seen_[i] = frames(i);
    heard_ = sounds();
    heard_at_ = world.network.now();
  }
  // At so much for a stage, or until the top layer of the large camera is there; how long it was.
  TimeDelta stage(int64_t kbps, bool until_top = false) {
    world.network.set_links(viewer->address(), {.delay = TimeDelta::millis(30)}, link(kbps));
    TimeDelta passed = TimeDelta::zero();
    while (passed < kStage && !(until_top && shows_top())) {
      world.network.run_for(kStep);
      passed = passed + kStep;
      look();
    }
    return passed;
  }
  bool shows_top_within(TimeDelta limit) {
    return world.network.run_until_true([&] { return shows_top(); }, limit);
  }
  bool shows_top() const {
    for (size_t i = 0; i < viewer->video_slots(); ++i) {
      if (viewer->video(i).width == 1280 && viewer->video(i).last_frame &&
          world.network.now() - *viewer->video(i).last_frame < TimeDelta::millis(200))
        return true;
    }
    return false;
  }
  void look() {
    const Timestamp now = world.network.now();
    for (size_t i = 0; i < 2; ++i) {
      for (; seen_[i] < frames(i); ++seen_[i]) pictures[i].on_frame(now);
    }
    if (sounds() != heard_) {
      heard_ = sounds();
      longest_silence = std::max(longest_silence, now - heard_at_);
      heard_at_ = now;
    }
  }
  uint64_t frames(size_t i) const { return viewer->received_of(world.clients[i]->camera_track()); }
  uint64_t sounds() const { return viewer->audio_packets(); }

  MediaWorld world{GetParam()};
  SimClient* viewer = nullptr;
  std::array<FreezeMeter, 2> pictures;
  TimeDelta longest_silence = TimeDelta::zero();

 private:
  std::array<uint64_t, 2> seen_{};
  uint64_t heard_ = 0;
  Timestamp heard_at_;
};

TEST_P(NarrowingPath, FreezesLittleAndNeverStopsTheSound) {
  std::array<std::array<int64_t, 2>, 3> frozen{};
  size_t at = 0;
  for (const int64_t kbps : {4'000, 1'000, 300}) {
    stage(kbps);
    frozen[at++] = {pictures[0].frozen().ms(), pictures[1].frozen().ms()};
  }
  const Timestamp wide = world.network.now();
  for (auto& picture : pictures) picture.end(wide);
  const std::array<TimeDelta, 2> still = {pictures[0].frozen(), pictures[1].frozen()};
  stage(100);
  const TimeDelta silent_narrow = longest_silence;
  const TimeDelta back = stage(4'000, true);
  std::printf(
      "seed %llu: frozen by 4M %lld %lld, by 1M %lld %lld, by 300k %lld %lld ms (%.1f %%, %.1f %%, "
      "longest %lld %lld); silence %lld, %lld ms; back after %lld ms\n",
      static_cast<unsigned long long>(GetParam()), static_cast<long long>(frozen[0][0]),
      static_cast<long long>(frozen[0][1]), static_cast<long long>(frozen[1][0]),
      static_cast<long long>(frozen[1][1]), static_cast<long long>(still[0].ms()),
      static_cast<long long>(still[1].ms()), still[0].seconds_f() / 0.6, still[1].seconds_f() / 0.6,
      static_cast<long long>(pictures[0].longest().ms()),
      static_cast<long long>(pictures[1].longest().ms()),
      static_cast<long long>(silent_narrow.ms()), static_cast<long long>(longest_silence.ms()),
      static_cast<long long>(back.ms()));
  for (const TimeDelta one : still) EXPECT_LT(one, kStage * 3 * 3 / 100);
  EXPECT_LT(longest_silence, TimeDelta::millis(1'000));
  EXPECT_LT(back, TimeDelta::seconds(10));
  for (const auto& client : world.clients) {
    for (const auto& fault : client->faults())
      ADD_FAILURE() << client->address().to_string() << ": " << fault;
  }
}

// As the laboratory's second test: from all that two cameras send to what hardly carries the sound.
// 320 ms pass until the first large packets are through; what meets the full queue is lost.
TEST_P(NarrowingPath, SoundGoesOnWhereNothingElseFits) {
  const uint64_t before = sounds();
  stage(60);
  const auto sent = static_cast<uint64_t>(kStage.ms() / 20);
  const uint64_t lost = sent - (sounds() - before);
  std::printf("seed %llu: silence %lld ms, %llu packets of sound lost\n",
              static_cast<unsigned long long>(GetParam()),
              static_cast<long long>(longest_silence.ms()), static_cast<unsigned long long>(lost));
  EXPECT_LE(longest_silence, TimeDelta::millis(350));
  EXPECT_LE(lost, 12u);
}

std::vector<uint64_t> seeds() {
  std::vector<uint64_t> out(10);
  std::iota(out.begin(), out.end(), seed_or(1));
  return out;
}

INSTANTIATE_TEST_SUITE_P(Seeds, NarrowingPath, ::testing::ValuesIn(seeds()),
                         [](const auto& seed) { return "Seed" + std::to_string(seed.param); });

}  // namespace
}  // namespace parley::sim
