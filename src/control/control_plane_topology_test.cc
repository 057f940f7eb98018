// Two who meet, three who share, and the signals of the direct leg.
#include "control/control_plane_fixture.h"

namespace parley::control {
namespace {

namespace client = signaling::client;
namespace server = signaling::server;
using signaling::ErrorCode;
using signaling::TopologyMode;
using signaling::TopologyPhase;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ControlPlaneTest, SecondIsInTheRosterOfTheFirstAndBothPrepareADirectLeg) {
  join(kAna, "Ana");
  forget();
  join(kBo, "Bo");
  const auto roster = last<server::Roster>(kAna);
  ASSERT_EQ(roster.joined.size(), 1u);
  EXPECT_EQ(roster.joined[0].id, "p2");
  EXPECT_THAT(got<server::Roster>(kBo), IsEmpty()) << "it has read the roster in `joined`";
  EXPECT_EQ(last<server::Joined>(kBo).participants.size(), 2u);
  EXPECT_EQ(last<server::Topology>(kAna),
            (server::Topology{2, TopologyMode::kP2p, TopologyPhase::kPrepare, "p2",
                              signaling::DirectRole::kAnswerer}));
  EXPECT_EQ(last<server::Topology>(kBo),
            (server::Topology{2, TopologyMode::kP2p, TopologyPhase::kPrepare, "p1",
                              signaling::DirectRole::kOfferer}));
}

TEST_F(ControlPlaneTest, DirectLegIsCommittedWhenBothAreReady) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kAna, client::Ready{2});
  say(kBo, client::Ready{2});
  EXPECT_EQ(last<server::Topology>(kAna).phase, TopologyPhase::kCommit);
  EXPECT_EQ(control_->rooms_in(room::TopologyMode::kP2p), 1u);
  const SwitchKey key{room::TopologyMode::kAlone, room::TopologyMode::kP2p,
                      room::SwitchResult::kDone};
  EXPECT_EQ(control_->stats().switches.at(key), 1u);
}

TEST_F(ControlPlaneTest, ThreeSecondsWithoutADirectLegPutBothOnTheServer) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  EXPECT_LE(control_->poll_timeout().when, now_ + TimeDelta::seconds(3));
  advance(TimeDelta::seconds(3));
  const auto topology = got<server::Topology>(kAna);
  ASSERT_EQ(topology.size(), 2u);
  EXPECT_EQ(topology[0].phase, TopologyPhase::kAbort);
  EXPECT_EQ(topology[1], (server::Topology{3, TopologyMode::kSfu, TopologyPhase::kCommit, {}, {}}));
}

TEST_F(ControlPlaneTest, SignalsOfTheDirectLegAreRelayed) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kBo, client::Signal{
               2, "p1", signaling::SessionDescription{signaling::DescriptionType::kOffer, "v=0"}});
  EXPECT_EQ(
      last<server::Signal>(kAna),
      (server::Signal{2, "p2",
                      signaling::SessionDescription{signaling::DescriptionType::kOffer, "v=0"}}));
  forget();
  say(kBo, client::Signal{1, "p1", signaling::EndOfCandidates{}});
  EXPECT_THAT(told_, IsEmpty()) << "another epoch";
  say(kBo, client::Signal{2, "p9", signaling::EndOfCandidates{}});
  EXPECT_EQ(last<server::Error>(kBo).code, ErrorCode::kNoSuchParticipant);
}

signaling::IceCandidate host_candidate(const char* ip) {
  return {.candidate = std::string("candidate:1 1 udp 2122260223 ") + ip + " 50000 typ host",
          .sdp_mid = "0",
          .sdp_m_line_index = 0,
          .username_fragment = {}};
}

TEST_F(ControlPlaneTest, UnderPolicyLanCandidatesWaitUntilOneNetworkIsShown) {
  ControlConfig lan = config();
  lan.p2p = room::P2pPolicy::kLan;
  start(lan);
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kBo, client::Signal{2, "p1", host_candidate("192.168.1.4")});
  EXPECT_THAT(got<server::Signal>(kAna), IsEmpty());
  say(kAna, client::Signal{2, "p2", host_candidate("192.168.1.9")});
  EXPECT_EQ(last<server::Signal>(kAna).body, signaling::SignalBody(host_candidate("192.168.1.4")));
  EXPECT_EQ(last<server::Signal>(kBo).body, signaling::SignalBody(host_candidate("192.168.1.9")));
}

TEST_F(ControlPlaneTest, UnderPolicyLanSeparateNetworksEndThePreparation) {
  ControlConfig lan = config();
  lan.p2p = room::P2pPolicy::kLan;
  start(lan);
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kBo, client::Signal{2, "p1", host_candidate("192.168.1.4")});
  say(kBo, client::Signal{2, "p1", signaling::EndOfCandidates{}});
  say(kAna, client::Signal{2, "p2", host_candidate("10.1.1.9")});
  say(kAna, client::Signal{2, "p2", signaling::EndOfCandidates{}});
  EXPECT_THAT(got<server::Signal>(kAna), IsEmpty());
  EXPECT_EQ(last<server::Topology>(kAna).mode, TopologyMode::kSfu);
}

TEST_F(ControlPlaneTest, RoomsOwnPolicyCanOnlyBeStricter) {
  ControlConfig with = config();
  with.room_p2p = {{"blue-fox", room::P2pPolicy::kOff}};
  start(with);
  join(kAna, "Ana");
  join(kBo, "Bo");
  EXPECT_EQ(last<server::Joined>(kBo).topology.mode, TopologyMode::kSfu);
  EXPECT_EQ(last<server::Topology>(kAna).mode, TopologyMode::kSfu);
}

