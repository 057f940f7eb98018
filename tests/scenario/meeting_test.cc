// Whole meetings in virtual time: signalling, topology and media of the real server. PARLEY_SEED
// repeats a run.
#include <gtest/gtest.h>

#include "sim/meeting_world.h"
#include "sim/seed.h"

namespace parley::sim {
namespace {

using signaling::TopologyMode;

control::ControlConfig quick() {
  control::ControlConfig config;
  config.quiet_time = TimeDelta::seconds(2);
  return config;
}

void expect_no_faults(const MeetingWorld& world) {
  for (const auto& member : world.members) {
    for (const auto& fault : member->media().faults())
      ADD_FAILURE() << member->name() << ": " << fault;
    for (const auto& error : member->errors())
      ADD_FAILURE() << member->name() << " was told: " << error;
  }
}

size_t playing_slots(Member& member, Timestamp since) {
  size_t playing = 0;
  for (size_t i = 0; i < member.media().video_slots(); ++i) {
    const auto& last = member.media().video(i).last_frame;
    if (last && *last >= since) ++playing;
  }
  return playing;
}

TEST(MeetingScenario, TwoTalkDirectlyAndTheServerSeesNoPacket) {
  MeetingWorld world(seed_or(1), quick());
  world.enter("Ana");
  world.enter("Bo");
  ASSERT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kP2p); },
                              TimeDelta::seconds(3)));
  world.run_for(TimeDelta::seconds(10));
  EXPECT_TRUE(world.everyone_in(TopologyMode::kP2p));
  EXPECT_EQ(world.rtp_received(), 0u);
  for (auto& member : world.members)
    EXPECT_TRUE(member->media().connected()) << "the server leg is kept ready";
  expect_no_faults(world);
}

TEST(MeetingScenario, ThirdPersonMovesTheCallToTheServerAndBackWhenOneLeaves) {
  MeetingWorld world(seed_or(2), quick());
  Member& ana = world.enter("Ana");
  Member& bo = world.enter("Bo");
  ASSERT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kP2p); },
                              TimeDelta::seconds(3)));
  Member& chi = world.enter("Chi");
  ASSERT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kSfu); },
                              TimeDelta::seconds(3)));
  // Make before break: nobody was told to let the direct leg go before both had the server's
  // pictures.
  for (const Member* member : {&ana, &bo}) {
    ASSERT_TRUE(member->ready_at);
    EXPECT_GE(*member->committed_at, *ana.ready_at);
    EXPECT_GE(*member->committed_at, *bo.ready_at);
  }
  const Timestamp then = world.network.now();
  world.run_for(TimeDelta::seconds(3));
  for (auto& member : world.members) EXPECT_EQ(playing_slots(*member, then), 2u) << member->name();
  world.leave(chi);
  ASSERT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kP2p); },
                              TimeDelta::seconds(6)));
  const uint64_t packets = world.rtp_received();
  world.run_for(TimeDelta::seconds(3));
  EXPECT_LE(world.rtp_received() - packets, 20u) << "only what was on its way";
  expect_no_faults(world);
}

TEST(MeetingScenario, DirectLegThatCantConnectGoesToTheServerWithinThreeSeconds) {
  MeetingWorld world(seed_or(3), quick());
  Member& ana = world.enter("Ana");
  Member& bo = world.enter("Bo");
  ana.direct_works = bo.direct_works = false;
  const Timestamp start = world.network.now();
  ASSERT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kSfu); },
                              TimeDelta::seconds(5)));
  EXPECT_LE((world.network.now() - start).ms(), 3'200);
  world.run_for(TimeDelta::seconds(2));
  EXPECT_EQ(playing_slots(ana, world.network.now() - TimeDelta::seconds(1)), 1u);
  EXPECT_EQ(playing_slots(bo, world.network.now() - TimeDelta::seconds(1)), 1u);
  expect_no_faults(world);
}

TEST(MeetingScenario, PolicyOffKeepsTwoOnTheServer) {
  auto config = quick();
  config.p2p = room::P2pPolicy::kOff;
  MeetingWorld world(seed_or(4), config);
  world.enter("Ana");
  world.enter("Bo");
  ASSERT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kSfu); },
                              TimeDelta::seconds(2)));
  world.run_for(TimeDelta::seconds(10));
  EXPECT_TRUE(world.everyone_in(TopologyMode::kSfu));
  for (auto& member : world.members)
    EXPECT_EQ(playing_slots(*member, world.network.now() - TimeDelta::seconds(1)), 1u);
  expect_no_faults(world);
}

