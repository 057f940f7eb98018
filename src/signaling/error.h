// What the server answers to a frame it can't use, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::signaling {

enum class ErrorCode : uint8_t {
  kBadRequest,     // not JSON, an unknown type, a member missing, of the wrong kind or out of range
  kBadRoom,        // the room's name
  kBadName,        // the participant's name
  kRoomFull,       // the room holds its maximum
  kServerFull,     // the server holds its maximum of rooms
  kOldClient,      // a `protocol` that the server doesn't speak
  kBadToken,       // the access token
  kBadOffer,       // SDP or its sources can't be negotiated
  kTooMany,        // rate limit
  kNotJoined,      // needs a join first
  kAlreadyJoined,  // a second join on one socket
  kNoSuchParticipant,  // the other one isn't in the room, or isn't the other end of the direct leg
  kInternal,           // the server's own fault
};

// The code as it stands on the wire.
std::string_view to_text(ErrorCode code);

struct SignalingError {
  ErrorCode code = ErrorCode::kBadRequest;
  std::string message;        // a sentence for people
  std::optional<int64_t> id;  // of the request, where it could still be read
  bool operator==(const SignalingError&) const = default;
};

}  // namespace parley::signaling
