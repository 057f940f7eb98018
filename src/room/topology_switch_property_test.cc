// Random operations against TopologySwitch, with each participant modelled from the messages that
// it gets.
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "room/topology_switch.h"

namespace parley::room {
namespace {

// What one client knows.
struct Client {
  TopologyMode mode = TopologyMode::kAlone;
  int64_t epoch = 0;  // in force
  std::optional<TopologyMessage> preparation;
  int64_t last_prepared = 0;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed), topology_(P2pPolicy::kOn) {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      now_ = now_ + TimeDelta::millis(static_cast<int64_t>(random_.below(2'000)));
      step();
      read_messages();
      check();
    }
  }

 private:
  void step() {
    switch (random_.below(9)) {
      case 0:
        if (clients_.size() < 5) join();
        break;
      case 1:
        if (!clients_.empty() && random_.below(3) == 0) {
          const ParticipantId id = any();
          topology_.handle_left(id, now_);
          clients_.erase(id);
        }
        break;
      case 2:
        if (!clients_.empty()) topology_.handle_socket(any(), random_.below(4) != 0, now_);
        break;
      case 3:
        if (!clients_.empty()) topology_.handle_server_leg(any(), random_.below(4) != 0, now_);
        break;
      case 4:
      case 5:
        if (!clients_.empty()) answer_ready();
        break;
      case 6:
        if (!clients_.empty()) fail();
        break;
      case 7:
        topology_.handle_lan_refused(some_epoch(), now_);
        break;
      default:
        if (!topology_.poll_timeout().when.is_never()) {
          now_ = std::max(now_, topology_.poll_timeout().when);
        }
        topology_.handle_timeout(now_);
    }
  }

  void join() {
    const ParticipantId id{++last_id_};
    topology_.handle_joined(id, now_);
    const TopologyMessage in_force = topology_.in_force(id);
    clients_[id] = {.mode = in_force.mode, .epoch = in_force.epoch, .preparation = {}};
  }

  // An answer is accepted exactly when the client is preparing that epoch.
  void answer_ready() {
    const ParticipantId id = any();
    const int64_t epoch = some_epoch();
    const Client& client = clients_[id];
    const bool asked = client.preparation && client.preparation->epoch == epoch;
    EXPECT_EQ(topology_.handle_ready(id, epoch, now_), asked);
  }

  void fail() {
    const ParticipantId id = any();
    const int64_t epoch = some_epoch();
    const Client& client = clients_[id];
    const bool preparing = client.preparation && client.preparation->epoch == epoch;
    const bool direct = client.mode == TopologyMode::kP2p && client.epoch == epoch;
    const bool accepted = topology_.handle_failed(id, epoch, now_);
    EXPECT_TRUE(!accepted || preparing || direct);
    EXPECT_TRUE(accepted || !preparing);
  }

  void read_messages() {
    TopologyOutput out;
    while (topology_.poll_output(out)) {
      const auto* message = std::get_if<TopologyMessage>(&out);
      if (message == nullptr || !clients_.contains(message->to)) continue;
      EXPECT_LE(message->epoch, topology_.last_epoch());
      apply(clients_[message->to], *message);
    }
  }

  void apply(Client& client, const TopologyMessage& message) {
    const bool of_preparation = client.preparation && client.preparation->epoch == message.epoch &&
                                client.preparation->mode == message.mode;
    switch (message.phase) {
      case TopologyPhase::kPrepare:
        EXPECT_FALSE(client.preparation) << "one preparation at a time";
        EXPECT_GT(message.epoch, client.epoch);
        EXPECT_GT(message.epoch, client.last_prepared) << "an epoch is used once";
        client.preparation = message;
        client.last_prepared = message.epoch;
        break;
      case TopologyPhase::kCommit:
        EXPECT_GT(message.epoch, client.epoch) << "epochs in force grow";
        EXPECT_TRUE(!client.preparation || of_preparation) << "no commit past a preparation";
        client.preparation.reset();
        client.mode = message.mode;
        client.epoch = message.epoch;
        break;
      case TopologyPhase::kAbort:
        EXPECT_TRUE(of_preparation) << "only what runs is aborted";
        client.preparation.reset();
        break;
    }
  }

  void check() {
    EXPECT_GE(topology_.last_epoch(), last_epoch_);
    last_epoch_ = topology_.last_epoch();
    std::map<TopologyMode, int> in_force;
    int preparing = 0;
    for (const auto& [id, client] : clients_) {
      EXPECT_EQ(topology_.in_force(id).mode, client.mode);
      EXPECT_EQ(topology_.in_force(id).epoch, client.epoch);
      EXPECT_EQ(topology_.preparation(id), client.preparation);
      ++in_force[client.mode];
      if (client.preparation) ++preparing;
    }
    if (clients_.size() == 1) {
      EXPECT_EQ(in_force[TopologyMode::kAlone], 1);
    }
    if (clients_.size() > 2) {
      EXPECT_EQ(in_force[TopologyMode::kAlone], 0);
    }
    // Never two modes in force, but for a pair on its way to the server that the others use
    // already.
    if (in_force[TopologyMode::kP2p] > 0) {
      EXPECT_EQ(in_force[TopologyMode::kP2p], 2);
      EXPECT_EQ(in_force[TopologyMode::kAlone], 0);
      if (clients_.size() > 2) {
        EXPECT_FALSE(topology_.poll_timeout().when.is_never()) << "the switch goes on";
      }
    } else {
      EXPECT_TRUE(in_force[TopologyMode::kAlone] == 0 || in_force[TopologyMode::kSfu] == 0);
    }
    EXPECT_TRUE(preparing == 0 || preparing == 2);
    if (preparing > 0) {
      EXPECT_FALSE(topology_.poll_timeout().when.is_never()) << "a preparation ends";
    }
  }

  ParticipantId any() {
    auto it = clients_.begin();
    std::advance(it, static_cast<long>(random_.below(clients_.size())));
    return it->first;
  }
  // Mostly the last one, sometimes an older or a coming one.
  int64_t some_epoch() {
    const int64_t last = topology_.last_epoch();
    return random_.below(3) != 0 ? last : last + 1 - static_cast<int64_t>(random_.below(4));
  }

  SeededRandom random_;
  TopologySwitch topology_;
  Timestamp now_;
  std::map<ParticipantId, Client> clients_;
  uint32_t last_id_ = 0;
  int64_t last_epoch_ = 0;
};

TEST(TopologySwitchPropertyTest, RandomOperationsKeepTheRules) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).run(400);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace parley::room
