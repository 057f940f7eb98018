#include "io/udp_swarm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "io/clock.h"
#include "io/udp_socket.h"

namespace parley::io {
namespace {

struct Seen {
  UdpSwarm::Index index = 0;
  std::string text;
  SocketAddress from;
  Timestamp at;
};

Bytes bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class UdpSwarmTest : public ::testing::Test {
 protected:
  // Loopback delivers within the sender's call; the bound is for a machine that doesn't.
  static std::vector<Seen> receive(UdpSwarm& swarm, size_t count) {
    std::vector<Seen> out;
    for (int i = 0; i < 100'000 && out.size() < count; ++i) {
      swarm.receive([&](const UdpSwarm::Arrival& arrival) {
        out.push_back({arrival.index, std::string(arrival.bytes.begin(), arrival.bytes.end()),
                       arrival.path.remote, arrival.at});
      });
      std::this_thread::yield();
    }
    return out;
  }

  const IpAddress home = IpAddress::v4(127, 0, 0, 1);
  UdpSwarm swarm{UdpSwarm::Options{}};
};

TEST_F(UdpSwarmTest, ToldApartByTheirSockets) {
  const auto ana = swarm.open(home).value();
  const auto bo = swarm.open(home).value();
  ASSERT_NE(swarm.local(ana).port, swarm.local(bo).port);
  swarm.send(ana, swarm.local(bo), bytes("to bo"));
  swarm.send(bo, swarm.local(ana), bytes("to ana"));
  swarm.flush();
  auto seen = receive(swarm, 2);
  ASSERT_EQ(seen.size(), 2u);
  std::ranges::sort(seen, {}, &Seen::text);
  EXPECT_EQ(seen[0].text, "to ana");
  EXPECT_EQ(seen[0].index, ana);
  EXPECT_EQ(seen[0].from, swarm.local(bo));
  EXPECT_EQ(seen[1].index, bo);
  EXPECT_EQ(swarm.counters().sent, 2u);
  EXPECT_EQ(swarm.counters().received, 2u);
}

TEST_F(UdpSwarmTest, NothingLeavesBeforeFlush) {
  const auto ana = swarm.open(home).value();
  swarm.send(ana, swarm.local(ana), bytes("one"));
  EXPECT_EQ(swarm.counters().sent, 0u);
  EXPECT_EQ(swarm.receive([](const UdpSwarm::Arrival&) {}), 0u);
  swarm.flush();
  EXPECT_EQ(receive(swarm, 1).size(), 1u);
}

TEST_F(UdpSwarmTest, KeepsTheOrderOfManyDatagramsAndLosesNone) {
  const auto ana = swarm.open(home).value();
  const auto bo = swarm.open(home).value();
  constexpr size_t kMany = 100;
  for (size_t i = 0; i < kMany; ++i)
    swarm.send(ana, swarm.local(bo), bytes(std::to_string(1000 + i)));
  swarm.flush();
  const auto seen = receive(swarm, kMany);
  ASSERT_EQ(seen.size(), kMany);
  for (size_t i = 0; i < kMany; ++i) EXPECT_EQ(seen[i].text, std::to_string(1000 + i));
  EXPECT_EQ(swarm.counters().dropped_receive_full, 0u);
  EXPECT_EQ(swarm.counters().dropped_send, 0u);
}

TEST_F(UdpSwarmTest, ARunIsTakenAsOneMessageAndTakenApart) {
  const auto bo = swarm.open(home).value();
  auto sender = UdpSocket::bind(home, 0).value();
  std::string text = "onetwosix";
  sender.send(std::vector<DatagramRun>{{{{}, swarm.local(bo)}, bytes(text), 3}});
  std::vector<std::pair<std::string, bool>> seen;
  for (int i = 0; i < 100'000 && seen.size() < 3; ++i) {
    swarm.receive([&](const UdpSwarm::Arrival& arrival) {
      seen.emplace_back(std::string(arrival.bytes.begin(), arrival.bytes.end()), arrival.first);
    });
    std::this_thread::yield();
  }
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], (std::pair<std::string, bool>("one", true)));
  // A kernel that joins nothing gives three messages.
  EXPECT_EQ(seen[1].second, seen[2].second);
  EXPECT_EQ(seen[2].first, "six");
}

TEST_F(UdpSwarmTest, AnArrivalIsStampedBetweenItsSendingAndItsReading) {
  const auto ana = swarm.open(home).value();
  const Timestamp before = monotonic_now();
  swarm.send(ana, swarm.local(ana), bytes("now"));
  swarm.flush();
  const auto seen = receive(swarm, 1);
  ASSERT_EQ(seen.size(), 1u);
  // The two clocks are compared by reading one after the other.
  EXPECT_GE(seen[0].at, before - TimeDelta::millis(1));
  EXPECT_LE(seen[0].at, monotonic_now() + TimeDelta::millis(1));
}

TEST_F(UdpSwarmTest, AClosedSocketsPlaceIsTakenAgainWithoutWhatWasMeantForItsFormerOwner) {
  const auto ana = swarm.open(home).value();
  const auto bo = swarm.open(home).value();
  swarm.send(ana, swarm.local(bo), bytes("too late"));
  swarm.flush();
  swarm.close(bo);
  const auto cy = swarm.open(home).value();
  EXPECT_EQ(cy, bo);
  swarm.send(ana, swarm.local(cy), bytes("in time"));
  swarm.flush();
  const auto seen = receive(swarm, 1);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].text, "in time");
}

TEST_F(UdpSwarmTest, AnAddressOfAnotherMachineIsRefused) {
  EXPECT_FALSE(swarm.open(IpAddress::v4(192, 0, 2, 77)).has_value());
}

}  // namespace
}  // namespace parley::io
