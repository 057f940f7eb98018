// The settings of TopologySwitch.
#include <gtest/gtest.h>

#include "room/topology_switch.h"

namespace parley::room {
namespace {

constexpr ParticipantId kAna{1}, kBo{2}, kCy{3};

Timestamp at(int64_t seconds) {
  return Timestamp::seconds(seconds);
}

TEST(TopologySwitchPolicyTest, OffNeverPreparesADirectLeg) {
  TopologySwitch topology(P2pPolicy::kOff);
  topology.handle_joined(kAna, at(0));
  topology.handle_joined(kBo, at(0));
  EXPECT_EQ(topology.mode(), TopologyMode::kSfu);
  EXPECT_EQ(topology.in_force(kBo).epoch, 2);
  EXPECT_TRUE(topology.poll_timeout().when.is_never());
  topology.handle_timeout(at(1'000'000));
  EXPECT_EQ(topology.mode(), TopologyMode::kSfu);
}

TEST(TopologySwitchPolicyTest, QuietTimeIsConfigurable) {
  TopologySwitch topology(P2pPolicy::kOn, TimeDelta::seconds(1));
  for (const ParticipantId id : {kAna, kBo, kCy}) topology.handle_joined(id, at(0));
  topology.handle_left(kBo, at(10));
  EXPECT_EQ(topology.poll_timeout().when, at(11));
}

TEST(TopologySwitchPolicyTest, StricterOfTwoPoliciesWins) {
  EXPECT_EQ(stricter(P2pPolicy::kOn, P2pPolicy::kLan), P2pPolicy::kLan);
  EXPECT_EQ(stricter(P2pPolicy::kOff, P2pPolicy::kLan), P2pPolicy::kOff);
  EXPECT_EQ(stricter(P2pPolicy::kOn, P2pPolicy::kOn), P2pPolicy::kOn);
}

}  // namespace
}  // namespace parley::room
