// Joining, leaving, resuming, chat, limits.
#include "control/control_plane_fixture.h"

namespace parley::control {
namespace {

namespace client = signaling::client;
namespace server = signaling::server;
using signaling::ErrorCode;
using signaling::TopologyMode;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ControlPlaneTest, FirstJoinGetsItsSeatAnAnswerAndAPeer) {
  join(kAna, "Ana");
  const auto joined = last<server::Joined>(kAna);
  EXPECT_EQ(joined.id, 1);
  EXPECT_EQ(joined.self, "p1");
  EXPECT_EQ(joined.room, "blue-fox");
  EXPECT_FALSE(joined.resumed);
  EXPECT_EQ(joined.resume.size(), 32u);
  EXPECT_THAT(joined.participants,
              ElementsAre(server::Participant{"p1", "Ana", true, true, false, 0}));
  EXPECT_EQ(joined.topology.mode, TopologyMode::kAlone);
  EXPECT_EQ(joined.server_time, kWallMs);
  ASSERT_EQ(joined.ice_servers.size(), 1u);
  EXPECT_THAT(joined.ice_servers[0].urls, ElementsAre("stun:10.0.0.5:3478"));
  ASSERT_TRUE(joined.answer_sdp);
  const auto answer = sdp::parse_answer(*joined.answer_sdp);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->candidates, ElementsAre(SocketAddress{IpAddress::v4(192, 0, 2, 1), 3478},
                                              SocketAddress{IpAddress::v4(10, 0, 0, 5), 3478}));

  const auto peers = commands<media::CreatePeer>();
  ASSERT_EQ(peers.size(), 1u);
  const media::PeerDescription& description = peers[0].description;
  EXPECT_EQ(description.local.ufrag, answer->ice_ufrag);
  EXPECT_EQ(description.remote.ufrag, "abcd");
  ASSERT_EQ(description.tracks.size(), 2u);
  EXPECT_EQ(description.tracks[0].id, TrackId{1});
  EXPECT_EQ(description.tracks[1].id, TrackId{2});
  EXPECT_EQ(description.tracks[1].group, 1u);
  EXPECT_THAT(description.tracks[1].rids, ElementsAre("l", "m", "h"));
  ASSERT_EQ(description.slots.size(), 2u);
  EXPECT_EQ(description.slots[1].mid, "3");
  EXPECT_EQ(description.slots[1].ssrc.ssrc, answer->slot_ssrcs()["3"].ssrc);
}

TEST_F(ControlPlaneTest, ChatIsNumberedAcknowledgedAndSentToAll) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  say(kAna, client::Chat{4, "k1", "hello"});
  EXPECT_EQ(last<server::Ok>(kAna), (server::Ok{4, 1}));
  EXPECT_EQ(last<server::Chat>(kAna), last<server::Chat>(kBo));
  EXPECT_EQ(last<server::Chat>(kBo).message,
            (server::ChatEntry{1, "p1", "Ana", "hello", kWallMs, "k1"}));
  say(kAna, client::Chat{5, "k1", "hello"});
  EXPECT_EQ(last<server::Ok>(kAna), (server::Ok{5, 1}));
  EXPECT_EQ(got<server::Chat>(kBo).size(), 1u);
  join(kCy, "Cy");
  EXPECT_EQ(last<server::Joined>(kCy).chat.size(), 1u);
  EXPECT_EQ(last<server::Joined>(kCy).chat_seq, 1);
}

TEST_F(ControlPlaneTest, RenameIsAcknowledgedAndTold) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kAna, client::Rename{3, "Ana B."});
  EXPECT_EQ(last<server::Ok>(kAna).id, 3);
  take_turn();
  EXPECT_EQ(last<server::Roster>(kBo).changed[0].name, "Ana B.");
}

