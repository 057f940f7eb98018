#include "control/room_shards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace parley::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RoomShardsTest : public testing::Test {
 protected:
  static constexpr RouterId kRouter{9};

  size_t join(uint32_t peer) {
    const size_t shard = shards_->choose();
    shards_->add(PeerId{peer}, shard, {{.id = TrackId{peer * 10}}});
    return shard;
  }
  // What the shard was told since the last call.
  template <typename T>
  std::vector<T> told(size_t shard) {
    Output output;
    while (outbox_.poll(output)) {
      if (auto* media = std::get_if<MediaOutput>(&output)) told_.push_back(std::move(*media));
    }
    std::vector<T> result;
    std::erase_if(told_, [&](MediaOutput& media) {
      auto* command = std::get_if<T>(&media.command);
      if (command == nullptr || media.shard != shard) return false;
      result.push_back(std::move(*command));
      return true;
    });
    return result;
  }

  ShardLoads loads_{3};
  Outbox outbox_;
  std::vector<MediaOutput> told_;
  std::unique_ptr<RoomShards> shards_ =
      std::make_unique<RoomShards>(kRouter, /*most_each=*/2, loads_, outbox_);
};

TEST_F(RoomShardsTest, FillsOneShardThenTheNextThenTheLeastLoaded) {
  loads_.add(0);
  std::vector<size_t> shards;
  for (uint32_t peer = 1; peer <= 8; ++peer) shards.push_back(join(peer));
  EXPECT_THAT(shards, ElementsAre(1, 1, 2, 2, 0, 0, 1, 2));
}

TEST_F(RoomShardsTest, ARoomOnOneShardCostsNoMessage) {
  join(1);
  join(2);
  Output output;
  EXPECT_FALSE(outbox_.poll(output));
}

TEST_F(RoomShardsTest, ANewShardIsToldOfEverybodyAndTheOthersOfWhoCame) {
  join(1);
  join(2);
  shards_->set_enabled(PeerId{2}, TrackId{20}, false);
  told<media::SetTrackEnabled>(0);
  join(3);
  for (size_t shard = 0; shard < 2; ++shard) {
    const auto links = told<media::SetLinks>(shard);
    ASSERT_EQ(links.size(), 1u);
    EXPECT_EQ(links[0].router, kRouter);
    EXPECT_EQ(links[0].self, shard);
    EXPECT_EQ(links[0].others, shard == 0 ? 2u : 1u);
    EXPECT_EQ(links[0].leads, shard == 0);
  }
  const auto there = told<media::SetRemoteTracks>(1);
  ASSERT_EQ(there.size(), 2u);
  EXPECT_EQ(there[0].peer, PeerId{1});
  EXPECT_EQ(there[0].home, 0);
  EXPECT_EQ(there[0].tracks[0].id, TrackId{10});
  const auto muted = told<media::SetTrackEnabled>(1);
  ASSERT_EQ(muted.size(), 1u);
  EXPECT_EQ(muted[0].track, TrackId{20});
  EXPECT_FALSE(muted[0].enabled);
  const auto here = told<media::SetRemoteTracks>(0);
  ASSERT_EQ(here.size(), 1u);
  EXPECT_EQ(here[0].peer, PeerId{3});
  EXPECT_EQ(here[0].home, 1);
}

TEST_F(RoomShardsTest, WhoMutesIsMutedOnEveryShard) {
  for (uint32_t peer = 1; peer <= 3; ++peer) join(peer);
  shards_->set_enabled(PeerId{3}, TrackId{30}, false);
  EXPECT_EQ(told<media::SetTrackEnabled>(0).size(), 1u);
  EXPECT_EQ(told<media::SetTrackEnabled>(1).size(), 1u);
  EXPECT_THAT(told<media::SetTrackEnabled>(2), IsEmpty());
}

TEST_F(RoomShardsTest, ChangedTracksAreToldToTheOtherShardsAndTheSameOnesNot) {
  for (uint32_t peer = 1; peer <= 3; ++peer) join(peer);
  told<media::SetRemoteTracks>(0);
  told<media::SetRemoteTracks>(1);
  shards_->update(PeerId{1}, {{.id = TrackId{10}}});
  EXPECT_THAT(told<media::SetRemoteTracks>(1), IsEmpty());
  shards_->update(PeerId{1}, {{.id = TrackId{10}}, {.id = TrackId{11}}});
  const auto changed = told<media::SetRemoteTracks>(1);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].tracks.size(), 2u);
  EXPECT_THAT(told<media::SetRemoteTracks>(0), IsEmpty());
}

TEST_F(RoomShardsTest, TheLastOneToLeaveAShardUnlinksIt) {
  for (uint32_t peer = 1; peer <= 3; ++peer) join(peer);
  told<media::SetLinks>(0);
  told<media::SetRemoteTracks>(0);
  shards_->remove(PeerId{3});
  const auto gone = told<media::SetRemoteTracks>(0);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_THAT(gone[0].tracks, IsEmpty());
  const auto links = told<media::SetLinks>(0);
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].others, 0u);
  EXPECT_TRUE(links[0].leads);
}

TEST_F(RoomShardsTest, WhenTheLeadingShardEmptiesTheNextOneLeads) {
  for (uint32_t peer = 1; peer <= 3; ++peer) join(peer);
  told<media::SetLinks>(1);
  shards_->remove(PeerId{1});
  shards_->remove(PeerId{2});
  const auto links = told<media::SetLinks>(1);
  ASSERT_EQ(links.size(), 1u);
  EXPECT_TRUE(links[0].leads);
}

TEST_F(RoomShardsTest, AnEndedRoomGivesItsLoadBack) {
  for (uint32_t peer = 1; peer <= 3; ++peer) join(peer);
  EXPECT_EQ(loads_.of(0) + loads_.of(1), 3u);
  shards_.reset();
  EXPECT_EQ(loads_.of(0) + loads_.of(1), 0u);
}

}  // namespace
}  // namespace parley::control
