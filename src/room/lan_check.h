// Decides from the ICE candidates of two participants whether they share a network (policy "lan"):
// a common private IPv4 /24, a common IPv6 /64 or one public address. Two homes may use the same
// private network; then the direct leg simply fails to open.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace parley::room {

enum class LanVerdict : uint8_t { kUndecided, kShared, kSeparate };

class LanCheck {
 public:
  static constexpr size_t kMaxAddresses = 32;  // of each side; a browser has a handful

  // `side` is 0 or 1. `candidate` is the value of a candidate attribute (RFC 8839 §5.1), with or
  // without "candidate:". What can't be read, relays and names of mDNS count for nothing.
  void add(int side, std::string_view candidate);
  // This side has no more candidates.
  void end(int side);
  LanVerdict verdict() const;

 private:
  std::vector<IpAddress> addresses_[2];
  bool ended_[2] = {false, false};
};

// The address of a host or server-reflexive UDP candidate; nullopt for any other.
std::optional<IpAddress> candidate_address(std::string_view candidate);
bool share_network(const IpAddress& a, const IpAddress& b);

}  // namespace parley::room
