// Counters of the control plane, for /metrics.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string_view>

#include "room/topology.h"

namespace parley::control {

struct SwitchKey {
  room::TopologyMode from = room::TopologyMode::kAlone;
  room::TopologyMode to = room::TopologyMode::kAlone;
  room::SwitchResult result = room::SwitchResult::kDone;
  auto operator<=>(const SwitchKey&) const = default;
};

// Counters since the start.
struct Stats {
  std::map<SwitchKey, uint64_t> switches;
  // By where it was refused: "signaling", "order", "offer", "rate", "chat_rate", "connections".
  std::map<std::string_view, uint64_t> bad_input;
};

}  // namespace parley::control
