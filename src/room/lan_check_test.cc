#include "room/lan_check.h"

#include <gtest/gtest.h>

namespace parley::room {
namespace {

IpAddress ip(const char* text) {
  return IpAddress::parse(text).value();
}

TEST(LanCheckTest, CommonPrivateIpv4NetworkIsShared) {
  EXPECT_TRUE(share_network(ip("192.168.1.4"), ip("192.168.1.200")));
  EXPECT_FALSE(share_network(ip("192.168.1.4"), ip("192.168.2.4")));
  EXPECT_FALSE(share_network(ip("10.0.0.1"), ip("203.0.113.9")));
}

TEST(LanCheckTest, PublicAddressMustBeTheSame) {
  EXPECT_TRUE(share_network(ip("203.0.113.9"), ip("203.0.113.9")));
  EXPECT_FALSE(share_network(ip("203.0.113.9"), ip("203.0.113.10")));
}

TEST(LanCheckTest, CommonIpv6NetworkIsShared) {
  EXPECT_TRUE(share_network(ip("2001:db8:1:2::5"), ip("2001:db8:1:2:ffff::6")));
  EXPECT_FALSE(share_network(ip("2001:db8:1:2::5"), ip("2001:db8:1:3::5")));
  EXPECT_FALSE(share_network(ip("fe80::1"), ip("fe80::2"))) << "everybody's network";
}

TEST(LanCheckTest, LoopbackAndUnspecifiedSayNothing) {
  EXPECT_FALSE(share_network(ip("127.0.0.1"), ip("127.0.0.1")));
  EXPECT_FALSE(share_network(ip("0.0.0.0"), ip("0.0.0.0")));
}

TEST(LanCheckTest, ReadsHostAndReflexiveUdpCandidates) {
  EXPECT_EQ(candidate_address("candidate:1 1 udp 2122260223 192.168.1.4 50000 typ host"),
            ip("192.168.1.4"));
  EXPECT_EQ(candidate_address(
                "2 1 UDP 1686052607 203.0.113.9 50000 typ srflx raddr 192.168.1.4 rport 50000"),
            ip("203.0.113.9"));
  EXPECT_EQ(candidate_address("candidate:3 1 udp 41 198.51.100.1 50000 typ relay"), std::nullopt);
  EXPECT_EQ(candidate_address("candidate:4 1 tcp 15 192.168.1.4 9 typ host"), std::nullopt);
  EXPECT_EQ(candidate_address("candidate:5 1 udp 21 0b1c-aa.local 50000 typ host"), std::nullopt);
  EXPECT_EQ(candidate_address(""), std::nullopt);
  EXPECT_EQ(candidate_address("candidate:1 1 udp 1"), std::nullopt);
}

TEST(LanCheckTest, UndecidedUntilAPairIsFoundOrBothHaveEnded) {
  LanCheck check;
  check.add(0, "candidate:1 1 udp 1 192.168.1.4 5 typ host");
  check.end(0);
  EXPECT_EQ(check.verdict(), LanVerdict::kUndecided);
  check.add(1, "candidate:1 1 udp 1 192.168.9.4 5 typ host");
  EXPECT_EQ(check.verdict(), LanVerdict::kUndecided);
  LanCheck shared = check;
  shared.add(1, "candidate:1 1 udp 1 192.168.1.5 5 typ host");
  EXPECT_EQ(shared.verdict(), LanVerdict::kShared);
  check.end(1);
  EXPECT_EQ(check.verdict(), LanVerdict::kSeparate);
}

}  // namespace
}  // namespace parley::room
