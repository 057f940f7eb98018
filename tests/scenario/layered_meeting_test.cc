// A camera that sends one stream of layers, through a whole shard: what its packets' header
// extensions say is read, what they describe is forwarded, and what they declare is believed. The
// layers alone, with a thousand changes, are in layer_switch_test.cc. Each run prints its seed when
// it fails; PARLEY_SEED repeats one.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sim/media_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

struct Case {
  const char* name;
  LayeredConfig config;
};

using FramesBySpatial = std::array<uint64_t, 3>;

FramesBySpatial frames(const LayeredDecoder& decoder) {
  FramesBySpatial out{};
  for (const auto& [layer, count] : decoder.frames_of)
    out[static_cast<size_t>(layer.first)] += count;
  return out;
}

class LayeredMeeting : public ::testing::TestWithParam<Case> {
 protected:
  LayeredMeeting() : world_(seed_or(1)) {}

  SimClient& publish(LinkConfig up = {}) {
    SimClient& camera = world_.join({.mic = false,
                                     .audio_slots = 0,
                                     .video_slots = 0,
                                     .frame_interval = TimeDelta::micros(33'333),
                                     .layers = GetParam().config},
                                    up);
    camera.set_sending(false);
    return camera;
  }
  SimClient& watch(LinkConfig down = {}) {
    return world_.join({.mic = false,
                        .camera_encodings = 0,
                        .audio_slots = 0,
                        .video_slots = 1,
                        .layers = GetParam().config},
                       {}, down);
  }
  void begin(SimClient& camera, const std::vector<std::pair<SimClient*, uint16_t>>& tiles) {
    ASSERT_TRUE(world_.network.run_until_true([&] { return world_.all_connected(); },
                                              TimeDelta::seconds(10)));
    for (const auto& [viewer, height] : tiles) {
      viewer->layered(0).ignore_time();
      world_.view(*viewer, {&camera}, height);
    }
    camera.set_sending(true);
    world_.network.run_for(TimeDelta::seconds(8));
    for (const auto& [viewer, height] : tiles) viewer->layered(0).judge_time_anew();
  }
  FramesBySpatial frames_in(TimeDelta time, SimClient& viewer) {
    const FramesBySpatial before = frames(viewer.layered(0));
    world_.network.run_for(time);
    FramesBySpatial after = frames(viewer.layered(0));
    for (size_t s = 0; s < after.size(); ++s) after[s] -= before[s];
    return after;
  }
  void expect_no_faults() {
    for (const auto& client : world_.clients) {
      for (const auto& fault : client->faults())
        ADD_FAILURE() << client->address().to_string() << ": " << fault;
    }
  }

  MediaWorld world_;
};

TEST_P(LayeredMeeting, EachTileGetsTheLayersThatSuitIt) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world_.network.seed());
  SimClient& camera = publish({.loss = 0.01});
  SimClient& small = watch();
  SimClient& middle = watch();
  SimClient& large = watch();
  begin(camera, {{&small, 180}, {&middle, 360}, {&large, 720}});
  const FramesBySpatial before_middle = frames(middle.layered(0));
  const FramesBySpatial before_large = frames(large.layered(0));
  const FramesBySpatial of_small = frames_in(TimeDelta::seconds(10), small);
  const FramesBySpatial of_middle = frames(middle.layered(0));
  const FramesBySpatial of_large = frames(large.layered(0));
  constexpr uint64_t kMost = 290;  // of 300 pictures
  EXPECT_GE(of_small[0], kMost);
  EXPECT_EQ(of_small[1] + of_small[2], 0u);
  EXPECT_GE(of_middle[1] - before_middle[1], kMost);
  EXPECT_EQ(of_middle[2] - before_middle[2], 0u);
  EXPECT_GE(of_large[2] - before_large[2], kMost);
  EXPECT_GT(camera.layered_camera()->repaired, 10u) << "the loss is real";
  expect_no_faults();
}

// The packets weigh about 200 kbit/s together, so by their weight alone all layers would fit.
TEST_P(LayeredMeeting, WhatIsDeclaredOfALayerIsBelieved) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world_.network.seed());
  SimClient& camera = publish();
  SimClient& narrow = watch({.rate = DataRate::kbps(450)});
  begin(camera, {{&narrow, 720}});
  const FramesBySpatial of_narrow = frames_in(TimeDelta::seconds(10), narrow);
  EXPECT_GT(of_narrow[0] + of_narrow[1], 70u) << "at least the lowest of the temporal layers";
  EXPECT_EQ(of_narrow[2], 0u) << "1.8 Mbit/s, it was said";
  expect_no_faults();
}

INSTANTIATE_TEST_SUITE_P(
    Codecs, LayeredMeeting,
    ::testing::Values(Case{"Vp9Key", {.codec = rtp::Codec::kVp9, .spatial = 3, .key_mode = true}},
                      Case{"Vp9Full", {.codec = rtp::Codec::kVp9, .spatial = 3}},
                      Case{"Av1Key", {.codec = rtp::Codec::kAv1, .spatial = 3, .key_mode = true}},
                      Case{"Av1Full", {.codec = rtp::Codec::kAv1, .spatial = 3}}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace parley::sim
