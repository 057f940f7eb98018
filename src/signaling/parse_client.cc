#include <fmt/format.h>

#include <utility>

#include "signaling/codec.h"
#include "signaling/json_reader.h"
#include "signaling/read_shared.h"

namespace parley::signaling {
namespace {

client::OfferBody read_offer(ObjectReader& reader) {
  client::OfferBody offer;
  offer.sdp = reader.text("sdp", {1, kMaxSdpLength});
  for (ObjectReader& entry : reader.objects("sources", kMaxSources, /*required=*/true)) {
    offer.sources.push_back({.mid = entry.text("mid", {1, kMaxMidLength}),
                             .source = entry.word<MediaSource>("source")});
  }
  return offer;
}

client::StateChange read_state(ObjectReader& reader) {
  return {.mic = reader.optional_boolean("mic"),
          .camera = reader.optional_boolean("camera"),
          .screen = reader.optional_boolean("screen"),
          .hand = reader.optional_boolean("hand")};
}

std::string read_name(ObjectReader& reader) {
  std::string name = reader.text("name", {0, kMaxSdpLength});
  if (!is_participant_name(name)) {
    reader.fail_with(ErrorCode::kBadName,
                     fmt::format("A name has 1 to {} characters, at least one of "
                                 "them visible. Choose another name.",
                                 kMaxNameLength));
  }
  return name;
}

client::Join read_join(ObjectReader& reader) {
  client::Join join;
  join.id = read_id(reader);
  join.protocol = reader.integer("protocol", 0, kMaxInteger);
  join.room = reader.text("room", {0, kMaxSdpLength});
  if (!is_room_name(join.room)) {
    reader.fail_with(
        ErrorCode::kBadRoom,
        fmt::format("A room's name is 1 to {} of the letters a to z, digits and hyphens. "
                    "Check the link or choose another name.",
                    kMaxRoomNameLength));
  }
  join.name = read_name(reader);
  if (reader.has("state")) {
    ObjectReader state = reader.object("state");
    join.state = read_state(state);
  }
  if (reader.has("offer")) {
    ObjectReader offer = reader.object("offer");
    join.offer = read_offer(offer);
  }
  join.resume = reader.optional_text("resume", {1, kMaxTokenLength});
  join.token = reader.optional_text("token", {1, kMaxTokenLength});
  join.chat_seq = reader.optional_integer("chat_seq", 0, kMaxInteger);
  return join;
}

client::View read_view(ObjectReader& reader) {
  client::View view;
  for (ObjectReader& entry : reader.objects("views", kMaxViews, /*required=*/true)) {
    client::ViewEntry& read = view.views.emplace_back();
    read.participant = read_participant_id(entry, "participant");
    read.source = entry.word<MediaSource>("source");
    if (read.source != MediaSource::kCamera && read.source != MediaSource::kScreen) {
      entry.fail("source", "must be camera or screen");
    }
    read.width = static_cast<uint16_t>(entry.integer("width", 0, kMaxViewPixels));
    read.height = static_cast<uint16_t>(entry.integer("height", 0, kMaxViewPixels));
    read.priority = static_cast<uint8_t>(entry.integer("priority", 0, kMaxViewPriority));
  }
  return view;
}

client::Health read_health(ObjectReader& reader) {
  client::Health health;
  for (ObjectReader& entry : reader.objects("slots", kMaxHealthSlots, /*required=*/true)) {
    health.slots.push_back({.mid = entry.text("mid", {1, kMaxMidLength}),
                            .freezes = entry.integer("freezes", 0, kMaxHealthCount),
                            .dropped = entry.integer("dropped", 0, kMaxHealthCount),
                            .decode_ms = entry.integer("decode_ms", 0, kMaxHealthCount)});
  }
  health.cpu_limited = reader.boolean("cpu_limited");
  return health;
}

ClientMessage read_message(std::string_view type, ObjectReader& reader) {
  if (type == "join") return read_join(reader);
  if (type == "offer") return client::Offer{.id = read_id(reader), .offer = read_offer(reader)};
  if (type == "view") return read_view(reader);
  if (type == "state") return client::State{read_state(reader)};
  if (type == "rename") return client::Rename{.id = read_id(reader), .name = read_name(reader)};
  if (type == "chat") {
    return client::Chat{.id = read_id(reader),
                        .key = reader.text("key", {1, kMaxChatKeyLength}),
                        .text = reader.text("text", {1, kMaxChatLength})};
  }
  if (type == "ready") return client::Ready{.epoch = reader.integer("epoch", 0, kMaxInteger)};
  if (type == "failed") {
    return client::Failed{
        .epoch = reader.integer("epoch", 0, kMaxInteger),
        .reason = reader.optional_text("reason", {0, kMaxReasonLength}).value_or("")};
  }
  if (type == "signal") {
    return client::Signal{.epoch = reader.integer("epoch", 0, kMaxInteger),
                          .to = read_participant_id(reader, "to"),
                          .body = read_signal_body(reader)};
  }
  if (type == "leave") return client::Leave{reader.optional_boolean("may_return").value_or(false)};
  if (type == "health") return read_health(reader);
  if (type == "ping") return client::Ping{.t = reader.integer("t", 0, kMaxInteger)};
  reader.fail_with(ErrorCode::kBadRequest, "This server doesn't know messages of this type.");
  return client::Leave{};
}

}  // namespace

std::expected<ClientMessage, SignalingError> parse_client_message(std::string_view frame) {
  return parse_frame<ClientMessage>(frame, read_message);
}

}  // namespace parley::signaling
