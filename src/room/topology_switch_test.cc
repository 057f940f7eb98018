#include "room/topology_switch.h"

#include <gtest/gtest.h>

namespace parley::room {
namespace {

constexpr ParticipantId kAna{1}, kBo{2}, kCy{3}, kDi{4};
constexpr auto kAlone = TopologyMode::kAlone;
constexpr auto kP2p = TopologyMode::kP2p;
constexpr auto kSfu = TopologyMode::kSfu;
constexpr auto kPrepare = TopologyPhase::kPrepare;
constexpr auto kCommit = TopologyPhase::kCommit;
constexpr auto kAbort = TopologyPhase::kAbort;

Timestamp at(double seconds) {
  return Timestamp::micros(static_cast<int64_t>(seconds * 1e6));
}

class TopologySwitchTest : public testing::Test {
 protected:
  // The messages since the last call; counts and notices are set aside.
  std::vector<TopologyMessage> told() {
    std::vector<TopologyMessage> messages;
    TopologyOutput out;
    while (topology_.poll_output(out)) {
      if (const auto* message = std::get_if<TopologyMessage>(&out)) messages.push_back(*message);
      if (const auto* ended = std::get_if<SwitchEnded>(&out)) ended_.push_back(*ended);
      if (std::holds_alternative<ServerPathMissing>(out)) ++server_path_notices_;
    }
    return messages;
  }
  // Ana and Bo on a direct leg, epoch 2, since 1 s.
  void two_direct() {
    topology_.handle_joined(kAna, at(0));
    topology_.handle_joined(kBo, at(0));
    topology_.handle_ready(kAna, 2, at(1));
    topology_.handle_ready(kBo, 2, at(1));
    ASSERT_EQ(topology_.mode(), kP2p);
    told();
  }
  // Ana and Bo on the server, epoch 3, after a direct leg that didn't open in time at 3 s.
  void two_on_server() {
    topology_.handle_joined(kAna, at(0));
    topology_.handle_joined(kBo, at(0));
    topology_.handle_timeout(at(3));
    ASSERT_EQ(topology_.mode(), kSfu);
    told();
  }
  void server_legs_of_the_pair(bool connected) {
    topology_.handle_server_leg(kAna, connected, at(1));
    topology_.handle_server_leg(kBo, connected, at(1));
  }

  TopologySwitch topology_{P2pPolicy::kOn};
  std::vector<SwitchEnded> ended_;
  int server_path_notices_ = 0;
};

using Messages = std::vector<TopologyMessage>;

TEST_F(TopologySwitchTest, FirstIsAlone) {
  topology_.handle_joined(kAna, at(0));
  EXPECT_EQ(told(), Messages{});
  EXPECT_EQ(topology_.in_force(kAna), (TopologyMessage{kAna, 1, kAlone, kCommit, {}, false}));
  EXPECT_TRUE(topology_.poll_timeout().when.is_never());
}

TEST_F(TopologySwitchTest, SecondMakesBothPrepareADirectLegAndTheLaterOneOffers) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(10));
  EXPECT_EQ(told(), (Messages{{kAna, 2, kP2p, kPrepare, kBo, false},
                              {kBo, 2, kP2p, kPrepare, kAna, true}}));
  EXPECT_EQ(topology_.in_force(kBo), (TopologyMessage{kBo, 1, kAlone, kCommit, {}, false}));
  EXPECT_EQ(topology_.poll_timeout().when, at(13));
  EXPECT_TRUE(topology_.is_direct(2, kAna, kBo));
  EXPECT_FALSE(topology_.is_direct(1, kAna, kBo));
}

TEST_F(TopologySwitchTest, DirectLegIsCommittedWhenBothAreReady) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  told();
  EXPECT_TRUE(topology_.handle_ready(kBo, 2, at(1)));
  EXPECT_EQ(told(), Messages{});
  EXPECT_TRUE(topology_.handle_ready(kAna, 2, at(1)));
  EXPECT_EQ(told(),
            (Messages{{kAna, 2, kP2p, kCommit, kBo, false}, {kBo, 2, kP2p, kCommit, kAna, true}}));
  EXPECT_EQ(ended_, (std::vector<SwitchEnded>{{kAlone, kP2p, SwitchResult::kDone}}));
  EXPECT_TRUE(topology_.poll_timeout().when.is_never());
}

TEST_F(TopologySwitchTest, OneReadyTwiceIsNotBoth) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  topology_.handle_ready(kBo, 2, at(1));
  topology_.handle_ready(kBo, 2, at(1));
  EXPECT_EQ(topology_.mode(), kAlone);
}