TEST_F(ControlPlaneTest, LeavingEndsThePeerAndTellsTheOthers) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  say(kAna, client::Leave{});
  EXPECT_EQ(last<server::Closing>(kAna).reason, signaling::ClosingReason::kLeft);
  EXPECT_EQ(closed_[kAna], 1000);
  EXPECT_EQ(commands<media::RemovePeer>()[0].peer, PeerId{1});
  take_turn();
  EXPECT_EQ(last<server::Roster>(kBo).left[0],
            (server::ParticipantLeft{"p1", signaling::LeftReason::kLeft}));
  say(kBo, client::Leave{});
  EXPECT_EQ(control_->rooms(), 0u);
  EXPECT_EQ(control_->participants(), 0u);
}

TEST_F(ControlPlaneTest, LostSocketKeepsItsSeatForAMinuteAndCanResume) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kAna, client::Chat{4, "k1", "one"});
  say(kAna, client::Chat{5, "k2", "two"});
  const std::string token = last<server::Joined>(kBo).resume;
  control_->handle_disconnected(kBo, now_);
  drain();
  forget();
  now_ = now_ + TimeDelta::seconds(20);
  connect(kCy);
  client::Join again = join_message("Bo");
  again.offer.reset();
  again.resume = token;
  again.chat_seq = 1;
  say(kCy, again);
  const auto joined = last<server::Joined>(kCy);
  EXPECT_TRUE(joined.resumed);
  EXPECT_EQ(joined.self, "p2");
  EXPECT_EQ(joined.participants.size(), 2u);
  EXPECT_EQ(joined.answer_sdp, std::nullopt);
  ASSERT_EQ(joined.chat.size(), 1u);
  EXPECT_EQ(joined.chat[0].seq, 2);
  EXPECT_THAT(got<server::Roster>(kAna), IsEmpty());
  EXPECT_THAT(commands<media::RemovePeer>(), IsEmpty());
}

TEST_F(ControlPlaneTest, SeatThatNobodyResumesEnds) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  control_->handle_disconnected(kBo, now_);
  forget();
  for (int i = 0; i < 6; ++i) {
    advance(TimeDelta::seconds(10));
    say(kAna, client::Ping{i});
  }
  EXPECT_EQ(last<server::Roster>(kAna).left[0],
            (server::ParticipantLeft{"p2", signaling::LeftReason::kLost}));
  EXPECT_EQ(commands<media::RemovePeer>()[0].peer, PeerId{2});
  EXPECT_EQ(control_->participants(), 1u);
}

TEST_F(ControlPlaneTest, ResumingWhileTheOldSocketStandsReplacesIt) {
  join(kAna, "Ana");
  client::Join again = join_message("Ana");
  again.resume = last<server::Joined>(kAna).resume;
  connect(kBo);
  say(kBo, again);
  EXPECT_EQ(last<server::Closing>(kAna).reason, signaling::ClosingReason::kReplaced);
  EXPECT_EQ(closed_[kAna], 4002);
  EXPECT_EQ(last<server::Joined>(kBo).self, "p1");
  forget();
  control_->handle_disconnected(kAna, now_);
  say(kBo, client::Chat{2, "k", "still here"});
  EXPECT_EQ(got<server::Chat>(kBo).size(), 1u);
}

TEST_F(ControlPlaneTest, UnknownResumeTokenIsAnOrdinaryJoin) {
  client::Join again = join_message("Ana");
  again.resume = "forgotten";
  connect(kAna);
  say(kAna, again);
  EXPECT_FALSE(last<server::Joined>(kAna).resumed);
  EXPECT_EQ(last<server::Joined>(kAna).self, "p1");
}

TEST_F(ControlPlaneTest, FullRoomSaysSoInAClearSentence) {
  ControlConfig small = config();
  small.max_participants = 1;
  start(small);
  join(kAna, "Ana");
  join(kBo, "Bo");
  EXPECT_EQ(last<server::Error>(kBo),
            (server::Error{1, ErrorCode::kRoomFull,
                           "This room is full (1 people). Try again later or ask the host for "
                           "another room.",
                           true}));
  EXPECT_EQ(closed_[kBo], 4000);
}

