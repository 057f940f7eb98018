#include "room/lan_check.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace parley::room {

void LanCheck::add(int side, std::string_view candidate) {
  PARLEY_CHECK(side == 0 || side == 1);
  const std::optional<IpAddress> address = candidate_address(candidate);
  if (address && addresses_[side].size() < kMaxAddresses) addresses_[side].push_back(*address);
}

void LanCheck::end(int side) {
  PARLEY_CHECK(side == 0 || side == 1);
  ended_[side] = true;
}

LanVerdict LanCheck::verdict() const {
  for (const IpAddress& a : addresses_[0]) {
    if (std::ranges::any_of(addresses_[1],
                            [&a](const IpAddress& b) { return share_network(a, b); })) {
      return LanVerdict::kShared;
    }
  }
  return ended_[0] && ended_[1] ? LanVerdict::kSeparate : LanVerdict::kUndecided;
}

std::optional<IpAddress> candidate_address(std::string_view candidate) {
  // RFC 8839 §5.1: foundation component transport priority address port "typ" type
  std::array<std::string_view, 8> fields;
  size_t count = 0;
  while (!candidate.empty() && count < fields.size()) {
    const size_t end = std::min(candidate.find(' '), candidate.size());
    if (end > 0) fields[count++] = candidate.substr(0, end);
    candidate.remove_prefix(std::min(end + 1, candidate.size()));
  }
  if (count < fields.size() || fields[6] != "typ") return std::nullopt;
  if (fields[7] != "host" && fields[7] != "srflx") return std::nullopt;
  if (fields[2] != "udp" && fields[2] != "UDP") return std::nullopt;
  return IpAddress::parse(fields[4]);
}

bool share_network(const IpAddress& a, const IpAddress& b) {
  if (a.is_unspecified() || a.is_loopback() || b.is_loopback()) return false;
  if (a.is_v6() != b.is_v6()) return false;
  // fe80::/64 is everybody's.
  if (a.is_v6()) return !a.is_link_local() && a.same_network(b, 64);
  if (a.is_private() || b.is_private()) {
    return a.is_private() && b.is_private() && a.same_network(b, 24);
  }
  return a == b;
}

}  // namespace parley::room
