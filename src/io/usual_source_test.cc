#include "io/usual_source.h"

#include <gtest/gtest.h>

#include <vector>

namespace parley::io {
namespace {

InterfaceAddress address(const IpAddress& ip) {
  return {.name = "eth0", .ip = ip, .loopback = ip.is_loopback()};
}
FlowPath path(const IpAddress& local, const IpAddress& remote) {
  return {.local = {local, 3478}, .remote = {remote, 4000}};
}

const InterfaceAddress kLoopback = address(IpAddress::v4(127, 0, 0, 1));
const IpAddress kOurs = IpAddress::v4(192, 0, 2, 1);
const IpAddress kOther = IpAddress::v4(198, 51, 100, 1);
const IpAddress kClient = IpAddress::v4(203, 0, 113, 9);

TEST(UsualSourceTest, IsTheOnlyIpv4AddressThereIs) {
  UsualSource usual;
  usual.know(std::vector{kLoopback, address(kOurs), address(IpAddress::v6({0x20, 1}))});
  EXPECT_TRUE(usual.is_local_of(path(kOurs, kClient)));
  EXPECT_TRUE(usual.is_local_of(path(kOurs, kOurs)));
  EXPECT_FALSE(usual.is_local_of(path(kOther, kClient)));
}

TEST(UsualSourceTest, IsUncertainWithTwoAddressesOrNone) {
  UsualSource usual;
  EXPECT_FALSE(usual.is_local_of(path(kOurs, kClient)));
  usual.know(std::vector{address(kOurs), address(kOther)});
  EXPECT_FALSE(usual.is_local_of(path(kOurs, kClient)));
  EXPECT_FALSE(usual.is_local_of(path(kOther, kClient)));
  usual.know(std::vector{address(kOurs), address(kOther), address(kClient)});
  EXPECT_FALSE(usual.is_local_of(path(kOurs, kClient)));
}

TEST(UsualSourceTest, IsUncertainOfIpv6) {
  UsualSource usual;
  usual.know(std::vector{address(kOurs)});
  EXPECT_FALSE(usual.is_local_of(path(kOurs, IpAddress::v6({0x20, 1}))));
}

// All of 127.0.0.0/8 is ours, but from loopback the system answers as 127.0.0.1.
TEST(UsualSourceTest, OfLoopbackIsItsFirstAddress) {
  UsualSource usual;
  usual.know(std::vector{kLoopback, address(kOurs)});
  const IpAddress first = IpAddress::v4(127, 0, 0, 1);
  const IpAddress second = IpAddress::v4(127, 0, 0, 2);
  EXPECT_TRUE(usual.is_local_of(path(first, second)));
  EXPECT_FALSE(usual.is_local_of(path(second, first)));
  EXPECT_FALSE(usual.is_local_of(path(kOurs, first)));
  EXPECT_FALSE(usual.is_local_of(path(first, kClient)));
}

}  // namespace
}  // namespace parley::io
