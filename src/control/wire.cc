#include "control/wire.h"

#include <algorithm>
#include <utility>

namespace parley::control {
namespace {

namespace server = signaling::server;

// A `joined` stays within a frame of 256 KiB: kMaxRosterBytes are for the roster, the rest is for
// the answer.
constexpr size_t kMaxBacklogBytes = 96 * 1024;

signaling::TopologyMode to_wire(room::TopologyMode mode) {
  switch (mode) {
    case room::TopologyMode::kAlone:
      return signaling::TopologyMode::kAlone;
    case room::TopologyMode::kP2p:
      return signaling::TopologyMode::kP2p;
    case room::TopologyMode::kSfu:
      break;
  }
  return signaling::TopologyMode::kSfu;
}

signaling::TopologyPhase to_wire(room::TopologyPhase phase) {
  switch (phase) {
    case room::TopologyPhase::kPrepare:
      return signaling::TopologyPhase::kPrepare;
    case room::TopologyPhase::kCommit:
      return signaling::TopologyPhase::kCommit;
    case room::TopologyPhase::kAbort:
      break;
  }
  return signaling::TopologyPhase::kAbort;
}

signaling::LeftReason to_wire(room::LeftReason reason) {
  switch (reason) {
    case room::LeftReason::kLeft:
      return signaling::LeftReason::kLeft;
    case room::LeftReason::kLost:
      return signaling::LeftReason::kLost;
    case room::LeftReason::kRemoved:
      break;
  }
  return signaling::LeftReason::kRemoved;
}

template <typename T, typename To = T>
std::optional<To> if_changed(const T& before, const T& after) {
  return before == after ? std::nullopt : std::optional<To>(after);
}

// Upper bound of a text's size inside JSON.
size_t json_size(std::string_view text) {
  size_t size = 2;
  for (const char c : text) {
    size += static_cast<unsigned char>(c) < 0x20 ? 6 : (c == '"' || c == '\\') ? 2 : 1;
  }
  return size;
}

}  // namespace

server::Participant to_wire(const room::Participant& p) {
  return {.id = room::to_text(p.id),
          .name = p.name,
          .mic = p.mic,
          .camera = p.camera,
          .screen = p.screen,
          .hand = p.hand};
}

server::Topology to_wire(const room::TopologyMessage& message) {
  server::Topology topology{.epoch = message.epoch,
                            .mode = to_wire(message.mode),
                            .phase = to_wire(message.phase),
                            .peer = {},
                            .role = {}};
  if (message.peer) {
    topology.peer = room::to_text(message.peer);
    topology.role =
        message.offerer ? signaling::DirectRole::kOfferer : signaling::DirectRole::kAnswerer;
  }
  return topology;
}

server::Roster to_wire(const room::RosterDiff& diff) {
  server::Roster roster;
  for (const room::Participant& p : diff.joined) roster.joined.push_back(to_wire(p));
  for (const auto& [before, after] : diff.changed) {
    roster.changed.push_back({.id = room::to_text(after.id),
                              .name = if_changed(before.name, after.name),
                              .mic = if_changed(before.mic, after.mic),
                              .camera = if_changed(before.camera, after.camera),
                              .screen = if_changed(before.screen, after.screen),
                              .hand = if_changed<uint32_t, int64_t>(before.hand, after.hand)});
  }
  for (const auto& [id, reason] : diff.left) {
    roster.left.push_back({.id = room::to_text(id), .reason = to_wire(reason)});
  }
  return roster;
}

server::ChatEntry to_wire(const chat::Message& m) {
  return {.seq = m.seq,
          .from = m.from,
          .name = m.name,
          .text = m.text,
          .time = m.time_ms,
          .key = m.key};
}

std::string_view to_wire(rtp::Codec codec) {
  switch (codec) {
    case rtp::Codec::kVp8:
      return "vp8";
    case rtp::Codec::kVp9:
      return "vp9";
    case rtp::Codec::kAv1:
      return "av1";
    case rtp::Codec::kH264:
      return "h264";
    case rtp::Codec::kOpus:
      break;
  }
  return "opus";
}

room::StateChange from_wire(const signaling::client::StateChange& change) {
  return {.mic = change.mic, .camera = change.camera, .screen = change.screen, .hand = change.hand};
}

std::vector<server::Roster> pages(server::Roster roster) {
  // Member names, numbers, "false" and punctuation.
  constexpr size_t kParticipantRest = 100;
  constexpr size_t kLeftBytes = 80;
  std::vector<server::Roster> pages(1);
  size_t size = 0;
  const auto page_for = [&](size_t bytes) -> server::Roster& {
    size += bytes;
    if (size > kMaxRosterBytes) {
      pages.emplace_back();
      size = bytes;
    }
    return pages.back();
  };
  for (server::ParticipantLeft& left : roster.left) {
    page_for(kLeftBytes).left.push_back(std::move(left));
  }
  for (server::Participant& person : roster.joined) {
    page_for(kParticipantRest + json_size(person.name)).joined.push_back(std::move(person));
  }
  for (server::ParticipantChange& change : roster.changed) {
    page_for(kParticipantRest + json_size(change.name.value_or("")))
        .changed.push_back(std::move(change));
  }
  return pages;
}

std::vector<server::Participant> first_page(const std::vector<room::Participant>& people,
                                            std::vector<server::Roster>& rest) {
  server::Roster all;
  all.joined.reserve(people.size());
  for (const room::Participant& person : people) all.joined.push_back(to_wire(person));
  rest = pages(std::move(all));
  std::vector<server::Participant> first = std::move(rest.front().joined);
  rest.erase(rest.begin());
  return first;
}

std::vector<server::ChatEntry> chat_backlog(const std::vector<chat::Message>& messages) {
  constexpr size_t kRest = 150;  // the members' names, numbers and punctuation
  size_t size = 0;
  auto first = messages.end();
  while (first != messages.begin()) {
    const chat::Message& m = *std::prev(first);
    size += json_size(m.text) + json_size(m.name) + json_size(m.key) + kRest;
    if (size > kMaxBacklogBytes) break;
    --first;
  }
  std::vector<server::ChatEntry> entries;
  std::transform(first, messages.end(), std::back_inserter(entries),
                 [](const chat::Message& m) { return to_wire(m); });
  return entries;
}

server::Error error(signaling::ErrorCode code, std::string message, std::optional<int64_t> id,
                    bool fatal) {
  return {.id = id, .code = code, .message = std::move(message), .fatal = fatal};
}

}  // namespace parley::control
