#include <nlohmann/json.hpp>

#include "signaling/codec.h"
#include "signaling/write_shared.h"

namespace parley::signaling {
namespace {

Json sources_json(const client::OfferBody& offer) {
  Json sources = Json::array();
  for (const client::SourceMid& entry : offer.sources) {
    sources.push_back({{"mid", entry.mid}, {"source", to_text(entry.source)}});
  }
  return sources;
}

void set_state(Json& json, const client::StateChange& change) {
  set(json, "mic", change.mic);
  set(json, "camera", change.camera);
  set(json, "screen", change.screen);
  set(json, "hand", change.hand);
}

struct ToJson {
  Json operator()(const client::Join& m) const {
    Json json{{"type", "join"}, {"id", m.id},     {"protocol", m.protocol},
              {"room", m.room}, {"name", m.name}, {"state", Json::object()}};
    set_state(json["state"], m.state);
    if (m.offer) json["offer"] = {{"sdp", m.offer->sdp}, {"sources", sources_json(*m.offer)}};
    set(json, "resume", m.resume);
    set(json, "token", m.token);
    set(json, "chat_seq", m.chat_seq);
    return json;
  }
  Json operator()(const client::Offer& m) const {
    return {
        {"type", "offer"}, {"id", m.id}, {"sdp", m.offer.sdp}, {"sources", sources_json(m.offer)}};
  }
  Json operator()(const client::View& m) const {
    Json views = Json::array();
    for (const client::ViewEntry& entry : m.views) {
      views.push_back({{"participant", entry.participant},
                       {"source", to_text(entry.source)},
                       {"width", entry.width},
                       {"height", entry.height},
                       {"priority", entry.priority}});
    }
    return {{"type", "view"}, {"views", views}};
  }
  Json operator()(const client::State& m) const {
    Json json{{"type", "state"}};
    set_state(json, m.change);
    return json;
  }
  Json operator()(const client::Rename& m) const {
    return {{"type", "rename"}, {"id", m.id}, {"name", m.name}};
  }
  Json operator()(const client::Chat& m) const {
    return {{"type", "chat"}, {"id", m.id}, {"key", m.key}, {"text", m.text}};
  }
  Json operator()(const client::Ready& m) const { return {{"type", "ready"}, {"epoch", m.epoch}}; }
  Json operator()(const client::Failed& m) const {
    return {{"type", "failed"}, {"epoch", m.epoch}, {"reason", m.reason}};
  }
  Json operator()(const client::Signal& m) const {
    Json json{{"type", "signal"}, {"epoch", m.epoch}, {"to", m.to}};
    write_signal_body(json, m.body);
    return json;
  }
  Json operator()(const client::Leave& m) const {
    Json json{{"type", "leave"}};
    if (m.may_return) json["may_return"] = true;
    return json;
  }
  Json operator()(const client::Health& m) const {
    Json slots = Json::array();
    for (const client::SlotHealth& slot : m.slots) {
      slots.push_back({{"mid", slot.mid},
                       {"freezes", slot.freezes},
                       {"dropped", slot.dropped},
                       {"decode_ms", slot.decode_ms}});
    }
    return {{"type", "health"}, {"slots", slots}, {"cpu_limited", m.cpu_limited}};
  }
  Json operator()(const client::Ping& m) const { return {{"type", "ping"}, {"t", m.t}}; }
};

}  // namespace

std::string write(const ClientMessage& message) {
  return std::visit(ToJson{}, message).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parley::signaling