TEST_F(ControlPlaneTest, DirectPairThatCannotReachTheServerIsToldToAll) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kAna, client::Ready{2});
  say(kBo, client::Ready{2});
  join(kCy, "Cy");
  EXPECT_EQ(last<server::Joined>(kCy).topology.mode, TopologyMode::kSfu);
  advance(TimeDelta::seconds(8));
  for (const ConnectionId id : {kAna, kBo, kCy}) {
    EXPECT_EQ(last<server::Notice>(id).code, "server_path_missing");
  }
}

TEST_F(ControlPlaneTest, ConnectedServerLegsLetTheServerTakeOver) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kAna, client::Ready{2});
  say(kBo, client::Ready{2});
  event(media::PeerStateChanged{.peer = PeerId{1}, .state = media::PeerState::kConnected});
  event(media::PeerStateChanged{.peer = PeerId{2}, .state = media::PeerState::kConnected});
  join(kCy, "Cy");
  advance(TimeDelta::seconds(8));
  EXPECT_EQ(last<server::Topology>(kAna),
            (server::Topology{3, TopologyMode::kSfu, TopologyPhase::kCommit, {}, {}}));
}

TEST_F(ControlPlaneTest, EachOfADirectPairIsToldWhatTheOtherLooksAt) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  EXPECT_THAT(got<server::Watched>(kAna), IsEmpty()) << "nobody said a view yet";
  say(kBo, client::View{{{"p1", signaling::MediaSource::kCamera, 320, 180, 0},
                         {"p1", signaling::MediaSource::kCamera, 640, 360, 1},
                         {"p9", signaling::MediaSource::kScreen, 1920, 1080, 2}}});
  EXPECT_EQ(last<server::Watched>(kAna),
            (server::Watched{"p2", {{signaling::MediaSource::kCamera, 640, 360}}}));
  EXPECT_THAT(got<server::Watched>(kBo), IsEmpty());
  forget();
  say(kBo, client::View{{{"p1", signaling::MediaSource::kCamera, 640, 360, 0}}});
  EXPECT_THAT(told_, IsEmpty()) << "nothing changed";
  say(kBo, client::View{});
  EXPECT_EQ(last<server::Watched>(kAna), (server::Watched{"p2", {}})) << "a hidden page";
}

TEST_F(ControlPlaneTest, ALaterDirectLegIsToldWhatIsLookedAtAgain) {
  join(kAna, "Ana");
  say(kAna, client::View{});
  forget();
  join(kBo, "Bo");
  EXPECT_EQ(last<server::Watched>(kBo), (server::Watched{"p1", {}}));
}

TEST_F(ControlPlaneTest, OnTheServerNobodyIsToldWhoLooks) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  join(kCy, "Cy");
  forget();
  say(kBo, client::View{{{"p1", signaling::MediaSource::kCamera, 320, 180, 0}}});
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ControlPlaneTest, APageThatMayReturnKeepsItsSeatForAMoment) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kAna, client::Ready{2});
  say(kBo, client::Ready{2});
  const std::string token = last<server::Joined>(kBo).resume;
  forget();
  say(kBo, client::Leave{.may_return = true});
  EXPECT_EQ(closed_.at(kBo), kCloseNormal);
  EXPECT_THAT(got<server::Roster>(kAna), IsEmpty());
  EXPECT_THAT(last<server::Quality>(kAna).participants,
              ElementsAre(server::ParticipantQuality{"p2", 0}));
  advance(TimeDelta::seconds(2));
  forget();
  connect(kCy);
  client::Join again = join_message("Bo");
  again.resume = token;
  say(kCy, again);
  EXPECT_TRUE(last<server::Joined>(kCy).resumed);
  EXPECT_EQ(last<server::Joined>(kCy).self, "p2");
  EXPECT_EQ(last<server::Joined>(kCy).topology.mode, TopologyMode::kAlone);
  // The direct leg went with the page: both begin a new one at once.
  const auto told = got<server::Topology>(kAna);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].mode, TopologyMode::kAlone);
  EXPECT_EQ(told[1], (server::Topology{4, TopologyMode::kP2p, TopologyPhase::kPrepare, "p2",
                                       signaling::DirectRole::kAnswerer}));
  ASSERT_EQ(got<server::Topology>(kCy).size(), 1u);
  EXPECT_EQ(last<server::Topology>(kCy).peer, "p1");
}

TEST_F(ControlPlaneTest, APageThatDoesNotReturnIsGoneSoon) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kBo, client::Leave{.may_return = true});
  forget();
  advance(TimeDelta::millis(4'900));
  EXPECT_THAT(got<server::Roster>(kAna), IsEmpty());
  advance(TimeDelta::millis(200));
  ASSERT_EQ(last<server::Roster>(kAna).left.size(), 1u);
  EXPECT_EQ(last<server::Topology>(kAna).mode, TopologyMode::kAlone);
}

TEST_F(ControlPlaneTest, HealthIsTakenWithoutAnAnswer) {
  join(kAna, "Ana");
  forget();
  say(kAna, client::Health{.slots = {{"3", 1, 12, 9}}, .cpu_limited = true});
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_TRUE(control_->stats().bad_input.empty());
}

}  // namespace
}  // namespace parley::control
