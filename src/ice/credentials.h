// The user name fragment and password of one side of an ICE session (RFC 8445 §5.3, RFC 8839 §5.4).
#pragma once

#include <string>

#include "base/random.h"

namespace parley::ice {

struct Credentials {
  std::string ufrag;
  std::string password;

  // 8 characters of ufrag (48 bits: the server finds a peer by it) and 24 of password (144 bits; at
  // least 128 are asked for).
  static Credentials draw(RandomSource& random) {
    return {.ufrag = random.ice_chars(8), .password = random.ice_chars(24)};
  }
  bool operator==(const Credentials&) const = default;
};

}  // namespace parley::ice
