// SocketAddress to and from the operating system's form.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/address.h"

namespace parley::io {

// The address in `storage`; 0.0.0.0:0 for a family other than IPv4 and IPv6.
SocketAddress from_system(const sockaddr_storage& storage);

// Writes the address for a socket of `family` (AF_INET or AF_INET6, where IPv4 becomes
// ::ffff:a.b.c.d) and returns its length; 0 when an IPv6 address is asked of an AF_INET socket.
socklen_t to_system(const SocketAddress& address, int family, sockaddr_storage& out);

// The 16 bytes of an address as an IPv6 socket sees it.
in6_addr to_in6(const IpAddress& ip);
IpAddress from_in6(const in6_addr& address);

}  // namespace parley::io
