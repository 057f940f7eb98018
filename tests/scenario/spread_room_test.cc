// A room spread over several shards: nobody notices. PARLEY_SEED repeats a run.
#include <gtest/gtest.h>

#include "sim/meeting_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

using signaling::TopologyMode;

// Two people on each of three shards.
control::ControlConfig two_each() {
  control::ControlConfig config;
  config.quiet_time = TimeDelta::seconds(2);
  config.room_share = 2;
  return config;
}
constexpr size_t kShards = 3;
constexpr ClientConfig kCamera{.camera_encodings = 3, .video_slots = 8};

size_t playing_slots(Member& member, Timestamp since) {
  size_t playing = 0;
  for (size_t i = 0; i < member.media().video_slots(); ++i) {
    const auto& last = member.media().video(i).last_frame;
    if (last && *last >= since) ++playing;
  }
  return playing;
}

void expect_no_faults(const MeetingWorld& world) {
  for (const auto& member : world.members) {
    for (const auto& fault : member->media().faults())
      ADD_FAILURE() << member->name() << ": " << fault;
    for (const auto& error : member->errors())
      ADD_FAILURE() << member->name() << " was told: " << error;
  }
}

size_t heard(Member& member, size_t slots = 3) {
  size_t count = 0;
  for (size_t i = 0; i < slots; ++i) count += member.media().audio(i).frames;
  return count;
}

class SpreadRoom : public testing::Test {
 protected:
  void enter(int people, LinkConfig link = {}) {
    for (int i = 0; i < people; ++i) {
      ClientConfig config = kCamera;
      config.voice_level = i < 2 || i == 5 ? 30 : 127;
      world_.enter("P" + std::to_string(i), config, link, link);
      world_.run_for(TimeDelta::millis(100));
    }
    ASSERT_TRUE(world_.run_until([&] { return world_.everyone_in(TopologyMode::kSfu); },
                                 TimeDelta::seconds(6)));
  }

  MeetingWorld world_{seed_or(1), two_each(), kShards};
};

TEST_F(SpreadRoom, EverybodySeesAndHearsEverybodyOnOtherShards) {
  enter(6);
  for (size_t i = 0; i < kShards; ++i) EXPECT_EQ(world_.server().shard(i).peer_count(), 2u);
  const Timestamp then = world_.network.now();
  std::vector<size_t> before;
  for (auto& member : world_.members) before.push_back(heard(*member));
  world_.run_for(TimeDelta::seconds(3));
  for (size_t i = 0; i < world_.members.size(); ++i) {
    Member& member = *world_.members[i];
    EXPECT_EQ(playing_slots(member, then), 5u) << member.name();
    // Three speak all the time, 50 packets a second; nobody hears itself.
    const size_t voices = i < 2 || i == 5 ? 2 : 3;
    EXPECT_GE(heard(member) - before[i], voices * 145) << member.name();
    EXPECT_LE(heard(member) - before[i], voices * 155) << member.name();
  }
  EXPECT_GT(world_.server().relayed, 0u);
  expect_no_faults(world_);
}

TEST_F(SpreadRoom, OnlyWhatAnotherShardLooksAtCrossesTo) {
  enter(4);
  world_.run_for(TimeDelta::seconds(4));
  for (auto& member : world_.members) {
    // Nobody looks at anybody.
    member->say(signaling::client::View{});
  }
  world_.run_for(TimeDelta::seconds(4));
  // Sound goes on: the three loudest are relayed, of whom two speak and one is only there.
  const uint64_t before = world_.server().relayed;
  world_.run_for(TimeDelta::seconds(2));
  EXPECT_GE(world_.server().relayed - before, 3u * 95);
  EXPECT_LE(world_.server().relayed - before, 3u * 105);
  expect_no_faults(world_);
}

TEST_F(SpreadRoom, LossesOnBothSidesAreRepaired) {
  enter(6, {.delay = TimeDelta::millis(20), .loss = 0.02});
  world_.run_for(TimeDelta::seconds(5));
  const Timestamp then = world_.network.now();
  world_.run_for(TimeDelta::seconds(3));
  for (auto& member : world_.members) EXPECT_EQ(playing_slots(*member, then), 5u) << member->name();
  expect_no_faults(world_);
}

TEST_F(SpreadRoom, ShardsComeAndGoWithTheirPeople) {
  enter(6);
  // The two of the first shard leave, then two others come.
  world_.leave(*world_.members[0]);
  world_.leave(*world_.members[0]);
  EXPECT_EQ(world_.server().shard(0).peer_count(), 0u);
  Timestamp then = world_.network.now();
  world_.run_for(TimeDelta::seconds(2));
  for (auto& member : world_.members) EXPECT_EQ(playing_slots(*member, then), 3u) << member->name();
  world_.enter("Late", kCamera);
  world_.enter("Later", kCamera);
  ASSERT_TRUE(world_.run_until(
      [&] {
        return world_.everyone_in(TopologyMode::kSfu) &&
               std::ranges::all_of(world_.members, [](auto& m) { return m->media().connected(); });
      },
      TimeDelta::seconds(4)));
  world_.run_for(TimeDelta::seconds(1));
  then = world_.network.now();
  world_.run_for(TimeDelta::seconds(2));
  for (auto& member : world_.members) EXPECT_EQ(playing_slots(*member, then), 5u) << member->name();
  EXPECT_EQ(world_.server().shard(0).peer_count(), 2u);
  expect_no_faults(world_);
}

// From the connection of somebody new to pictures of all four others.
TimeDelta until_pictures(size_t room_share) {
  control::ControlConfig config = two_each();
  config.room_share = room_share;
  MeetingWorld world(seed_or(1), config, kShards);
  for (int i = 0; i < 4; ++i) world.enter("P" + std::to_string(i), kCamera);
  EXPECT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kSfu); },
                              TimeDelta::seconds(6)));
  world.run_for(TimeDelta::seconds(3));
  Member& late = world.enter("Late", kCamera);
  EXPECT_TRUE(world.run_until([&] { return late.media().connected(); }, TimeDelta::seconds(2)));
  const Timestamp connected = world.network.now();
  EXPECT_TRUE(
      world.run_until([&] { return playing_slots(late, connected) == 4; }, TimeDelta::seconds(2)));
  expect_no_faults(world);
  return world.network.now() - connected;
}

TEST(SpreadRoomLate, ANewViewerOnANewShardWaitsNoLongerForPictures) {
  EXPECT_LE(until_pictures(2).ms(), until_pictures(100).ms() + 40);
}

}  // namespace
}  // namespace parley::sim
