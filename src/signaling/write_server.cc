#include <nlohmann/json.hpp>

#include "signaling/codec.h"
#include "signaling/write_shared.h"

namespace parley::signaling {
namespace {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json participant_json(const server::Participant& p) {
  return {{"id", p.id},         {"name", p.name},     {"mic", p.mic},
          {"camera", p.camera}, {"screen", p.screen}, {"hand", p.hand}};
}

Json participants_json(const std::vector<server::Participant>& participants) {
  Json json = Json::array();
  for (const server::Participant& p : participants) json.push_back(participant_json(p));
  return json;
}

void set_topology(Json& json, const server::Topology& t) {
  json["epoch"] = t.epoch;
  json["mode"] = to_text(t.mode);
  json["phase"] = to_text(t.phase);
  set(json, "peer", t.peer);
  if (t.role) json["role"] = to_text(*t.role);
}

Json chat_json(const server::ChatEntry& m) {
  return {{"seq", m.seq},   {"from", m.from}, {"name", m.name},
          {"text", m.text}, {"time", m.time}, {"key", m.key}};
}

Json change_json(const server::ParticipantChange& change) {
  Json json{{"id", change.id}};
  set(json, "name", change.name);
  set(json, "mic", change.mic);
  set(json, "camera", change.camera);
  set(json, "screen", change.screen);
  set(json, "hand", change.hand);
  return json;
}

struct ToJson {
  Json operator()(const server::Joined& m) const {
    Json json{{"type", "joined"},
              {"id", m.id},
              {"self", m.self},
              {"room", m.room},
              {"resume", m.resume},
              {"resumed", m.resumed},
              {"participants", participants_json(m.participants)},
              {"topology", Json::object()}};
    set_topology(json["topology"], m.topology);
    if (m.answer_sdp) json["answer"] = {{"sdp", *m.answer_sdp}};
    json["chat"] = Json::array();
    for (const server::ChatEntry& entry : m.chat) json["chat"].push_back(chat_json(entry));
    json["chat_seq"] = m.chat_seq;
    json["ice_servers"] = Json::array();
    for (const server::IceServer& entry : m.ice_servers) {
      Json ice{{"urls", entry.urls}};
      set(ice, "username", entry.username);
      set(ice, "credential", entry.credential);
      json["ice_servers"].push_back(ice);
    }
    json["server_time"] = m.server_time;
    return json;
  }
  Json operator()(const server::Error& m) const {
    Json json{{"type", "error"}};
    set(json, "id", m.id);
    json["code"] = to_text(m.code);
    json["message"] = m.message;
    json["fatal"] = m.fatal;
    return json;
  }
  Json operator()(const server::Notice& m) const {
    return {{"type", "notice"}, {"code", m.code}, {"message", m.message}};
  }
  Json operator()(const server::Answer& m) const {
    return {{"type", "answer"}, {"id", m.id}, {"sdp", m.sdp}};
  }
  Json operator()(const server::Slots& m) const {
    Json slots = Json::array();
    for (const server::Slot& slot : m.slots) {
      slots.push_back({{"mid", slot.mid},
                       {"participant", or_null(slot.participant)},
                       {"source", slot.source ? Json(to_text(*slot.source)) : Json(nullptr)},
                       {"rtp_timestamp", slot.rtp_timestamp}});
    }
    return {{"type", "slots"}, {"slots", slots}};
  }
  Json operator()(const server::Layers& m) const {
    return {{"type", "layers"}, {"source", to_text(m.source)}, {"rids", m.rids}};
  }
  Json operator()(const server::Codecs& m) const {
    return {{"type", "codecs"}, {"video", m.video}};
  }
  Json operator()(const server::Watched& m) const {
    Json sources = Json::array();
    for (const server::WatchedSource& entry : m.sources) {
      sources.push_back(
          {{"source", to_text(entry.source)}, {"width", entry.width}, {"height", entry.height}});
    }
    return {{"type", "watched"}, {"by", m.by}, {"sources", sources}};
  }
  Json operator()(const server::Roster& m) const {
    Json json{{"type", "roster"}};
    if (!m.joined.empty()) json["joined"] = participants_json(m.joined);
    for (const auto& change : m.changed) json["changed"].push_back(change_json(change));
    for (const server::ParticipantLeft& left : m.left) {
      json["left"].push_back({{"id", left.id}, {"reason", to_text(left.reason)}});
    }
    return json;
  }
  Json operator()(const server::Speaker& m) const {
    return {{"type", "speaker"}, {"participant", or_null(m.participant)}};
  }
  Json operator()(const server::Quality& m) const {
    Json participants = Json::array();
    for (const server::ParticipantQuality& p : m.participants) {
      participants.push_back({{"id", p.id}, {"bars", p.bars}});
    }
    return {{"type", "quality"}, {"participants", participants}};
  }
  Json operator()(const server::Ok& m) const {
    Json json{{"type", "ok"}, {"id", m.id}};
    set(json, "seq", m.seq);
    return json;
  }
  Json operator()(const server::Chat& m) const {
    return {{"type", "chat"}, {"message", chat_json(m.message)}};
  }
  Json operator()(const server::Topology& m) const {
    Json json{{"type", "topology"}};
    set_topology(json, m);
    return json;
  }
  Json operator()(const server::Signal& m) const {
    Json json{{"type", "signal"}, {"epoch", m.epoch}, {"from", m.from}};
    write_signal_body(json, m.body);
    return json;
  }
  Json operator()(const server::Closing& m) const {
    return {{"type", "closing"}, {"reason", to_text(m.reason)}, {"message", m.message}};
  }
  Json operator()(const server::Pong& m) const { return {{"type", "pong"}, {"t", m.t}}; }
};

}  // namespace

std::string write(const ServerMessage& message) {
  return std::visit(ToJson{}, message).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parley::signaling
