#include "ice/lite_agent.h"

#include <gtest/gtest.h>

#include <vector>

#include "stun/builder.h"

namespace parley::ice {
namespace {

const Credentials kLocal{.ufrag = "srvU", .password = "server-password-of-22-c"};
const Credentials kRemote{.ufrag = "cliU", .password = "client-password-of-22-c"};
const Credentials kLocal2{.ufrag = "srvV", .password = "another-server-password"};
const Credentials kRemote2{.ufrag = "cliV", .password = "another-client-password"};
constexpr Timestamp kStart = Timestamp::seconds(1000);
constexpr stun::TransactionId kId = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

FlowPath path(uint16_t port) {
  return {*SocketAddress::parse("192.0.2.1:4000"), {IpAddress::v4(198, 51, 100, 7), port}};
}

struct CheckOptions {
  Credentials to = kLocal;
  Credentials from = kRemote;
  bool use_candidate = false;
  bool as_controlled = false;
  bool username = true;
  bool integrity = true;
  bool fingerprint = true;
  uint16_t extra_attribute = 0;
  stun::MessageClass message_class = stun::MessageClass::Request;
};

std::vector<uint8_t> check(const CheckOptions& o = {}) {
  std::vector<uint8_t> m(512);
  stun::MessageBuilder b(m, o.message_class, stun::Method::Binding, kId);
  if (o.username) b.add_text(stun::Attribute::Username, o.to.ufrag + ":" + o.from.ufrag);
  b.add_u32(stun::Attribute::Priority, 1);
  b.add_u64(o.as_controlled ? stun::Attribute::IceControlled : stun::Attribute::IceControlling, 5);
  if (o.use_candidate) b.add_flag(stun::Attribute::UseCandidate);
  if (o.extra_attribute != 0) b.add_flag(stun::Attribute{o.extra_attribute});
  if (o.integrity) b.add_integrity(stun::IntegrityKey(as_bytes(o.to.password)));
  if (o.fingerprint) b.add_fingerprint();
  m.resize(*b.finish());
  return m;
}

class LiteAgentTest : public testing::Test {
 protected:
  // The error code of the only answer in the output; 0 for a success response, -1 for none.
  int answered() {
    if (!agent_.poll_output(out_)) return -1;
    const auto m = stun::MessageView::parse(out_.data());
    if (!m || stun::check_fingerprint(*m) != stun::Integrity::Valid) return -2;
    if (m->transaction_id() != kId) return -3;
    const auto error = m->error_code();
    return error ? error->code : 0;
  }
  std::vector<LiteEvent> events() {
    std::vector<LiteEvent> list;
    while (const auto e = agent_.poll_event()) list.push_back(*e);
    return list;
  }
  void advance_to(TimeDelta since_start) {
    const Timestamp end = kStart + since_start;
    while (agent_.poll_timeout().when <= end) agent_.handle_timeout(agent_.poll_timeout().when);
  }

