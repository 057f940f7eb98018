// The small parts of the control plane.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/addresses.h"
#include "control/direct_relay.h"
#include "control/presenter.h"
#include "control/wire.h"

namespace parley::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

IpAddress ip(const char* text) {
  return IpAddress::parse(text).value();
}

TEST(AddressesTest, ConnectionsOwnAddressIsAddedOnce) {
  const std::vector<IpAddress> advertised{ip("192.0.2.1"), ip("10.0.0.5")};
  EXPECT_THAT(
      media_addresses(advertised, {.remote_ip = ip("10.0.0.9"), .local_ip = ip("10.0.0.5")}),
      ElementsAre(ip("192.0.2.1"), ip("10.0.0.5")));
  EXPECT_THAT(media_addresses({}, {.remote_ip = ip("10.0.0.9"), .local_ip = ip("10.0.0.5")}),
              ElementsAre(ip("10.0.0.5")));
}

TEST(AddressesTest, LoopbackIsToldOnlyOverLoopback) {
  const std::vector<IpAddress> advertised{ip("127.0.0.1"), ip("192.0.2.1")};
  EXPECT_THAT(
      media_addresses(advertised, {.remote_ip = ip("10.0.0.9"), .local_ip = ip("10.0.0.5")}),
      ElementsAre(ip("192.0.2.1"), ip("10.0.0.5")));
  EXPECT_THAT(
      media_addresses(advertised, {.remote_ip = ip("127.0.0.1"), .local_ip = ip("127.0.0.1")}),
      ElementsAre(ip("127.0.0.1"), ip("192.0.2.1")));
}

TEST(AddressesTest, StunUrlHasTheConnectionsAddress) {
  EXPECT_THAT(stun_urls({}, {.remote_ip = ip("::1"), .local_ip = ip("2001:db8::1")}, 3478),
              ElementsAre("stun:[2001:db8::1]:3478"));
  EXPECT_THAT(stun_urls({ip("192.0.2.1")}, {}, 3478), ElementsAre("stun:192.0.2.1:3478"));
  EXPECT_THAT(stun_urls({}, {}, 3478), IsEmpty());
}

TEST(DirectRelayTest, CandidatesAreTakenOutOfADescription) {
  signaling::SessionDescription description{
      .type = signaling::DescriptionType::kOffer,
      .sdp =
          "v=0\r\nm=audio 9 X 0\r\na=candidate:1 1 udp 1 10.0.0.1 5 typ host\r\na=mid:a\r\n"
          "a=candidate:2 1 udp 1 10.0.0.2 5 typ host\r\nm=video 9 X 0\r\na=mid:b\r\n"
          "a=candidate:3 1 udp 1 10.0.0.3 5 typ host\r\na=end-of-candidates\r\n"};
  std::vector<signaling::IceCandidate> candidates;
  EXPECT_TRUE(take_candidates(description, candidates));
  EXPECT_EQ(description.sdp, "v=0\r\nm=audio 9 X 0\r\na=mid:a\r\nm=video 9 X 0\r\na=mid:b\r\n");
  ASSERT_EQ(candidates.size(), 3u);
  EXPECT_EQ(candidates[0].candidate, "candidate:1 1 udp 1 10.0.0.1 5 typ host");
  EXPECT_EQ(candidates[0].sdp_mid, "a");
  EXPECT_EQ(candidates[1].sdp_mid, "a");
  EXPECT_EQ(candidates[2].sdp_mid, "b");
  EXPECT_EQ(candidates[2].sdp_m_line_index, 1);
}

TEST(DirectRelayTest, UnderPolicyLanDescriptionsGoOnWithoutTheirCandidates) {
  DirectRelay relay(room::P2pPolicy::kLan);
  const auto signal = [&](uint32_t from, uint32_t to, const char* address) {
    return relay.handle_signal(
        2, {.from = room::ParticipantId{from},
            .to = room::ParticipantId{to},
            .body = signaling::SessionDescription{
                signaling::DescriptionType::kOffer,
                std::string("m=audio 9\na=candidate:1 1 udp 1 ") + address + " 5 typ host\n"}});
  };
  const auto first = signal(2, 1, "192.168.1.4");
  ASSERT_EQ(first.pass.size(), 1u);
  EXPECT_EQ(std::get<signaling::SessionDescription>(first.pass[0].body).sdp, "m=audio 9\n");
  const auto second = signal(1, 2, "192.168.1.5");
  EXPECT_EQ(second.pass.size(), 3u) << "the description and both candidates";
  EXPECT_FALSE(second.refused);
}

TEST(DirectRelayTest, RefusalIsSaidOnce) {
  DirectRelay relay(room::P2pPolicy::kLan);
  const auto end = [&](uint32_t from, uint32_t to) {
    return relay.handle_signal(2, {.from = room::ParticipantId{from},
                                   .to = room::ParticipantId{to},
                                   .body = signaling::EndOfCandidates{}});
  };
  EXPECT_FALSE(end(1, 2).refused);
  EXPECT_TRUE(end(2, 1).refused);
  EXPECT_FALSE(end(2, 1).refused);
}

TEST(WireTest, ChatBacklogIsTheNewestThatFits) {
  std::vector<chat::Message> messages;
  for (int64_t i = 1; i <= 500; ++i) {
    messages.push_back({.seq = i,
                        .from = "p1",
                        .name = "Bo",
                        .text = std::string(4'000, 'x'),
                        .time_ms = 0,
                        .key = "k"});
  }
  const auto backlog = chat_backlog(messages);
  ASSERT_EQ(backlog.size(), 23u);
  EXPECT_EQ(backlog.back().seq, 500);
  EXPECT_EQ(backlog.front().seq, 478);
}

TEST(QualityTest, BarsFollowTheWorseOfLossAndRoundTrip) {
  const auto bars = [](int64_t round_trip_ms, float up, float down) {
    return quality_bars({.peer = {},
                         .round_trip = TimeDelta::millis(round_trip_ms),
                         .uplink_loss = up,
                         .downlink_loss = down});
  };
  EXPECT_EQ(bars(50, 0.0f, 0.0f), 3);
  EXPECT_EQ(bars(400, 0.0f, 0.0f), 2);
  EXPECT_EQ(bars(50, 0.0f, 0.05f), 2);
  EXPECT_EQ(bars(50, 0.2f, 0.0f), 1);
  EXPECT_EQ(bars(900, 0.0f, 0.0f), 1);
}

}  // namespace
}  // namespace parley::control
