#include "room/participant.h"

#include <charconv>

namespace parley::room {

std::string to_text(ParticipantId id) {
  return "p" + std::to_string(id.value);
}

std::optional<ParticipantId> parse_participant_id(std::string_view text) {
  if (text.size() < 2 || text[0] != 'p' || text[1] == '0') return std::nullopt;
  uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return ParticipantId{value};
}

}  // namespace parley::room
