// Two agents joined by hand over a network in virtual time.
#include "ice/agent.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "ice/lite_agent.h"
#include "ice/test_network.h"
#include "stun/server.h"

namespace parley::ice {
namespace {

const SocketAddress kA = *SocketAddress::parse("192.0.2.10:1000");
const SocketAddress kA2 = *SocketAddress::parse("192.0.2.11:1000");
const SocketAddress kB = *SocketAddress::parse("198.51.100.20:2000");
const SocketAddress kNat = *SocketAddress::parse("203.0.113.5:61000");
const SocketAddress kStun = *SocketAddress::parse("203.0.113.99:3478");

Candidate host_candidate(const SocketAddress& address) {
  Candidate c;
  c.foundation = "1";
  c.priority = candidate_priority(CandidateType::Host, 65535);
  c.address = address;
  return c;
}

struct Peer {
  Peer(Role role, uint64_t seed, AgentConfig config = {})
      : random(seed), agent(with(config, role), Credentials::draw(random), random) {}
  static AgentConfig with(AgentConfig config, Role role) {
    config.role = role;
    return config;
  }
  SeededRandom random;
  Agent agent;
};

// A full agent A against a lite agent at kB.
class FullLiteTest : public testing::TestWithParam<uint64_t> {
 protected:
  explicit FullLiteTest(Role role = Role::Controlling) : net_(GetParam()), a_(role, GetParam()) {
    SeededRandom random(GetParam() + 77);
    b_local_ = Credentials::draw(random);
    lite_.emplace(b_local_, a_.agent.local_credentials(), net_.now());
    net_.attach(a_.agent, {kA, kA2});
    net_.attach(*lite_, {kB});
  }
  void start() {
    a_.agent.add_host(kA, net_.now());
    a_.agent.set_remote(b_local_, net_.now());
    a_.agent.add_remote(host_candidate(kB), net_.now());
  }
  TestNetwork net_;
  Peer a_;
  Credentials b_local_;
  std::optional<LiteAgent> lite_;
};
INSTANTIATE_TEST_SUITE_P(Seeds, FullLiteTest, testing::Range<uint64_t>(1, 6));

TEST_P(FullLiteTest, ConnectsWithinAFewRoundTripsAndNominates) {
  start();
  net_.run_for(TimeDelta::millis(150));
  EXPECT_EQ(a_.agent.state(), AgentState::Connected);
  EXPECT_TRUE(a_.agent.is_nominated());
  EXPECT_EQ(a_.agent.selected_path(), (FlowPath{kA, kB}));
  EXPECT_EQ(lite_->state(), LiteState::Connected);
  EXPECT_TRUE(lite_->is_nominated());
  EXPECT_EQ(lite_->selected_path(), (FlowPath{kB, kA}));
}

TEST_P(FullLiteTest, ConnectsAtTwentyPercentLoss) {
  net_.loss_percent = 20;
  start();
  net_.run_for(TimeDelta::seconds(10));
  EXPECT_EQ(a_.agent.state(), AgentState::Connected);
  EXPECT_TRUE(a_.agent.is_nominated());
  EXPECT_EQ(lite_->selected_path(), (FlowPath{kB, kA}));
}

// RFC 7675 §5.1: about one check in 5 s, and never so long a silence that the other side thinks the
// path gone.
TEST_P(FullLiteTest, StaysConnectedWithOneConsentCheckInFiveSeconds) {
  start();
  net_.run_for(TimeDelta::seconds(1));
  while (a_.agent.poll_event()) {
  }
  while (lite_->poll_event()) {
  }
  const size_t before = net_.sent;
  net_.run_for(TimeDelta::seconds(600));
  EXPECT_EQ(a_.agent.poll_event(), std::nullopt);
  EXPECT_EQ(lite_->poll_event(), std::nullopt);
  const size_t checks = (net_.sent - before) / 2;
  EXPECT_GE(checks, 100u);
  EXPECT_LE(checks, 150u);
}

TEST_P(FullLiteTest, BothSidesFailThirtySecondsAfterTheLastConsent) {
  start();
  net_.run_for(TimeDelta::seconds(1));
  net_.cut = true;
  net_.run_for(TimeDelta::seconds(20));
  EXPECT_EQ(a_.agent.state(), AgentState::Disconnected);
  EXPECT_EQ(lite_->state(), LiteState::Disconnected);
  net_.run_for(TimeDelta::seconds(11));
  EXPECT_EQ(a_.agent.state(), AgentState::Failed);
  EXPECT_EQ(lite_->state(), LiteState::Failed);
  EXPECT_EQ(a_.agent.selected_path(), std::nullopt);
  const size_t sent = net_.sent;
  net_.cut = false;
  net_.run_for(TimeDelta::seconds(60));
  EXPECT_EQ(net_.sent, sent);  // nothing without consent
}

TEST_P(FullLiteTest, RecoversFromAnOutageShorterThanConsent) {
  start();
  net_.run_for(TimeDelta::seconds(1));
  net_.cut = true;
  net_.run_for(TimeDelta::seconds(18));
  net_.cut = false;
  net_.run_for(TimeDelta::seconds(7));
  EXPECT_EQ(a_.agent.state(), AgentState::Connected);
  EXPECT_EQ(lite_->state(), LiteState::Connected);
}

// RFC 8445 §9
TEST_P(FullLiteTest, ARestartMovesToAnotherLocalAddressWithoutLosingThePathBetween) {
  start();
  net_.run_for(TimeDelta::seconds(1));
  SeededRandom random(GetParam() + 99);
  const Credentials new_b = Credentials::draw(random);
  a_.agent.restart(Credentials::draw(random), net_.now());
  EXPECT_EQ(a_.agent.selected_path(), (FlowPath{kA, kB}));
  net_.run_for(TimeDelta::seconds(
      8));  // signalling takes its time: consent goes on with the old credentials
  EXPECT_EQ(a_.agent.state(), AgentState::Connected);
  EXPECT_EQ(lite_->state(), LiteState::Connected);

  lite_->set_credentials(new_b, a_.agent.local_credentials(), net_.now());
  net_.drop = [](const OutDatagram& d) { return d.path.local == kA || d.path.remote == kA; };
  a_.agent.add_host(kA2, net_.now());
  a_.agent.set_remote(new_b, net_.now());
  a_.agent.add_remote(host_candidate(kB), net_.now());
  net_.run_for(TimeDelta::seconds(2));
  EXPECT_EQ(a_.agent.selected_path(), (FlowPath{kA2, kB}));
  EXPECT_EQ(lite_->selected_path(), (FlowPath{kB, kA2}));
  EXPECT_TRUE(a_.agent.is_nominated());
  EXPECT_TRUE(lite_->is_nominated());
}

TEST_P(FullLiteTest, FailsAfterTheTimeOfRfc8863IfNothingAnswers) {
  net_.cut = true;
  start();
  net_.run_for(TimeDelta::millis(39400));
  EXPECT_EQ(a_.agent.state(), AgentState::Checking);
  net_.run_for(TimeDelta::millis(200));
  EXPECT_EQ(a_.agent.state(), AgentState::Failed);
}

TEST_P(FullLiteTest, AControlledAgentTakesControlWhenTheLitePeerAnswers487) {
  Peer c(Role::Controlled, GetParam() + 5);
  const auto kC = *SocketAddress::parse("192.0.2.77:7");
  lite_->set_credentials(b_local_, c.agent.local_credentials(), net_.now());
  net_.attach(c.agent, {kC});
  c.agent.add_host(kC, net_.now());
  c.agent.set_remote(b_local_, net_.now());
  c.agent.add_remote(host_candidate(kB), net_.now());
  net_.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(c.agent.role(), Role::Controlling);
  EXPECT_TRUE(c.agent.is_nominated());
  EXPECT_EQ(lite_->selected_path(), (FlowPath{kB, kC}));
}

class FullFullTest : public testing::TestWithParam<uint64_t> {
 protected:
  FullFullTest() : net_(GetParam()) {}
  void make(Role role_a, Role role_b, AgentConfig config = {}) {
    a_ = std::make_unique<Peer>(role_a, GetParam() * 2, config);
    b_ = std::make_unique<Peer>(role_b, GetParam() * 2 + 1);
    net_.attach(a_->agent, {kA, kA2});
    net_.attach(b_->agent, {kB});
    a_->agent.add_host(kA, net_.now());
    b_->agent.add_host(kB, net_.now());
  }
  void exchange_credentials() {
    a_->agent.set_remote(b_->agent.local_credentials(), net_.now());
    b_->agent.set_remote(a_->agent.local_credentials(), net_.now());
  }
  void exchange_hosts() {
    a_->agent.add_remote(host_candidate(kB), net_.now());
    b_->agent.add_remote(host_candidate(kA), net_.now());
  }
  void expect_connected(const FlowPath& of_a, const FlowPath& of_b) {
    EXPECT_EQ(a_->agent.state(), AgentState::Connected);
    EXPECT_EQ(b_->agent.state(), AgentState::Connected);
    EXPECT_TRUE(a_->agent.is_nominated());
    EXPECT_TRUE(b_->agent.is_nominated());
    EXPECT_EQ(a_->agent.selected_path(), of_a);
    EXPECT_EQ(b_->agent.selected_path(), of_b);
    EXPECT_NE(a_->agent.role(), b_->agent.role());
  }
  TestNetwork net_;
  std::unique_ptr<Peer> a_;
  std::unique_ptr<Peer> b_;
};
INSTANTIATE_TEST_SUITE_P(Seeds, FullFullTest, testing::Range<uint64_t>(1, 11));

TEST_P(FullFullTest, ConnectsAndAgreesOnThePath) {
  make(Role::Controlling, Role::Controlled);
  exchange_credentials();
  exchange_hosts();
  net_.run_for(TimeDelta::millis(400));
  expect_connected({kA, kB}, {kB, kA});
}

TEST_P(FullFullTest, ConnectsAtTwentyPercentLoss) {
  net_.loss_percent = 20;
  make(Role::Controlling, Role::Controlled);
  exchange_credentials();
  exchange_hosts();
  net_.run_for(TimeDelta::seconds(15));
  expect_connected({kA, kB}, {kB, kA});
}

// RFC 8445 §7.3.1.1, §7.2.5.1
TEST_P(FullFullTest, SettlesWhoControlsWhenBothWantTo) {
  make(Role::Controlling, Role::Controlling);
  exchange_credentials();
  exchange_hosts();
  net_.run_for(TimeDelta::seconds(2));
  expect_connected({kA, kB}, {kB, kA});
  const bool a_is_larger = a_->agent.tie_breaker() > b_->agent.tie_breaker();
  EXPECT_EQ(a_->agent.role(), a_is_larger ? Role::Controlling : Role::Controlled);
}

TEST_P(FullFullTest, SettlesWhoControlsWhenNobodyWantsTo) {
  make(Role::Controlled, Role::Controlled);
  exchange_credentials();
  exchange_hosts();
  net_.run_for(TimeDelta::seconds(2));
  expect_connected({kA, kB}, {kB, kA});
}

// RFC 8445 §7.3.1.3, §7.2.5.3.1: B learns A's mapping from A's check, A from B's answer.
TEST_P(FullFullTest, LearnsPeerReflexiveCandidatesThroughANat) {
  net_.add_nat(kA, kNat);
  make(Role::Controlling, Role::Controlled);
  exchange_credentials();
  exchange_hosts();  // kA can't be reached by B
  net_.run_for(TimeDelta::seconds(2));
  expect_connected({kA, kB}, {kB, kNat});
  ASSERT_EQ(a_->agent.local_candidates().size(), 2u);
  EXPECT_EQ(a_->agent.local_candidates()[1].type, CandidateType::PeerReflexive);
  EXPECT_EQ(a_->agent.local_candidates()[1].address, kNat);
  EXPECT_EQ(b_->agent.remote_candidates().back().type, CandidateType::PeerReflexive);
  EXPECT_EQ(b_->agent.remote_candidates().back().address, kNat);
}

TEST_P(FullFullTest, ConnectsWhenCandidatesOfOneSideNeverArrive) {
  make(Role::Controlling, Role::Controlled);
  exchange_credentials();
  a_->agent.add_remote(host_candidate(kB), net_.now());
  net_.run_for(TimeDelta::seconds(1));
  expect_connected({kA, kB}, {kB, kA});
}

TEST_P(FullFullTest, ConnectsWhenTheAnswerComesAfterTheFirstChecks) {
  make(Role::Controlling, Role::Controlled);
  a_->agent.set_remote(b_->agent.local_credentials(), net_.now());
  a_->agent.add_remote(host_candidate(kB), net_.now());
  net_.run_for(TimeDelta::seconds(2));
  b_->agent.set_remote(a_->agent.local_credentials(), net_.now());
  b_->agent.add_remote(host_candidate(kA), net_.now());
  net_.run_for(TimeDelta::seconds(
      8));  // the next consent check of A nominates nothing; B's own check connects it
  EXPECT_EQ(a_->agent.state(), AgentState::Connected);
  EXPECT_EQ(b_->agent.state(), AgentState::Connected);
  EXPECT_EQ(b_->agent.selected_path(), (FlowPath{kB, kA}));
}

// RFC 8445 §5.1.1.2
TEST_P(FullFullTest, GathersAServerReflexiveCandidate) {
  net_.add_nat(kA, kNat);
  AgentConfig config;
  config.stun_server = kStun;
  std::optional<OutDatagram> answer;
  net_.attach(TestNetwork::Node{
                  .receive =
                      [&](const FlowPath& p, Bytes b, Timestamp) {
                        OutDatagram d;
                        d.path = p;
                        d.size = stun::answer_binding(b, p.remote, d.bytes).value_or(0);
                        answer = d;
                      },
                  .output =
                      [&](OutDatagram& d) {
                        if (!answer) return false;
                        d = *answer;
                        answer.reset();
                        return true;
                      },
                  .timeout = [] { return Timestamp::never(); },
                  .wake = [](Timestamp) {},
              },
              kStun);
  make(Role::Controlling, Role::Controlled, config);
  EXPECT_FALSE(a_->agent.gathering_done());
  net_.run_for(TimeDelta::millis(200));
  EXPECT_TRUE(a_->agent.gathering_done());
  ASSERT_EQ(a_->agent.local_candidates().size(), 2u);
  const Candidate& c = a_->agent.local_candidates()[1];
  EXPECT_EQ(c.type, CandidateType::ServerReflexive);
  EXPECT_EQ(c.address, kNat);
  EXPECT_EQ(c.related, kA);
}

TEST_P(FullFullTest, NominatesTheBetterOfTwoWorkingPaths) {
  make(Role::Controlling, Role::Controlled);
  const auto kB2 = *SocketAddress::parse("198.51.100.21:2000");
  net_.attach(b_->agent, {kB2});
  b_->agent.add_host(kB2, net_.now());
  exchange_credentials();
  Candidate worse = host_candidate(kB2);
  worse.priority = candidate_priority(CandidateType::ServerReflexive, 1000);
  a_->agent.add_remote(worse, net_.now());
  net_.run_for(TimeDelta::millis(30));
  a_->agent.add_remote(host_candidate(kB), net_.now());
  net_.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(a_->agent.selected_path(), (FlowPath{kA, kB}));
  EXPECT_EQ(b_->agent.selected_path(), (FlowPath{kB, kA}));
}

TEST_P(FullFullTest, RestartsOnBothSides) {
  make(Role::Controlling, Role::Controlled);
  exchange_credentials();
  exchange_hosts();
  net_.run_for(TimeDelta::seconds(1));
  const auto old_a = a_->agent.local_credentials();
  a_->agent.restart(Credentials::draw(a_->random), net_.now());
  b_->agent.restart(Credentials::draw(b_->random), net_.now());
  EXPECT_NE(a_->agent.local_credentials(), old_a);
  EXPECT_FALSE(a_->agent.is_nominated());
  EXPECT_TRUE(a_->agent.selected_path().has_value());
  exchange_credentials();
  exchange_hosts();
  net_.run_for(TimeDelta::seconds(1));
  expect_connected({kA, kB}, {kB, kA});
}

TEST_P(FullFullTest, FailsThirtySecondsAfterThePathIsCutAndARestartRevivesIt) {
  make(Role::Controlling, Role::Controlled);
  exchange_credentials();
  exchange_hosts();
  net_.run_for(TimeDelta::seconds(1));
  net_.cut = true;
  net_.run_for(TimeDelta::seconds(31));
  EXPECT_EQ(a_->agent.state(), AgentState::Failed);
  EXPECT_EQ(b_->agent.state(), AgentState::Failed);
  net_.cut = false;
  a_->agent.restart(Credentials::draw(a_->random), net_.now());
  b_->agent.restart(Credentials::draw(b_->random), net_.now());
  exchange_credentials();
  exchange_hosts();
  net_.run_for(TimeDelta::seconds(1));
  expect_connected({kA, kB}, {kB, kA});
}

// RFC 8445 §14.2, §6.1.4.2
TEST(AgentTest, StartsNoTwoChecksWithinThePacingTime) {
  SeededRandom random(1);
  Agent agent({.pacing = TimeDelta::millis(50)}, Credentials::draw(random), random);
  Timestamp now = Timestamp::seconds(1);
  agent.add_host(kA, now);
  agent.set_remote(Credentials::draw(random), now);
  for (uint16_t i = 0; i < 5; ++i) {
    agent.add_remote(host_candidate({IpAddress::v4(10, 0, 0, 1), static_cast<uint16_t>(100 + i)}),
                     now);
  }
  std::vector<int64_t> times;
  OutDatagram out;
  while (times.size() < 5 && agent.poll_timeout().when < Timestamp::seconds(2)) {
    now = std::max(now, agent.poll_timeout().when);
    agent.handle_timeout(now);
    while (agent.poll_output(out)) times.push_back(now.ms() - 1000);
  }
  EXPECT_EQ(times, (std::vector<int64_t>{0, 50, 100, 150, 200}));
}

TEST(AgentTest, RefusesCandidatesItCannotUseAndBoundsTheRest) {
  SeededRandom random(1);
  Agent agent({}, Credentials::draw(random), random);
  const Timestamp now = Timestamp::seconds(1);
  Candidate tcp = host_candidate(kB);
  tcp.transport = CandidateTransport::Tcp;
  EXPECT_FALSE(agent.add_remote(tcp, now));
  Candidate mdns = host_candidate({});
  mdns.hostname = "x.local";
  EXPECT_FALSE(agent.add_remote(mdns, now));
  size_t taken = 0;
  for (uint16_t i = 1; i < 100; ++i) {
    taken += agent.add_remote(host_candidate({IpAddress::v4(10, 0, 0, 1), i}), now);
  }
  EXPECT_EQ(taken, Agent::kMaxRemoteCandidates);
}

TEST(AgentTest, IgnoresResponsesThatAreNotAuthentic) {
  SeededRandom random(1);
  Agent agent({}, Credentials::draw(random), random);
  const Timestamp now = Timestamp::seconds(1);
  agent.add_host(kA, now);
  agent.set_remote(Credentials::draw(random), now);
  agent.add_remote(host_candidate(kB), now);
  agent.handle_timeout(now);
  OutDatagram request;
  ASSERT_TRUE(agent.poll_output(request));
  const auto view = stun::MessageView::parse(request.data());
  const auto forged =
      success_response({kB, kA}, *view, stun::IntegrityKey(as_bytes("not the password")));
  EXPECT_EQ(agent.handle_stun({kA, kB}, forged.data(), now), StunResult::Unexpected);
  EXPECT_EQ(agent.state(), AgentState::Checking);
}

}  // namespace
}  // namespace parley::ice
