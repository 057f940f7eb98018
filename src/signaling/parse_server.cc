#include <utility>

#include "signaling/codec.h"
#include "signaling/json_reader.h"
#include "signaling/read_shared.h"

namespace parley::signaling {
namespace {

using namespace server;  // NOLINT: the messages of one direction

Participant read_participant(ObjectReader& reader) {
  return {.id = read_participant_id(reader, "id"),
          .name = reader.text("name", {1, kMaxNameLength}),
          .mic = reader.boolean("mic"),
          .camera = reader.boolean("camera"),
          .screen = reader.boolean("screen"),
          .hand = reader.integer("hand", 0, kMaxInteger)};
}

std::vector<Participant> read_participants(ObjectReader& reader, std::string_view name,
                                           bool required) {
  std::vector<Participant> participants;
  for (ObjectReader& entry : reader.objects(name, kMaxParticipants, required)) {
    participants.push_back(read_participant(entry));
  }
  return participants;
}

Topology read_topology(ObjectReader& reader) {
  return {.epoch = reader.integer("epoch", 0, kMaxInteger),
          .mode = reader.word<TopologyMode>("mode"),
          .phase = reader.word<TopologyPhase>("phase"),
          .peer = reader.optional_text("peer", {1, kMaxParticipantIdLength}),
          .role = reader.nullable_word<DirectRole>("role")};
}

ChatEntry read_chat_entry(ObjectReader& reader) {
  return {.seq = reader.integer("seq", 1, kMaxInteger),
          .from = read_participant_id(reader, "from"),
          .name = reader.text("name", {1, kMaxNameLength}),
          .text = reader.text("text", {1, kMaxChatLength}),
          .time = reader.integer("time", 0, kMaxInteger),
          .key = reader.text("key", {1, kMaxChatKeyLength})};
}

Joined read_joined(ObjectReader& reader) {
  Joined joined;
  joined.id = read_id(reader);
  joined.self = read_participant_id(reader, "self");
  joined.room = reader.text("room", {1, kMaxRoomNameLength});
  joined.resume = reader.text("resume", {1, kMaxTokenLength});
  joined.resumed = reader.boolean("resumed");
  joined.participants = read_participants(reader, "participants", /*required=*/true);
  ObjectReader topology = reader.object("topology");
  joined.topology = read_topology(topology);
  if (reader.has("answer")) {
    joined.answer_sdp = reader.object("answer").text("sdp", {1, kMaxSdpLength});
  }
  for (ObjectReader& entry : reader.objects("chat", kMaxChatMessages, /*required=*/true)) {
    joined.chat.push_back(read_chat_entry(entry));
  }
  joined.chat_seq = reader.integer("chat_seq", 0, kMaxInteger);
  for (ObjectReader& entry : reader.objects("ice_servers", kMaxIceServers, /*required=*/true)) {
    joined.ice_servers.push_back(
        {.urls = entry.texts("urls", kMaxUrls, {1, kMaxUrlLength}),
         .username = entry.optional_text("username", {0, kMaxTokenLength}),
         .credential = entry.optional_text("credential", {0, kMaxTokenLength})});
  }
  joined.server_time = reader.integer("server_time", 0, kMaxInteger);
  return joined;
}

Error read_error(ObjectReader& reader) {
  return {.id = reader.optional_integer("id", 0, kMaxInteger),
          .code = reader.word<ErrorCode>("code"),
          .message = reader.text("message", {1, kMaxMessageLength}),
          .fatal = reader.boolean("fatal")};
}

Slots read_slots(ObjectReader& reader) {
  Slots slots;
  for (ObjectReader& entry : reader.objects("slots", kMaxSlots, /*required=*/true)) {
    slots.slots.push_back(
        {.mid = entry.text("mid", {1, kMaxMidLength}),
         .participant = entry.nullable_text("participant", {1, kMaxParticipantIdLength}),
         .source = entry.nullable_word<MediaSource>("source"),
         .rtp_timestamp = static_cast<uint32_t>(entry.integer("rtp_timestamp", 0, 0xffff'ffff))});
  }
  return slots;
}

Watched read_watched(ObjectReader& reader) {
  Watched watched;
  watched.by = read_participant_id(reader, "by");
  for (ObjectReader& entry : reader.objects("sources", kMaxWatchedSources, /*required=*/true)) {
    const auto source = entry.word<MediaSource>("source");
    if (source != MediaSource::kCamera && source != MediaSource::kScreen) {
      entry.fail("source", "must be camera or screen");
    }
    watched.sources.push_back(
        {.source = source,
         .width = static_cast<uint16_t>(entry.integer("width", 0, kMaxViewPixels)),
         .height = static_cast<uint16_t>(entry.integer("height", 0, kMaxViewPixels))});
  }
  return watched;
}

Roster read_roster(ObjectReader& reader) {
  Roster roster;
  roster.joined = read_participants(reader, "joined", /*required=*/false);
  for (ObjectReader& entry : reader.objects("changed", kMaxParticipants, /*required=*/false)) {
    roster.changed.push_back({.id = read_participant_id(entry, "id"),
                              .name = entry.optional_text("name", {1, kMaxNameLength}),
                              .mic = entry.optional_boolean("mic"),
                              .camera = entry.optional_boolean("camera"),
                              .screen = entry.optional_boolean("screen"),
                              .hand = entry.optional_integer("hand", 0, kMaxInteger)});
  }
  for (ObjectReader& entry : reader.objects("left", kMaxParticipants, /*required=*/false)) {
    roster.left.push_back(
        {.id = read_participant_id(entry, "id"), .reason = entry.word<LeftReason>("reason")});
  }
  return roster;
}

Quality read_quality(ObjectReader& reader) {
  Quality quality;
  for (ObjectReader& entry : reader.objects("participants", kMaxParticipants, /*required=*/true)) {
    quality.participants.push_back(
        {.id = read_participant_id(entry, "id"), .bars = entry.integer("bars", 0, 3)});
  }
  return quality;
}

ServerMessage read_message(std::string_view type, ObjectReader& reader) {
  if (type == "joined") return read_joined(reader);
  if (type == "error") return read_error(reader);
  if (type == "notice") {
    return Notice{.code = reader.text("code", {1, 64}),
                  .message = reader.text("message", {1, kMaxMessageLength})};
  }
  if (type == "answer") {
    return Answer{.id = read_id(reader), .sdp = reader.text("sdp", {1, kMaxSdpLength})};
  }
  if (type == "slots") return read_slots(reader);
  if (type == "layers") {
    return Layers{.source = reader.word<MediaSource>("source"),
                  .rids = reader.texts("rids", kMaxRids, {0, kMaxMidLength})};
  }
  if (type == "codecs") return Codecs{reader.texts("video", kMaxCodecs, {1, kMaxCodecLength})};
  if (type == "watched") return read_watched(reader);
  if (type == "roster") return read_roster(reader);
  if (type == "speaker") {
    return Speaker{reader.nullable_text("participant", {1, kMaxParticipantIdLength})};
  }
  if (type == "quality") return read_quality(reader);
  if (type == "ok") {
    return Ok{.id = read_id(reader), .seq = reader.optional_integer("seq", 1, kMaxInteger)};
  }
  if (type == "chat") {
    ObjectReader message = reader.object("message");
    return Chat{read_chat_entry(message)};
  }
  if (type == "topology") return read_topology(reader);
  if (type == "signal") {
    return Signal{.epoch = reader.integer("epoch", 0, kMaxInteger),
                  .from = read_participant_id(reader, "from"),
                  .body = read_signal_body(reader)};
  }
  if (type == "closing") {
    return Closing{.reason = reader.word<ClosingReason>("reason"),
                   .message = reader.text("message", {0, kMaxMessageLength})};
  }
  if (type == "pong") return Pong{.t = reader.integer("t", 0, kMaxInteger)};
  reader.fail_with(ErrorCode::kBadRequest, "An unknown type of message.");
  return Pong{};
}

}  // namespace

std::expected<ServerMessage, SignalingError> parse_server_message(std::string_view frame) {
  return parse_frame<ServerMessage>(frame, read_message);
}

}  // namespace parley::signaling
