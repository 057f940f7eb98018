// JSON text ↔ messages of parley.v1. The server uses the first pair, simulated clients and the load
// generator the second. Nothing here throws: what the JSON library throws stays inside.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "signaling/client_message.h"
#include "signaling/error.h"
#include "signaling/server_message.h"

namespace parley::signaling {

// One frame from a client. Checked here: frame size, UTF-8, JSON, depth, types, lengths, ranges,
// the words of enumerations, room and participant names. Not checked: whether the message makes
// sense now.
std::expected<ClientMessage, SignalingError> parse_client_message(std::string_view frame);
std::string write(const ServerMessage& message);

// One frame from a server; types and values of a later server give an error that a client should
// ignore.
std::expected<ServerMessage, SignalingError> parse_server_message(std::string_view frame);
std::string write(const ClientMessage& message);

}  // namespace parley::signaling
