#include "base/address.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(IpAddressTest, ParsesAndPrintsBothFamilies) {
  for (const char* text : {"0.0.0.0", "192.168.1.20", "255.255.255.255", "::", "::1", "2001:db8::1",
                           "fe80::1:0:0:2", "2001:db8:0:1:1:1:1:1"}) {
    const auto ip = IpAddress::parse(text);
    ASSERT_TRUE(ip) << text;
    EXPECT_EQ(ip->to_string(), text);
  }
}

TEST(IpAddressTest, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "a.b.c.d", "1.2.3.4 ", ":",
        ":::", "1::2::3", "12345::", "::1%eth0", "[::1]", "localhost", "1:2:3:4:5:6:7:8:9"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddressTest, MappedV6IsTheV4ItMeans) {
  EXPECT_EQ(IpAddress::parse("::ffff:10.1.2.3"), IpAddress::v4(10, 1, 2, 3));
}

TEST(IpAddressTest, SameNetworkComparesThePrefixOnly) {
  const auto a = IpAddress::v4(192, 168, 1, 20);
  EXPECT_TRUE(a.same_network(IpAddress::v4(192, 168, 1, 250), 24));
  EXPECT_FALSE(a.same_network(IpAddress::v4(192, 168, 2, 20), 24));
  EXPECT_TRUE(a.same_network(IpAddress::v4(192, 168, 2, 20), 22));
  EXPECT_FALSE(a.same_network(*IpAddress::parse("::1"), 0));
}

TEST(SocketAddressTest, ParsesBracketsForV6Only) {
  EXPECT_EQ(SocketAddress::parse("[::1]:443")->to_string(), "[::1]:443");
  EXPECT_EQ(SocketAddress::parse("127.0.0.1:0")->port, 0);
  for (const char* text :
       {"::1:443", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:", ":80", "127.0.0.1:8x"}) {
    EXPECT_FALSE(SocketAddress::parse(text)) << text;
  }
}

}  // namespace
}  // namespace parley