TEST_F(TopologySwitchTest, DirectLegNotReadyInTimeIsAbortedAndTheServerTakesOver) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  topology_.handle_ready(kAna, 2, at(1));
  told();
  topology_.handle_timeout(at(2.9));
  EXPECT_EQ(told(), Messages{});
  topology_.handle_timeout(at(3));
  EXPECT_EQ(told(), (Messages{{kAna, 2, kP2p, kAbort, {}, false},
                              {kBo, 2, kP2p, kAbort, {}, false},
                              {kAna, 3, kSfu, kCommit, {}, false},
                              {kBo, 3, kSfu, kCommit, {}, false}}));
  EXPECT_EQ(ended_, (std::vector<SwitchEnded>{{kAlone, kP2p, SwitchResult::kAborted},
                                              {kAlone, kSfu, SwitchResult::kDone}}));
}

TEST_F(TopologySwitchTest, FailedPreparationGoesToTheServerAtOnce) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  EXPECT_TRUE(topology_.handle_failed(kBo, 2, at(0.5)));
  EXPECT_EQ(topology_.mode(), kSfu);
  EXPECT_EQ(topology_.last_epoch(), 3);
}

TEST_F(TopologySwitchTest, FailuresBackOffFromThirtySecondsDoublingToTenMinutes) {
  two_on_server();
  EXPECT_EQ(topology_.poll_timeout().when, at(8)) << "what was cut short at 3 s counts for little";
  topology_.handle_timeout(at(8));
  topology_.handle_failed(kAna, topology_.last_epoch(), at(8));
  told();
  double now = 8;
  for (const double wait : {30, 60, 120, 240, 480, 600, 600}) {
    EXPECT_EQ(topology_.poll_timeout().when, at(now + wait));
    now += wait;
    topology_.handle_timeout(at(now));
    ASSERT_EQ(told().size(), 2u);
    topology_.handle_failed(kAna, topology_.last_epoch(), at(now));
    EXPECT_EQ(told().size(), 2u) << "only the aborts: the server stays in force";
    EXPECT_EQ(topology_.mode(), kSfu);
  }
}

TEST_F(TopologySwitchTest, LaterDirectLegIsPreparedBesidesTheServer) {
  two_on_server();
  topology_.handle_timeout(at(8));
  EXPECT_EQ(told(), (Messages{{kAna, 4, kP2p, kPrepare, kBo, false},
                              {kBo, 4, kP2p, kPrepare, kAna, true}}));
  EXPECT_EQ(topology_.in_force(kAna).mode, kSfu);
  EXPECT_EQ(topology_.in_force(kAna).epoch, 3);
  EXPECT_EQ(topology_.poll_timeout().when, at(16));
  topology_.handle_timeout(at(16));
  EXPECT_EQ(told(),
            (Messages{{kAna, 4, kP2p, kAbort, {}, false}, {kBo, 4, kP2p, kAbort, {}, false}}));
  EXPECT_EQ(topology_.mode(), kSfu);
}

TEST_F(TopologySwitchTest, ThirdStartsOnTheServerWhileThePairPreparesIt) {
  two_direct();
  topology_.handle_joined(kCy, at(20));
  EXPECT_EQ(told(),
            (Messages{{kAna, 3, kSfu, kPrepare, {}, false}, {kBo, 3, kSfu, kPrepare, {}, false}}));
  EXPECT_EQ(topology_.in_force(kCy), (TopologyMessage{kCy, 3, kSfu, kCommit, {}, false}));
  EXPECT_EQ(topology_.in_force(kAna).mode, kP2p);
  EXPECT_FALSE(topology_.handle_ready(kCy, 3, at(20))) << "nobody asked the newcomer";
  topology_.handle_ready(kAna, 3, at(21));
  topology_.handle_ready(kBo, 3, at(21));
  EXPECT_EQ(told(),
            (Messages{{kAna, 3, kSfu, kCommit, {}, false}, {kBo, 3, kSfu, kCommit, {}, false}}));
  EXPECT_EQ(topology_.mode(), kSfu);
}

TEST_F(TopologySwitchTest, FourthJoinsTheSwitchThatRuns) {
  two_direct();
  topology_.handle_joined(kCy, at(20));
  told();
  topology_.handle_joined(kDi, at(20.5));
  EXPECT_EQ(told(), Messages{});
  EXPECT_EQ(topology_.in_force(kDi), (TopologyMessage{kDi, 3, kSfu, kCommit, {}, false}));
}

