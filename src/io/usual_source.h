// Which address of ours the system sends from to a remote one when nobody tells it.
//
// To tell it, with each message, costs a tenth of what the system takes for five packets of one
// viewer: it copies what it is told to a buffer of its own and looks the address up. Most servers
// have one IPv4 address, so there is nothing to tell.
#pragma once

#include <optional>
#include <span>

#include "base/address.h"
#include "io/interfaces.h"

namespace parley::io {

class UsualSource {
 public:
  // `addresses`: all of this machine. To be told anew now and then: they may change.
  void know(std::span<const InterfaceAddress> addresses);

  // True only where the path's local address is certainly the one that the system takes by itself:
  // the only IPv4 address there is, or 127.0.0.1 on the way to itself.
  bool is_local_of(const FlowPath& path) const;

 private:
  std::optional<IpAddress> only_;  // IPv4, loopback's apart
};

}  // namespace parley::io
