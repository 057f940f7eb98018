#include "io/socket_address.h"

#include <arpa/inet.h>
#include <string.h>

#include <array>

namespace parley::io {

in6_addr to_in6(const IpAddress& ip) {
  in6_addr result{};
  if (ip.is_v6()) {
    memcpy(&result, ip.bytes().data(), 16);
  } else {
    result.s6_addr[10] = 0xff;
    result.s6_addr[11] = 0xff;
    memcpy(&result.s6_addr[12], ip.bytes().data(), 4);
  }
  return result;
}

IpAddress from_in6(const in6_addr& address) {
  std::array<uint8_t, 16> bytes;
  memcpy(bytes.data(), &address, 16);
  return IpAddress::v6(bytes);
}

SocketAddress from_system(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    memcpy(&in, &storage, sizeof in);
    return {IpAddress::v4(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    memcpy(&in, &storage, sizeof in);
    return {from_in6(in.sin6_addr), ntohs(in.sin6_port)};
  }
  return {};
}

socklen_t to_system(const SocketAddress& address, int family, sockaddr_storage& out) {
  if (family == AF_INET6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    in.sin6_addr = to_in6(address.ip);
    memcpy(&out, &in, sizeof in);
    return sizeof in;
  }
  if (address.ip.is_v6()) return 0;
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(address.port);
  in.sin_addr.s_addr = htonl(address.ip.v4_host_order());
  memcpy(&out, &in, sizeof in);
  return sizeof in;
}

}  // namespace parley::io
