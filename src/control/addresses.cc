#include "control/addresses.h"

#include <algorithm>

namespace parley::control {

std::vector<IpAddress> media_addresses(const std::vector<IpAddress>& advertised,
                                       const ConnectionInfo& connection) {
  std::vector<IpAddress> result;
  const auto add = [&](const IpAddress& ip) {
    if (ip.is_unspecified() || (ip.is_loopback() && !connection.local_ip.is_loopback())) return;
    if (std::ranges::find(result, ip) == result.end()) result.push_back(ip);
  };
  for (const IpAddress& ip : advertised) add(ip);
  add(connection.local_ip);
  return result;
}

std::vector<std::string> stun_urls(const std::vector<IpAddress>& advertised,
                                   const ConnectionInfo& connection, uint16_t port) {
  IpAddress ip = connection.local_ip;
  if (ip.is_unspecified()) {
    const std::vector<IpAddress> others = media_addresses(advertised, connection);
    if (others.empty()) return {};
    ip = others.front();
  }
  return {"stun:" + SocketAddress{ip, port}.to_string()};
}

}  // namespace parley::control