TEST(MeetingScenario, LostSocketKeepsTheSeatAndMediaDoesNotNotice) {
  auto config = quick();
  config.p2p = room::P2pPolicy::kOff;
  MeetingWorld world(seed_or(5), config);
  Member& ana = world.enter("Ana");
  Member& bo = world.enter("Bo");
  ASSERT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kSfu); },
                              TimeDelta::seconds(2)));
  world.run_for(TimeDelta::seconds(2));
  const std::string seat = ana.id();
  world.lose_socket(ana);
  bo.say_chat("are you there?");
  world.run_for(TimeDelta::seconds(20));
  EXPECT_EQ(playing_slots(bo, world.network.now() - TimeDelta::millis(500)), 1u);
  EXPECT_EQ(playing_slots(ana, world.network.now() - TimeDelta::millis(500)), 1u);
  world.reconnect(ana);
  ASSERT_TRUE(world.run_until([&] { return ana.resumed(); }, TimeDelta::seconds(1)));
  EXPECT_EQ(ana.id(), seat);
  EXPECT_EQ(ana.chat(), std::vector<std::string>{"are you there?"});
  for (size_t i = 0; i < bo.media().video_slots(); ++i) {
    EXPECT_LE(bo.media().video(i).longest_gap.ms(), 100) << "no frame missed";
  }
  expect_no_faults(world);
}

TEST(MeetingScenario, SeatThatNobodyResumesIsFreedAfterAMinute) {
  MeetingWorld world(seed_or(6), quick());
  Member& ana = world.enter("Ana");
  Member& bo = world.enter("Bo");
  world.run_for(TimeDelta::seconds(2));
  world.lose_socket(bo);
  world.run_for(TimeDelta::seconds(55));
  EXPECT_EQ(ana.roster().size(), 2u);
  world.run_for(TimeDelta::seconds(10));
  EXPECT_EQ(ana.roster().size(), 1u);
}

TEST(MeetingScenario, MalformedMessagesAreCountedAndTheCallGoesOn) {
  auto config = quick();
  config.p2p = room::P2pPolicy::kOff;
  MeetingWorld world(seed_or(7), config);
  Member& ana = world.enter("Ana");
  Member& bo = world.enter("Bo");
  ASSERT_TRUE(world.run_until([&] { return world.everyone_in(TopologyMode::kSfu); },
                              TimeDelta::seconds(2)));
  // Each from a connection of its own, as rate limits would end one that misbehaves so much.
  SeededRandom random(world.network.seed());
  const std::string good =
      R"({"type":"join","id":1,"protocol":1,"room":"sim","name":"Eve","state":{"mic":true}})";
  constexpr uint64_t kMessages = 1'000;
  for (uint32_t i = 0; i < kMessages; ++i) {
    std::string text = good;
    if (i % 2 == 0) {
      text.resize(random.below(text.size()));
    } else {
      text[1 + random.below(text.size() - 2)] = static_cast<char>(random.below(32));
    }
    const control::ConnectionId connection{1'000'000 + i};
    world.control().handle_connected(connection,
                                     {IpAddress::v4(203, 0, 113, 1), IpAddress::v4(10, 0, 0, 1)},
                                     world.network.now());
    world.control().handle_message(connection, text, world.network.now(), 0);
    world.control().handle_disconnected(connection, world.network.now());
    if (i % 50 == 0) world.run_for(TimeDelta::millis(10));
  }
  uint64_t counted = 0;
  for (const auto& [where, count] : world.control().stats().bad_input) counted += count;
  EXPECT_EQ(counted, kMessages);
  world.run_for(TimeDelta::seconds(2));
  EXPECT_EQ(playing_slots(ana, world.network.now() - TimeDelta::millis(500)), 1u);
  EXPECT_EQ(playing_slots(bo, world.network.now() - TimeDelta::millis(500)), 1u);
  expect_no_faults(world);
}

TEST(MeetingScenario, RandomComingsAndGoingsEndWithEveryoneSeeingEveryone) {
  for (uint64_t seed = seed_or(200); seed < seed_or(200) + 6; ++seed) {
    control::ControlConfig config = quick();
    config.room_share = 1 + seed % 2;
    MeetingWorld world(seed, config, /*shards=*/1 + seed % 3);
    SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << seed);
    SeededRandom random(seed);
    for (int step = 0; step < 25; ++step) {
      const uint64_t action = random.below(8);
      if (world.members.size() < 2 || (action < 3 && world.members.size() < 4)) {
        const LinkConfig link{
            .delay = TimeDelta::millis(static_cast<int64_t>(2 + random.below(40))),
            .loss = static_cast<double>(random.below(3)) / 100};
        world.enter("P" + std::to_string(step), {.camera_encodings = 3}, link, link).direct_works =
            random.below(4) != 0;
      } else if (action < 5) {
        world.leave(*world.members[random.below(world.members.size())]);
      } else if (action == 5) {
        Member& member = *world.members[random.below(world.members.size())];
        world.lose_socket(member);
        world.run_for(TimeDelta::millis(static_cast<int64_t>(random.below(3'000))));
        world.reconnect(member);
      }
      world.run_for(TimeDelta::millis(static_cast<int64_t>(random.below(4'000))));
    }
    while (world.members.size() < 3) world.enter("Last" + std::to_string(world.members.size()));
    world.run_for(TimeDelta::seconds(12));
    const Timestamp recently = world.network.now() - TimeDelta::seconds(1);
    for (auto& member : world.members) {
      EXPECT_EQ(member->mode(), TopologyMode::kSfu) << member->name();
      EXPECT_EQ(playing_slots(*member, recently), world.members.size() - 1) << member->name();
      EXPECT_EQ(member->roster().size(), world.members.size());
    }
    expect_no_faults(world);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace parley::sim
