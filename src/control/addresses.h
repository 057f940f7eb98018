// Which addresses a client is told for media and for STUN.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "control/output.h"

namespace parley::control {

// The advertised addresses and the one that the client's connection came in on, each once; loopback
// ones only for a client that came over loopback.
std::vector<IpAddress> media_addresses(const std::vector<IpAddress>& advertised,
                                       const ConnectionInfo& connection);
// "stun:192.0.2.1:3478" for the connection's own local address, else for the first advertised one;
// at most one.
std::vector<std::string> stun_urls(const std::vector<IpAddress>& advertised,
                                   const ConnectionInfo& connection, uint16_t port);

}  // namespace parley::control
