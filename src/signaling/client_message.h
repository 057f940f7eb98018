// Client → server, as plain values. Meaning and rules: docs/protocol.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "signaling/signal_body.h"
#include "signaling/words.h"

namespace parley::signaling::client {

struct SourceMid {
  std::string mid;
  MediaSource source = MediaSource::kMic;
  bool operator==(const SourceMid&) const = default;
};

// The server leg's offer: every sendonly m-line is named in `sources`.
struct OfferBody {
  std::string sdp;
  std::vector<SourceMid> sources;
  bool operator==(const OfferBody&) const = default;
};

// Only what is set changes.
struct StateChange {
  std::optional<bool> mic, camera, screen, hand;
  bool operator==(const StateChange&) const = default;
};

struct Join {
  int64_t id = 0;
  int64_t protocol = 1;
  std::string room;
  std::string name;
  StateChange state;
  std::optional<OfferBody> offer;
  std::optional<std::string> resume;
  std::optional<std::string> token;
  std::optional<int64_t> chat_seq;
  bool operator==(const Join&) const = default;
};

struct Offer {
  int64_t id = 0;
  OfferBody offer;
  bool operator==(const Offer&) const = default;
};

struct ViewEntry {
  std::string participant;
  MediaSource source = MediaSource::kCamera;  // camera or screen
  uint16_t width = 0;
  uint16_t height = 0;
  uint8_t priority = 0;
  bool operator==(const ViewEntry&) const = default;
};
struct View {
  std::vector<ViewEntry> views;
  bool operator==(const View&) const = default;
};

struct State {
  StateChange change;
  bool operator==(const State&) const = default;
};

struct Rename {
  int64_t id = 0;
  std::string name;
  bool operator==(const Rename&) const = default;
};

struct Chat {
  int64_t id = 0;
  std::string key;
  std::string text;
  bool operator==(const Chat&) const = default;
};

struct Ready {
  int64_t epoch = 0;
  bool operator==(const Ready&) const = default;
};

struct Failed {
  int64_t epoch = 0;
  std::string reason;
  bool operator==(const Failed&) const = default;
};

struct Signal {
  int64_t epoch = 0;
  std::string to;
  SignalBody body;
  bool operator==(const Signal&) const = default;
};

// The page goes: with `may_return` perhaps for a reload only, so the seat waits a moment.
struct Leave {
  bool may_return = false;
  bool operator==(const Leave&) const = default;
};

// What one receiving slot went through since the report before.
struct SlotHealth {
  std::string mid;
  int64_t freezes = 0;
  int64_t dropped = 0;    // frames that arrived and were not shown
  int64_t decode_ms = 0;  // mean per frame, rounded
  bool operator==(const SlotHealth&) const = default;
};
struct Health {
  std::vector<SlotHealth> slots;
  bool cpu_limited = false;  // an encoder is held back by its processor
  bool operator==(const Health&) const = default;
};

struct Ping {
  int64_t t = 0;
  bool operator==(const Ping&) const = default;
};

}  // namespace parley::signaling::client

namespace parley::signaling {

using ClientMessage = std::variant<client::Join, client::Offer, client::View, client::State,
                                   client::Rename, client::Chat, client::Ready, client::Failed,
                                   client::Signal, client::Leave, client::Health, client::Ping>;

}  // namespace parley::signaling
