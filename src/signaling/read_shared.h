// Parts of messages that both directions read, and the frame around them.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/error.h"
#include "signaling/json_reader.h"
#include "signaling/limits.h"
#include "signaling/signal_body.h"

namespace parley::signaling {

inline int64_t read_id(ObjectReader& reader) {
  return reader.integer("id", 0, kMaxInteger);
}

inline std::string read_participant_id(ObjectReader& reader, std::string_view name) {
  return reader.text(name, {1, kMaxParticipantIdLength});
}

// `description` or `candidate`, exactly one of them.
SignalBody read_signal_body(ObjectReader& reader);

// The frame's JSON object; an error for what is no such thing.
std::expected<JsonDocument, SignalingError> parse_object(std::string_view frame);

// Reads the frame's object, then its message by `read_message(type, reader)`.
template <typename Message, typename ReadMessage>
std::expected<Message, SignalingError> parse_frame(std::string_view frame,
                                                   ReadMessage read_message) {
  const std::expected<JsonDocument, SignalingError> document = parse_object(frame);
  if (!document) return std::unexpected(document.error());
  std::optional<SignalingError> error;
  ObjectReader reader(document->root(), "message", error);
  const std::string type = reader.text("type", {1, 32});
  if (!error) {
    Message message = read_message(type, reader);
    if (!error) return message;
  }
  if (const auto id = document->root().member("id")) error->id = id->integer();
  if (error->id && *error->id < 0) error->id.reset();
  return std::unexpected(*std::move(error));
}

}  // namespace parley::signaling