TEST_F(TopologySwitchTest, PairIsMovedWithoutItsWordWhenItsServerLegsStand) {
  two_direct();
  server_legs_of_the_pair(true);
  topology_.handle_joined(kCy, at(20));
  told();
  topology_.handle_timeout(at(28));
  EXPECT_EQ(told(),
            (Messages{{kAna, 3, kSfu, kCommit, {}, false}, {kBo, 3, kSfu, kCommit, {}, false}}));
  EXPECT_EQ(ended_.back(), (SwitchEnded{kP2p, kSfu, SwitchResult::kForced}));
}

TEST_F(TopologySwitchTest, PairWithoutServerLegsStaysDirectAndEverybodyIsTold) {
  two_direct();
  topology_.handle_server_leg(kAna, true, at(1));
  topology_.handle_joined(kCy, at(20));
  told();
  topology_.handle_timeout(at(28));
  EXPECT_EQ(told(),
            (Messages{{kAna, 3, kSfu, kAbort, {}, false}, {kBo, 3, kSfu, kAbort, {}, false}}));
  EXPECT_EQ(server_path_notices_, 1);
  EXPECT_EQ(topology_.in_force(kAna).mode, kP2p);
  EXPECT_EQ(topology_.in_force(kCy).mode, kSfu);
  EXPECT_EQ(topology_.poll_timeout().when, at(58));
  topology_.handle_timeout(at(58));
  EXPECT_EQ(told(),
            (Messages{{kAna, 4, kSfu, kPrepare, {}, false}, {kBo, 4, kSfu, kPrepare, {}, false}}));
}

TEST_F(TopologySwitchTest, ServerLegThatComesBackEndsTheBackoff) {
  two_direct();
  topology_.handle_server_leg(kAna, true, at(1));
  topology_.handle_joined(kCy, at(20));
  topology_.handle_timeout(at(28));
  told();
  topology_.handle_server_leg(kBo, true, at(30));
  EXPECT_EQ(told(),
            (Messages{{kAna, 4, kSfu, kPrepare, {}, false}, {kBo, 4, kSfu, kPrepare, {}, false}}));
  topology_.handle_ready(kAna, 4, at(31));
  topology_.handle_ready(kBo, 4, at(31));
  EXPECT_EQ(told(), (Messages{{kAna, 4, kSfu, kCommit, {}, false},
                              {kBo, 4, kSfu, kCommit, {}, false},
                              {kCy, 4, kSfu, kCommit, {}, false}}));
}

TEST_F(TopologySwitchTest, ThirdDuringADirectPreparationPutsAllOnTheServer) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  told();
  topology_.handle_joined(kCy, at(1));
  EXPECT_EQ(told(), (Messages{{kAna, 2, kP2p, kAbort, {}, false},
                              {kBo, 2, kP2p, kAbort, {}, false},
                              {kAna, 3, kSfu, kCommit, {}, false},
                              {kBo, 3, kSfu, kCommit, {}, false}}));
  EXPECT_EQ(topology_.in_force(kCy), (TopologyMessage{kCy, 3, kSfu, kCommit, {}, false}));
  EXPECT_FALSE(topology_.handle_ready(kAna, 2, at(1)));
}

TEST_F(TopologySwitchTest, ThirdDuringALaterDirectPreparationChangesNothingInForce) {
  two_on_server();
  topology_.handle_timeout(at(33));
  told();
  topology_.handle_joined(kCy, at(34));
  EXPECT_EQ(told(),
            (Messages{{kAna, 4, kP2p, kAbort, {}, false}, {kBo, 4, kP2p, kAbort, {}, false}}));
  EXPECT_EQ(topology_.in_force(kCy), (TopologyMessage{kCy, 3, kSfu, kCommit, {}, false}));
}

TEST_F(TopologySwitchTest, NewcomerWhoLeavesDuringTheSwitchLeavesThePairDirect) {
  two_direct();
  topology_.handle_joined(kCy, at(20));
  told();
  topology_.handle_left(kCy, at(21));
  EXPECT_EQ(told(),
            (Messages{{kAna, 3, kSfu, kAbort, {}, false}, {kBo, 3, kSfu, kAbort, {}, false}}));
  EXPECT_EQ(topology_.in_force(kAna), (TopologyMessage{kAna, 2, kP2p, kCommit, kBo, false}));
}

