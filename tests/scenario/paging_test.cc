// A page of some out of many, in virtual time: what isn't on it costs nothing, and the next page is
// there at once. Prints its seed when it fails; PARLEY_SEED repeats one.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/media_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

constexpr size_t kPeople = 30;
constexpr size_t kPage = 9;

class Paging : public ::testing::Test {
 protected:
  Paging() {
    for (size_t i = 0; i < kPeople; ++i)
      world.join({.camera_encodings = 3, .audio_slots = 3, .video_slots = 0});
    viewer = &world.join({.camera_encodings = 0, .audio_slots = 3, .video_slots = kPage});
    world.obey_layers();
  }
  const SimClient& publisher(size_t i) const { return *world.clients[i % kPeople]; }
  void show_from(size_t first) {
    std::vector<const SimClient*> page;
    for (size_t i = 0; i < kPage; ++i) page.push_back(&publisher(first + i));
    world.view(*viewer, page, 240);
  }
  std::vector<uint64_t> frames() const {
    std::vector<uint64_t> out;
    for (size_t i = 0; i < kPeople; ++i)
      out.push_back(viewer->received_of(publisher(i).camera_track()));
    return out;
  }

  MediaWorld world{seed_or(21)};
  SimClient* viewer = nullptr;
};

TEST_F(Paging, WhoIsNotOnThePageIsNeitherForwardedNorEncoded) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  ASSERT_TRUE(
      world.network.run_until_true([&] { return world.all_connected(); }, TimeDelta::seconds(5)));
  show_from(0);
  world.network.run_for(TimeDelta::seconds(5));
  const auto before = frames();
  std::vector<uint64_t> sent;
  for (size_t i = 0; i < kPeople; ++i) sent.push_back(publisher(i).sent_video_packets);
  world.network.run_for(TimeDelta::seconds(10));
  const auto after = frames();
  for (size_t i = 0; i < kPeople; ++i) {
    if (i < kPage) {
      EXPECT_GE(after[i] - before[i], 240u) << "of 250 frames of visible " << i;
    } else {
      EXPECT_EQ(after[i], 0u) << "hidden " << i << " is not forwarded";
      EXPECT_EQ(publisher(i).sent_video_packets - sent[i], 0u) << "nor sent";
    }
  }
}

TEST_F(Paging, TheNextPageIsThereAtOnce) {
  SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << world.network.seed());
  ASSERT_TRUE(
      world.network.run_until_true([&] { return world.all_connected(); }, TimeDelta::seconds(5)));
  show_from(0);
  world.network.run_for(TimeDelta::seconds(5));
  std::vector<int64_t> waits;
  for (size_t flip = 1; flip <= 12; ++flip) {
    const auto before = frames();
    const Timestamp at = world.network.now();
    show_from(flip * kPage);
    for (size_t i = 0; i < kPage; ++i) {
      const size_t who = (flip * kPage + i) % kPeople;
      ASSERT_TRUE(world.network.run_until_true([&] { return frames()[who] > before[who]; },
                                               TimeDelta::seconds(2)))
          << "publisher " << who << " after flip " << flip;
      waits.push_back((world.network.now() - at).ms());
    }
    world.network.run_for(TimeDelta::seconds(3));
  }
  std::ranges::sort(waits);
  const int64_t p95 = waits[waits.size() * 95 / 100];
  std::printf("page flip to first frame: median %lld ms, p95 %lld ms, worst %lld ms\n",
              static_cast<long long>(waits[waits.size() / 2]), static_cast<long long>(p95),
              static_cast<long long>(waits.back()));
  EXPECT_LE(p95, 400);
  const auto& counters = world.server.shard().counters();
  EXPECT_EQ(counters.drops[static_cast<size_t>(shard::DropReason::kQueueFull)].value(), 0u);
}

}  // namespace
}  // namespace parley::sim
