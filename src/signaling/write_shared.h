// What the writers of both directions share. Included by them only: it shows the JSON library.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "signaling/signal_body.h"

namespace parley::signaling {

using Json = nlohmann::ordered_json;

template <typename T>
void set(Json& json, const char* name, const std::optional<T>& value) {
  if (value) json[name] = *value;
}

// Adds `description` or `candidate`.
void write_signal_body(Json& json, const SignalBody& body);

}  // namespace parley::signaling