TEST_F(TopologySwitchTest, OneOfThePairWhoLeavesDuringTheSwitchCommitsIt) {
  two_direct();
  topology_.handle_joined(kCy, at(20));
  told();
  topology_.handle_left(kAna, at(21));
  EXPECT_EQ(told(), (Messages{{kBo, 3, kSfu, kCommit, {}, false}}));
  EXPECT_EQ(topology_.poll_timeout().when, at(26))
      << "two again: a direct leg after the quiet time";
}

TEST_F(TopologySwitchTest, TwoLeftOnTheServerTryADirectLegAfterTheQuietTime) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  topology_.handle_joined(kCy, at(0));
  topology_.handle_left(kAna, at(100));
  told();
  EXPECT_EQ(topology_.poll_timeout().when, at(105));
  topology_.handle_timeout(at(105));
  EXPECT_EQ(told(),
            (Messages{{kBo, 4, kP2p, kPrepare, kCy, false}, {kCy, 4, kP2p, kPrepare, kBo, true}}));
}

TEST_F(TopologySwitchTest, WhoIsLeftAloneIsTold) {
  two_direct();
  topology_.handle_left(kBo, at(10));
  EXPECT_EQ(told(), (Messages{{kAna, 3, kAlone, kCommit, {}, false}}));
}

TEST_F(TopologySwitchTest, LeavingDuringTheFirstPreparationAbortsIt) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  told();
  topology_.handle_left(kAna, at(1));
  EXPECT_EQ(told(), (Messages{{kBo, 2, kP2p, kAbort, {}, false}}));
  EXPECT_EQ(topology_.in_force(kBo), (TopologyMessage{kBo, 1, kAlone, kCommit, {}, false}));
}

TEST_F(TopologySwitchTest, BrokenDirectLegIsReplacedByTheServer) {
  two_direct();
  EXPECT_TRUE(topology_.handle_failed(kAna, 2, at(20)));
  EXPECT_EQ(told(),
            (Messages{{kAna, 3, kSfu, kPrepare, {}, false}, {kBo, 3, kSfu, kPrepare, {}, false}}));
  EXPECT_FALSE(topology_.handle_failed(kBo, 2, at(20.1))) << "the other end's report adds nothing";
  topology_.handle_ready(kAna, 3, at(21));
  topology_.handle_ready(kBo, 3, at(21));
  EXPECT_EQ(topology_.mode(), kSfu);
  EXPECT_EQ(topology_.poll_timeout().when, at(50)) << "30 s after the failure";
}

TEST_F(TopologySwitchTest, BrokenDirectLegIsLeftEvenWithoutServerLegs) {
  two_direct();
  topology_.handle_failed(kAna, 2, at(20));
  topology_.handle_timeout(at(28));
  EXPECT_EQ(topology_.mode(), kSfu);
}

TEST_F(TopologySwitchTest, DirectLegThatHeldLongStartsOverWithTheShortestBackoff) {
  two_on_server();
  topology_.handle_timeout(at(8));
  topology_.handle_failed(kAna, 4, at(9));
  topology_.handle_timeout(at(39));
  topology_.handle_failed(kAna, 5, at(40));  // the second failure that counts: 60 s
  topology_.handle_timeout(at(100));
  topology_.handle_ready(kAna, 6, at(101));
  topology_.handle_ready(kBo, 6, at(101));
  ASSERT_EQ(topology_.mode(), kP2p);
  topology_.handle_failed(kAna, 6, at(161));
  topology_.handle_ready(kAna, 7, at(162));
  topology_.handle_ready(kBo, 7, at(162));
  EXPECT_EQ(topology_.poll_timeout().when, at(191));
}

TEST_F(TopologySwitchTest, DirectLegThatBreaksSoonKeepsTheBackoffGrowing) {
  two_on_server();
  topology_.handle_timeout(at(8));
  topology_.handle_failed(kAna, 4, at(9));
  topology_.handle_timeout(at(39));
  topology_.handle_ready(kAna, 5, at(40));
  topology_.handle_ready(kBo, 5, at(40));
  topology_.handle_failed(kAna, 5, at(46));
  topology_.handle_ready(kAna, 6, at(47));
  topology_.handle_ready(kBo, 6, at(47));
  EXPECT_EQ(topology_.poll_timeout().when, at(106)) << "60 s after the second failure";
}

TEST_F(TopologySwitchTest, LostSocketEndsADirectPreparation) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  told();
  topology_.handle_socket(kAna, false, at(1));
  EXPECT_EQ(topology_.mode(), kSfu);
  EXPECT_TRUE(topology_.poll_timeout().when.is_never()) << "not while a socket is lost";
  topology_.handle_socket(kAna, true, at(30));
  EXPECT_EQ(topology_.poll_timeout().when, at(35));
}

