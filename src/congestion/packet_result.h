// What a transport-wide feedback report says of one packet.
#pragma once

#include <cstdint>
#include <optional>

#include "base/units.h"

namespace parley::congestion {

struct PacketResult {
  uint16_t sequence = 0;  // transport-wide number
  // On the remote clock: its offset to ours is unknown and constant. Empty: not received so far.
  std::optional<Timestamp> received;
};

}  // namespace parley::congestion