  LiteAgent agent_{kLocal, kRemote, kStart};
  OutDatagram out_;
};

// RFC 8445 §7.3.1.2: the answer tells the address the check came from, with our password's
// integrity.
TEST_F(LiteAgentTest, AnswersAValidCheck) {
  EXPECT_EQ(agent_.state(), LiteState::Waiting);
  EXPECT_EQ(agent_.handle_stun(path(1), check(), kStart), StunResult::Answered);
  ASSERT_TRUE(agent_.poll_output(out_));
  EXPECT_EQ(out_.path, path(1));
  const auto m = stun::MessageView::parse(out_.data());
  ASSERT_TRUE(m.has_value());
  EXPECT_TRUE(m->is(stun::MessageClass::Success, stun::Method::Binding));
  EXPECT_EQ(m->transaction_id(), kId);
  EXPECT_EQ(m->xor_address(stun::Attribute::XorMappedAddress), path(1).remote);
  EXPECT_EQ(stun::check_integrity(*m, stun::IntegrityKey(as_bytes(kLocal.password))),
            stun::Integrity::Valid);
  EXPECT_EQ(stun::check_fingerprint(*m), stun::Integrity::Valid);
  EXPECT_FALSE(agent_.poll_output(out_));
}

TEST_F(LiteAgentTest, SelectsTheFirstCheckedPathUntilOneIsNominated) {
  agent_.handle_stun(path(1), check(), kStart);
  EXPECT_EQ(agent_.state(), LiteState::Connected);
  EXPECT_EQ(agent_.selected_path(), path(1));
  EXPECT_FALSE(agent_.is_nominated());
  EXPECT_EQ(events(), (std::vector{LiteEvent::StateChanged, LiteEvent::SelectedPathChanged}));
  agent_.handle_stun(path(2), check(), kStart);
  EXPECT_EQ(agent_.selected_path(), path(1));
  agent_.handle_stun(path(2), check({.use_candidate = true}), kStart);
  EXPECT_EQ(agent_.selected_path(), path(2));
  EXPECT_TRUE(agent_.is_nominated());
  EXPECT_EQ(events(), std::vector{LiteEvent::SelectedPathChanged});
  agent_.handle_stun(path(1), check(), kStart);
  EXPECT_EQ(agent_.selected_path(), path(2));
  EXPECT_TRUE(agent_.is_nominated());
}

TEST_F(LiteAgentTest, FollowsTheLatestNomination) {
  agent_.handle_stun(path(1), check({.use_candidate = true}), kStart);
  answered();
  agent_.handle_stun(path(2), check({.use_candidate = true}), kStart);
  EXPECT_EQ(agent_.selected_path(), path(2));
}

TEST_F(LiteAgentTest, LeavesANominatedPathThatFellSilentForOneThatIsChecked) {
  agent_.handle_stun(path(1), check({.use_candidate = true}), kStart);
  agent_.handle_stun(path(2), check(), kStart + TimeDelta::seconds(6));
  EXPECT_EQ(agent_.selected_path(), path(1));
  agent_.handle_stun(path(2), check(), kStart + TimeDelta::seconds(7));
  EXPECT_EQ(agent_.selected_path(), path(2));
}

// RFC 8489 §9.1.3
TEST_F(LiteAgentTest, RefusesChecksWithoutOrWithWrongCredentials) {
  EXPECT_EQ(agent_.handle_stun(path(1), check({.username = false}), kStart),
            StunResult::BadRequest);
  EXPECT_EQ(answered(), 400);
  EXPECT_EQ(agent_.handle_stun(path(1), check({.integrity = false}), kStart),
            StunResult::BadRequest);
  EXPECT_EQ(answered(), 400);
  EXPECT_EQ(agent_.handle_stun(path(1), check({.from = kRemote2}), kStart),
            StunResult::BadCredentials);
  EXPECT_EQ(answered(), 401);
  const Credentials wrong{.ufrag = kLocal.ufrag, .password = "guess"};
  EXPECT_EQ(agent_.handle_stun(path(1), check({.to = wrong}), kStart), StunResult::BadCredentials);
  EXPECT_EQ(answered(), 401);
  EXPECT_EQ(agent_.state(), LiteState::Waiting);
  EXPECT_EQ(agent_.selected_path(), std::nullopt);
  EXPECT_EQ(agent_.path_count(), 0u);
}

// RFC 8445 §7.3.1.1
TEST_F(LiteAgentTest, Answers487ToAControlledPeer) {
  EXPECT_EQ(agent_.handle_stun(path(1), check({.as_controlled = true}), kStart),
            StunResult::RoleConflict);
  EXPECT_EQ(answered(), 487);
  EXPECT_EQ(agent_.state(), LiteState::Waiting);
}

TEST_F(LiteAgentTest, Answers420ToUnknownRequiredAttributes) {
  EXPECT_EQ(agent_.handle_stun(path(1), check({.extra_attribute = 0x7ABC}), kStart),
            StunResult::UnknownAttribute);
  EXPECT_EQ(answered(), 420);
  EXPECT_EQ(agent_.handle_stun(path(1), check({.extra_attribute = 0xC057}), kStart),
            StunResult::Answered);
}

TEST_F(LiteAgentTest, IsSilentToWhatIsNoCheck) {
  EXPECT_EQ(agent_.handle_stun(path(1), check({.fingerprint = false}), kStart),
            StunResult::BadFingerprint);
  auto broken = check();
  broken[25] ^= 1;
  EXPECT_EQ(agent_.handle_stun(path(1), broken, kStart), StunResult::BadFingerprint);
  EXPECT_EQ(agent_.handle_stun(path(1), as_bytes("hello"), kStart), StunResult::Malformed);
  for (const auto c :
       {stun::MessageClass::Success, stun::MessageClass::Error, stun::MessageClass::Indication}) {
    EXPECT_EQ(agent_.handle_stun(path(1), check({.message_class = c}), kStart),
              StunResult::Unexpected);
  }
  EXPECT_EQ(answered(), -1);
}

TEST_F(LiteAgentTest, IsDisconnectedThenFailedWithoutChecks) {
  agent_.handle_stun(path(1), check({.use_candidate = true}), kStart);
  events();
  advance_to(TimeDelta::millis(6999));
  EXPECT_EQ(agent_.state(), LiteState::Connected);
  advance_to(TimeDelta::seconds(7));
  EXPECT_EQ(agent_.state(), LiteState::Disconnected);
  EXPECT_EQ(agent_.selected_path(), path(1));
  EXPECT_EQ(events(), std::vector{LiteEvent::StateChanged});
  // RFC 7675 §5.1
  advance_to(TimeDelta::millis(29999));
  EXPECT_EQ(agent_.state(), LiteState::Disconnected);
  advance_to(TimeDelta::seconds(30));
  EXPECT_EQ(agent_.state(), LiteState::Failed);
  EXPECT_EQ(agent_.selected_path(), std::nullopt);
  EXPECT_EQ(events(), (std::vector{LiteEvent::StateChanged, LiteEvent::SelectedPathChanged}));
  EXPECT_TRUE(agent_.poll_timeout().when.is_never());
  answered();
  EXPECT_EQ(agent_.handle_stun(path(1), check(), kStart + TimeDelta::seconds(31)),
            StunResult::Failed);
  EXPECT_EQ(answered(), -1);
}

TEST_F(LiteAgentTest, IsConnectedAgainWithTheNextCheck) {
  agent_.handle_stun(path(1), check(), kStart);
  advance_to(TimeDelta::seconds(10));
  EXPECT_EQ(agent_.state(), LiteState::Disconnected);
  agent_.handle_stun(path(1), check(), kStart + TimeDelta::seconds(10));
  EXPECT_EQ(agent_.state(), LiteState::Connected);
}

TEST_F(LiteAgentTest, FailsIfNoCheckEverComes) {
  advance_to(TimeDelta::seconds(30));
  EXPECT_EQ(agent_.state(), LiteState::Failed);
}

TEST_F(LiteAgentTest, ALateCheckDoesNotReviveExpiredConsentEvenIfNoTimerRan) {
  agent_.handle_stun(path(1), check(), kStart);
  EXPECT_EQ(agent_.handle_stun(path(1), check(), kStart + TimeDelta::seconds(30)),
            StunResult::Failed);
}

// RFC 8445 §9
TEST_F(LiteAgentTest, KeepsTheOldPathOverARestartUntilTheFirstNewCheck) {
  agent_.handle_stun(path(1), check({.use_candidate = true}), kStart);
  answered();
  agent_.set_credentials(kLocal2, kRemote2, kStart);
  EXPECT_EQ(agent_.selected_path(), path(1));
  EXPECT_EQ(agent_.handle_stun(path(1), check(), kStart), StunResult::Answered);
  EXPECT_EQ(answered(), 0);

  EXPECT_EQ(agent_.handle_stun(path(2), check({.to = kLocal2, .from = kRemote2}), kStart),
            StunResult::Answered);
  EXPECT_EQ(answered(), 0);
  EXPECT_EQ(agent_.selected_path(), path(2));
  EXPECT_FALSE(agent_.is_nominated());
  EXPECT_FALSE(agent_.knows_path(path(1)));
  EXPECT_EQ(agent_.handle_stun(path(1), check(), kStart), StunResult::BadCredentials);
  EXPECT_EQ(answered(), 401);
}

TEST_F(LiteAgentTest, ARestartEndsFailed) {
  advance_to(TimeDelta::seconds(30));
  agent_.set_credentials(kLocal2, kRemote2, kStart + TimeDelta::seconds(40));
  EXPECT_EQ(agent_.state(), LiteState::Waiting);
  EXPECT_EQ(agent_.handle_stun(path(2), check({.to = kLocal2, .from = kRemote2}),
                               kStart + TimeDelta::seconds(41)),
            StunResult::Answered);
  EXPECT_EQ(agent_.state(), LiteState::Connected);
}

TEST_F(LiteAgentTest, ForgetsTheStalestPathBeyondTheBoundButNotTheSelectedOne) {
  for (uint16_t i = 0; i < LiteAgent::kMaxPaths + 4; ++i) {
    agent_.handle_stun(path(i), check({.use_candidate = i == 0}), kStart + TimeDelta::millis(i));
    answered();
  }
  EXPECT_EQ(agent_.path_count(), LiteAgent::kMaxPaths);
  EXPECT_EQ(agent_.selected_path(), path(0));
  EXPECT_TRUE(agent_.knows_path(path(0)));
  EXPECT_FALSE(agent_.knows_path(path(1)));
  EXPECT_TRUE(agent_.knows_path(path(LiteAgent::kMaxPaths + 3)));
}

TEST_F(LiteAgentTest, RefusesWithoutChangeWhenItsOutputIsNotDrained) {
  for (size_t i = 0; i < LiteAgent::kMaxOutputs; ++i) {
    EXPECT_EQ(agent_.handle_stun(path(1), check(), kStart), StunResult::Answered);
  }
  EXPECT_EQ(agent_.handle_stun(path(2), check({.use_candidate = true}), kStart),
            StunResult::QueueFull);
  EXPECT_EQ(agent_.selected_path(), path(1));
}

TEST(LocalUfragTest, IsTheFirstHalfOfTheUserNameOfARequest) {
  const auto m = check();
  EXPECT_EQ(LiteAgent::local_ufrag_of(m), "srvU");
  EXPECT_EQ(LiteAgent::local_ufrag_of(check({.username = false})), std::nullopt);
  EXPECT_EQ(LiteAgent::local_ufrag_of(check({.message_class = stun::MessageClass::Success})),
            std::nullopt);
  EXPECT_EQ(LiteAgent::local_ufrag_of(as_bytes("nothing")), std::nullopt);
}

}  // namespace
}  // namespace parley::ice