TEST_F(TopologySwitchTest, SecondMeetsOneWithoutSocketOnTheServer) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_socket(kAna, false, at(1));
  topology_.handle_joined(kBo, at(2));
  EXPECT_EQ(told(), (Messages{{kAna, 2, kSfu, kCommit, {}, false}}));
  EXPECT_EQ(topology_.in_force(kBo), (TopologyMessage{kBo, 2, kSfu, kCommit, {}, false}));
}

TEST_F(TopologySwitchTest, LostSocketDuringADirectCallLeavesItRunning) {
  two_direct();
  topology_.handle_socket(kAna, false, at(10));
  EXPECT_EQ(told(), Messages{});
  EXPECT_EQ(topology_.mode(), kP2p);
}

TEST_F(TopologySwitchTest, StaleAndForeignAnswersAreRefused) {
  two_direct();
  EXPECT_FALSE(topology_.handle_ready(kAna, 2, at(5)));
  EXPECT_FALSE(topology_.handle_ready(kAna, 3, at(5)));
  EXPECT_FALSE(topology_.handle_ready(kCy, 2, at(5)));
  EXPECT_FALSE(topology_.handle_failed(kAna, 1, at(5)));
  EXPECT_FALSE(topology_.handle_failed(kCy, 2, at(5)));
  EXPECT_FALSE(topology_.is_direct(2, kAna, kCy));
  EXPECT_FALSE(topology_.is_direct(2, kAna, kAna));
  EXPECT_EQ(told(), Messages{});
}

TEST_F(TopologySwitchTest, LanRefusalGoesToTheServerAndWaitsTenMinutes) {
  topology_.handle_joined(kAna, at(0));
  topology_.handle_joined(kBo, at(0));
  topology_.handle_lan_refused(1, at(0.5));
  EXPECT_EQ(topology_.mode(), kAlone) << "another epoch's verdict";
  topology_.handle_lan_refused(2, at(1));
  EXPECT_EQ(topology_.mode(), kSfu);
  EXPECT_EQ(topology_.poll_timeout().when, at(601));
}

TEST_F(TopologySwitchTest, NewPairStartsWithoutTheOldOnesBackoff) {
  two_on_server();
  topology_.handle_left(kBo, at(4));
  told();
  topology_.handle_joined(kCy, at(5));
  EXPECT_EQ(told(), (Messages{{kAna, 5, kP2p, kPrepare, kCy, false},
                              {kCy, 5, kP2p, kPrepare, kAna, true}}));
}

TEST_F(TopologySwitchTest, ReloadedPageBeginsItsDirectLegAnewWithoutBackoff) {
  two_direct();
  EXPECT_TRUE(topology_.handle_reload(kBo, at(20)));
  const Messages messages = told();
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[0], (TopologyMessage{kAna, 3, kAlone, kCommit, {}, false}));
  EXPECT_EQ(messages[1], (TopologyMessage{kAna, 4, kP2p, kPrepare, kBo, false}));
  EXPECT_EQ(messages[2], (TopologyMessage{kBo, 4, kP2p, kPrepare, kAna, true}));
  EXPECT_EQ(topology_.in_force(kBo).mode, kAlone);
}

TEST_F(TopologySwitchTest, ReloadedPageOnTheServerChangesNoWay) {
  two_on_server();
  EXPECT_FALSE(topology_.handle_reload(kBo, at(4)));
  EXPECT_TRUE(told().empty());
}

TEST_F(TopologySwitchTest, ReloadWhileADirectLegIsTriedBesidesTheServerEndsTheTry) {
  two_on_server();
  topology_.handle_timeout(at(60));
  ASSERT_EQ(told().size(), 2u);
  EXPECT_FALSE(topology_.handle_reload(kBo, at(61)));
  const Messages messages = told();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].phase, kAbort);
  EXPECT_EQ(topology_.mode(), kSfu);
}

TEST_F(TopologySwitchTest, ReloadOfOneOfADirectPairInALargerRoomPutsItOnTheServer) {
  two_direct();
  topology_.handle_joined(kCy, at(5));
  told();
  EXPECT_TRUE(topology_.handle_reload(kBo, at(6)));
  EXPECT_EQ(topology_.mode(), kSfu);
  EXPECT_EQ(topology_.in_force(kBo).mode, kSfu);
  EXPECT_FALSE(topology_.preparation(kBo));
}

}  // namespace
}  // namespace parley::room
