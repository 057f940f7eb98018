// People in a room, as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace parley::room {

// A person's number in a room: 1, 2, …, never used again there.
using ParticipantId = Id<struct ParticipantTag>;

// "p3" and back; nullopt for whatever is not the text of an id.
std::string to_text(ParticipantId id);
std::optional<ParticipantId> parse_participant_id(std::string_view text);

struct Participant {
  ParticipantId id;
  std::string name;
  bool mic = false;
  bool camera = false;
  bool screen = false;
  uint32_t hand = 0;  // 0 or the order in which hands went up, 1 is first
  bool operator==(const Participant&) const = default;
};

// Only what is set changes.
struct StateChange {
  std::optional<bool> mic, camera, screen, hand;
};

enum class LeftReason : uint8_t { kLeft, kLost, kRemoved };

}  // namespace parley::room