TEST_F(ControlPlaneTest, FullServerRefusesRoomsAndConnections) {
  ControlConfig small = config();
  small.max_rooms = 1;
  small.max_connections = 2;
  start(small);
  join(kAna, "Ana");
  connect(kBo);
  say(kBo, join_message("Bo", "other"));
  EXPECT_EQ(last<server::Error>(kBo).code, ErrorCode::kServerFull);
  connect(kCy);
  connect(kDi);
  drain();
  EXPECT_EQ(last<server::Error>(kDi).code, ErrorCode::kServerFull);
  EXPECT_EQ(closed_[kDi], 4000);
}

TEST_F(ControlPlaneTest, WrongOrderIsRefused) {
  connect(kAna);
  say(kAna, client::Chat{4, "k", "hello"});
  EXPECT_EQ(last<server::Error>(kAna).code, ErrorCode::kNotJoined);
  say(kAna, join_message("Ana"));
  say(kAna, join_message("Ana"));
  EXPECT_EQ(last<server::Error>(kAna).code, ErrorCode::kAlreadyJoined);
  EXPECT_EQ(control_->stats().bad_input.at("order"), 2u);
}

TEST_F(ControlPlaneTest, OldClientIsAskedToReload) {
  client::Join join = join_message("Ana");
  join.protocol = 0;
  connect(kAna);
  say(kAna, join);
  EXPECT_EQ(last<server::Error>(kAna).code, ErrorCode::kOldClient);
  EXPECT_TRUE(last<server::Error>(kAna).fatal);
}

TEST_F(ControlPlaneTest, UnreadableFrameIsAnsweredAndTheSocketGoesOn) {
  connect(kAna);
  control_->handle_message(kAna, "{", now_, kWallMs);
  drain();
  EXPECT_EQ(last<server::Error>(kAna).code, ErrorCode::kBadRequest);
  EXPECT_THAT(closed_, IsEmpty());
  EXPECT_EQ(control_->stats().bad_input.at("signaling"), 1u);
  say(kAna, client::Ping{7});
  EXPECT_EQ(last<server::Pong>(kAna).t, 7);
}

TEST_F(ControlPlaneTest, FloodIsRefusedOnceAndThenCutOff) {
  connect(kAna);
  for (int i = 0; i < 200; ++i) say(kAna, client::Ping{i});
  EXPECT_EQ(got<server::Pong>(kAna).size(), 120u);
  EXPECT_EQ(got<server::Error>(kAna).size(), 1u);
  EXPECT_EQ(last<server::Error>(kAna).code, ErrorCode::kTooMany);
  for (int i = 0; i < 2'000; ++i) say(kAna, client::Ping{i});
  EXPECT_EQ(closed_[kAna], 4004);
}

TEST_F(ControlPlaneTest, SilentSocketIsDroppedButNotItsSeat) {
  join(kAna, "Ana");
  advance(TimeDelta::seconds(29));
  EXPECT_THAT(closed_, IsEmpty());
  advance(TimeDelta::seconds(1));
  EXPECT_EQ(closed_[kAna], 4003);
  EXPECT_EQ(control_->connections(), 0u);
  EXPECT_EQ(control_->participants(), 1u);
}

TEST_F(ControlPlaneTest, StoppingIsToldToAll) {
  join(kAna, "Ana");
  connect(kBo);
  control_->stop(now_);
  drain();
  for (const ConnectionId id : {kAna, kBo}) {
    EXPECT_EQ(last<server::Closing>(id).reason, signaling::ClosingReason::kStopping);
    EXPECT_EQ(closed_[id], 1001);
  }
  connect(kCy);
  drain();
  EXPECT_EQ(closed_[kCy], 4000);
}

}  // namespace
}  // namespace parley::control
