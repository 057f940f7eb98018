// The ways media can take between the people of a room, and what the switch between them says.
#pragma once

#include <cstdint>
#include <variant>

#include "base/units.h"
#include "room/participant.h"

namespace parley::room {

enum class TopologyMode : uint8_t { kAlone, kP2p, kSfu };
enum class TopologyPhase : uint8_t { kPrepare, kCommit, kAbort };

// Whether two may talk directly: always, only inside one network, never.
enum class P2pPolicy : uint8_t { kOn, kLan, kOff };

// The stricter of the server's policy and a room's.
constexpr P2pPolicy stricter(P2pPolicy a, P2pPolicy b) {
  return a < b ? b : a;
}

// What one participant is told (docs/protocol.md, "Topology").
struct TopologyMessage {
  ParticipantId to;
  int64_t epoch = 0;
  TopologyMode mode = TopologyMode::kAlone;
  TopologyPhase phase = TopologyPhase::kCommit;
  ParticipantId peer;    // with p2p, but not in an abort: the other end
  bool offerer = false;  // with `peer`: whether this end makes the offer
  bool operator==(const TopologyMessage&) const = default;
};

enum class SwitchResult : uint8_t { kDone, kForced, kAborted };

// One switch came to its end; for counters.
struct SwitchEnded {
  TopologyMode from = TopologyMode::kAlone;
  TopologyMode to = TopologyMode::kAlone;
  SwitchResult result = SwitchResult::kDone;
  bool operator==(const SwitchEnded&) const = default;
};

// The two that talk directly can't reach the server's media, so the others neither see nor hear
// them. For all to read.
struct ServerPathMissing {
  bool operator==(const ServerPathMissing&) const = default;
};

using TopologyOutput = std::variant<TopologyMessage, SwitchEnded, ServerPathMissing>;

}  // namespace parley::room
