// The addresses of this machine.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"

namespace parley::io {

struct InterfaceAddress {
  std::string name;  // "eth0"
  IpAddress ip;
  bool loopback = false;
  bool link_local = false;
  // False for tunnels and bridges without a running link.
  bool running = true;
};

// The IPv4 and IPv6 addresses of all interfaces that are up, in the system's order. Empty when the
// system doesn't say.
std::vector<InterfaceAddress> interface_addresses();

// The host's name, or "localhost" where it has none.
std::string host_name();

}  // namespace parley::io
