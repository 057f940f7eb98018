#include "room/room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::room {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

class RoomTest : public testing::Test {
 protected:
  ParticipantId join(const char* name, StateChange state = {}) {
    const auto admission = room_.handle_join(name, state, random_, now_);
    EXPECT_TRUE(admission);
    tokens_.push_back(admission->resume_token);
    return admission->id;
  }
  RosterDiff diff() {
    RosterDiff diff;
    RoomOutput out;
    now_ = now_ + broadcast_interval(room_.size());
    while (room_.poll_output(out, now_)) {
      if (auto* found = std::get_if<RosterDiff>(&out)) diff = std::move(*found);
    }
    return diff;
  }
  uint32_t hand(ParticipantId id) { return room_.find(id)->hand; }

  SeededRandom random_{7};
  Timestamp now_ = Timestamp::seconds(100);
  Room room_{RoomOptions{.capacity = 3}};
  std::vector<std::string> tokens_;
};

TEST_F(RoomTest, NumbersAreNeverUsedAgain) {
  EXPECT_EQ(to_text(join("Ana")), "p1");
  EXPECT_EQ(to_text(join("Bo")), "p2");
  room_.handle_leave(ParticipantId{2}, LeftReason::kLeft, now_);
  EXPECT_EQ(to_text(join("Cy")), "p3");
}

TEST_F(RoomTest, IdsAreReadBack) {
  EXPECT_EQ(parse_participant_id("p12"), ParticipantId{12});
  for (const char* text : {"", "p", "p0", "p01", "12", "p1x", "p-1", "p99999999999", "q1"}) {
    EXPECT_EQ(parse_participant_id(text), std::nullopt) << text;
  }
}

TEST_F(RoomTest, FullRoomRefuses) {
  for (const char* name : {"Ana", "Bo", "Cy"}) join(name);
  const auto refused = room_.handle_join("Di", {}, random_, now_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), JoinError::kFull);
  room_.handle_leave(ParticipantId{1}, LeftReason::kLeft, now_);
  EXPECT_TRUE(room_.handle_join("Di", {}, random_, now_));
}

TEST_F(RoomTest, LostSeatStillCountsUntilItEnds) {
  for (const char* name : {"Ana", "Bo", "Cy"}) join(name);
  room_.handle_socket_lost(ParticipantId{1}, now_);
  room_.handle_timeout(now_ + TimeDelta::millis(59'999));
  EXPECT_FALSE(room_.handle_join("Di", {}, random_, now_));
  room_.handle_timeout(now_ + TimeDelta::seconds(60));
  EXPECT_EQ(room_.size(), 2u);
  EXPECT_TRUE(room_.handle_join("Di", {}, random_, now_));
}

TEST_F(RoomTest, EndOfALostSeatIsToldAsLost) {
  join("Ana");
  const ParticipantId bo = join("Bo");
  diff();
  room_.handle_socket_lost(bo, now_);
  const Timestamp ends = now_ + TimeDelta::seconds(60);
  EXPECT_TRUE(diff().empty());
  room_.handle_timeout(ends);
  const RosterDiff ended = diff();
  ASSERT_EQ(ended.left.size(), 1u);
  EXPECT_EQ(ended.left[0].id, bo);
  EXPECT_EQ(ended.left[0].reason, LeftReason::kLost);
}

TEST_F(RoomTest, ResumeKeepsTheSeat) {
  const ParticipantId ana = join("Ana");
  diff();
  room_.handle_socket_lost(ana, now_);
  EXPECT_FALSE(room_.has_socket(ana));
  EXPECT_EQ(room_.poll_timeout().when, now_ + TimeDelta::seconds(60));
  EXPECT_EQ(room_.handle_resume(tokens_[0], now_ + TimeDelta::seconds(59)), ana);
  EXPECT_TRUE(room_.has_socket(ana));
  room_.handle_timeout(now_ + TimeDelta::seconds(61));
  EXPECT_EQ(room_.size(), 1u);
}

TEST_F(RoomTest, UnknownTokenResumesNothing) {
  join("Ana");
  EXPECT_EQ(room_.handle_resume("guess", now_), std::nullopt);
  room_.handle_leave(ParticipantId{1}, LeftReason::kLeft, now_);
  EXPECT_EQ(room_.handle_resume(tokens_[0], now_), std::nullopt);
}

TEST_F(RoomTest, HandsAreNumberedInTheOrderTheyWentUp) {
  const ParticipantId ana = join("Ana");
  const ParticipantId bo = join("Bo");
  const ParticipantId cy = join("Cy", {.hand = true});
  room_.handle_state(ana, {.hand = true});
  room_.handle_state(bo, {.hand = true});
  room_.handle_state(bo, {.hand = true});
  EXPECT_THAT((std::vector{hand(cy), hand(ana), hand(bo)}), ElementsAre(1, 2, 3));
  room_.handle_state(cy, {.hand = false});
  EXPECT_THAT((std::vector{hand(cy), hand(ana), hand(bo)}), ElementsAre(0, 1, 2));
  room_.handle_leave(ana, LeftReason::kLeft, now_);
  EXPECT_EQ(hand(bo), 1u);
}

TEST_F(RoomTest, ChangesBetweenTwoPollsAreOneDiff) {
  const ParticipantId ana = join("Ana");
  diff();
  const ParticipantId bo = join("Bo", {.mic = true});
  room_.handle_state(ana, {.mic = true});
  room_.handle_state(ana, {.camera = true});
  room_.handle_rename(ana, "Ana B.");
  const RosterDiff all = diff();
  EXPECT_THAT(all.joined, ElementsAre(Participant{.id = bo, .name = "Bo", .mic = true}));
  ASSERT_EQ(all.changed.size(), 1u);
  EXPECT_EQ(all.changed[0].before.name, "Ana");
  EXPECT_EQ(all.changed[0].after, (Participant{ana, "Ana B.", true, true, false, 0}));
  EXPECT_THAT(all.left, IsEmpty());
  EXPECT_TRUE(diff().empty());
}

TEST_F(RoomTest, ChangeAndBackAgainIsNoDiff) {
  const ParticipantId ana = join("Ana");
  diff();
  room_.handle_state(ana, {.mic = true});
  room_.handle_state(ana, {.mic = false});
  EXPECT_TRUE(diff().empty());
}

TEST_F(RoomTest, WhoCameAndWentBetweenTwoPollsIsNotTold) {
  join("Ana");
  diff();
  room_.handle_leave(join("Bo"), LeftReason::kLeft, now_);
  EXPECT_TRUE(diff().empty());
}

TEST_F(RoomTest, RosterComesBeforeTheTopologyThatNamesANewcomer) {
  join("Ana");
  diff();
  join("Bo");
  RoomOutput out;
  ASSERT_TRUE(room_.poll_output(out, now_));
  EXPECT_TRUE(std::holds_alternative<RosterDiff>(out));
  ASSERT_TRUE(room_.poll_output(out, now_));
  EXPECT_EQ(std::get<TopologyMessage>(out).peer, ParticipantId{2});
}

}  // namespace
}  // namespace parley::room
