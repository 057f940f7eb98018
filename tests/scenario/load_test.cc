// The load generator against the real control plane and shard, in virtual time: that it hears and
// sees what it sent, and that it notices what goes wrong on the way.
#include <gtest/gtest.h>

#include <vector>

#include "load/media_receiver.h"
#include "sim/meeting_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

constexpr auto kVideo = rtp::MediaKind::kVideo;
constexpr auto kAudio = rtp::MediaKind::kAudio;
constexpr LinkConfig kLan{.delay = TimeDelta::millis(1)};

load::Material blank(size_t layers) {
  load::Material material;
  material.traffic.encodings = load::scaled_encodings(layers, DataRate::kbps(1500));
  return material;
}

class Load : public ::testing::Test {
 protected:
  explicit Load(size_t layers = 1) : material(blank(layers)) {}

  LoadMember& publisher() {
    return world.enter_load(
        {.name = "Ana", .number = 1, .speech = 1, .audio_slots = 0, .video_slots = 0}, material,
        kLan, kLan);
  }
  LoadMember& viewer() {
    return world.enter_load({.name = "Bo",
                             .number = 2,
                             .mic = false,
                             .camera = false,
                             .audio_slots = 1,
                             .video_slots = 1,
                             .check_every = 1},
                            material, kLan, kLan);
  }
  void run(int64_t seconds) { world.run_for(TimeDelta::seconds(seconds)); }
  static uint64_t faults(const load::ReceiverCounters& counters) {
    return counters.damaged + counters.misnumbered + counters.mistimed;
  }

  load::Material material;
  MeetingWorld world{seed_or(31)};
};

TEST_F(Load, AViewerHearsAndSeesEveryPacketOfAPublisher) {
  LoadMember& sender = publisher();
  LoadMember& receiver = viewer();
  run(4);
  ASSERT_TRUE(sender.client().sending());
  world.latencies.video.clear();
  world.latencies.audio.clear();
  const auto video_before = receiver.received(kVideo);
  const uint64_t sent_before = sender.client().media().publisher()->pictures(0).packets;
  const auto audio_before = receiver.received(kAudio);
  run(10);
  const auto video = receiver.received(kVideo) - video_before;
  const auto audio = receiver.received(kAudio) - audio_before;
  const uint64_t sent = sender.client().media().publisher()->pictures(0).packets - sent_before;
  EXPECT_GT(sent, 1500u);
  EXPECT_NEAR(static_cast<double>(video.packets.received), static_cast<double>(sent), 20);
  EXPECT_NEAR(static_cast<double>(audio.packets.received), 500, 2);
  EXPECT_EQ(video.packets.lost + audio.packets.lost, 0u);
  EXPECT_EQ(video.packets.reordered + audio.packets.reordered, 0u);
  EXPECT_EQ(faults(video) + faults(audio), 0u);
  // 1 ms to and 1 ms from the server on either side.
  EXPECT_EQ(world.latencies.audio.percentile(0.5), TimeDelta::millis(4));
  EXPECT_GE(world.latencies.video.percentile(0.01), TimeDelta::millis(4));
  EXPECT_LE(world.latencies.video.percentile(0.99), TimeDelta::millis(20));
}

TEST_F(Load, NoticesADroppedPacketAndItsRepair) {
  publisher();
  LoadMember& receiver = viewer();
  run(4);
  const auto before = receiver.received(kVideo);
  int packets = 0;
  int dropped = 0;
  receiver.loses = [&](Bytes) { return ++packets % 50 == 0 && ++dropped > 0; };
  run(5);
  receiver.loses = {};
  run(2);
  const auto video = receiver.received(kVideo) - before;
  ASSERT_GT(dropped, 10);
  EXPECT_GT(video.packets.repaired, 5u) << "it asked, the server sent again";
  EXPECT_EQ(video.packets.lost, 0u);
  const auto audio = receiver.received(kAudio);
  EXPECT_GT(audio.packets.lost, 0u) << "nobody repairs sound";
  EXPECT_EQ(faults(video) + faults(audio), 0u);
}

TEST_F(Load, NoticesPacketsThatComeLate) {
  publisher();
  LoadMember& receiver = viewer();
  run(4);
  EXPECT_EQ(receiver.received(kVideo).packets.reordered, 0u);
  world.network.set_links(receiver.address(), kLan,
                          {.delay = TimeDelta::millis(1), .jitter = TimeDelta::millis(30)});
  world.latencies.video.clear();
  run(5);
  EXPECT_GT(receiver.received(kVideo).packets.reordered, 100u);
  EXPECT_GE(world.latencies.video.percentile(0.9), TimeDelta::millis(20));
  EXPECT_EQ(faults(receiver.received(kVideo)), 0u);
}

class LoadMeeting : public Load {
 protected:
  LoadMeeting() : Load(3) {}
};

TEST_F(LoadMeeting, EverybodySeesThoseWhoCameAfterThem) {
  std::vector<LoadMember*> all;
  for (uint32_t i = 0; i < 4; ++i) {
    all.push_back(&world.enter_load({.name = "Load",
                                     .number = i,
                                     .speech = 0.5,
                                     .audio_slots = 3,
                                     .video_slots = 2,
                                     .view_width = 640,
                                     .view_height = 360,
                                     .check_every = 1},
                                    material, kLan, kLan));
  }
  run(15);
  for (const LoadMember* one : all) {
    const load::MediaReceiver& receiver = *one->client().media().receiver();
    EXPECT_EQ(receiver.live_slots(kVideo, TimeDelta::millis(200), world.network.now()), 2u);
    EXPECT_GT(receiver.total(kVideo).checked, 1000u);
    EXPECT_EQ(faults(receiver.total(kVideo)) + faults(receiver.total(kAudio)), 0u);
    EXPECT_EQ(receiver.total(kVideo).packets.lost, 0u);
    const load::Publisher& sender = *one->client().media().publisher();
    EXPECT_FALSE(sender.wanted(2)) << "nobody looks at 720 lines";
  }
}

}  // namespace
}  // namespace parley::sim
