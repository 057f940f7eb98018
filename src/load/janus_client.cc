#include "load/janus_client.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "sdp/offer.h"
#include "sdp/parse.h"
#include "sdp/write.h"

namespace parley::load {
namespace {

using Json = nlohmann::ordered_json;

// Janus offers to those who subscribe, and is offered to by those who publish. The offerer controls
// (RFC 8445 §6.1.1). AES-128-GCM, as Parley chooses, so that both servers seal alike.
transport::ClientRoles roles(bool publishes) {
  transport::ClientRoles out;
  out.ice = publishes ? ice::Role::Controlling : ice::Role::Controlled;
  out.dtls = publishes ? dtls::Role::kServer : dtls::Role::kClient;
  out.srtp_profiles.push_back(dtls::SrtpProfile::kAeadAes128Gcm);
  return out;
}

const Json* find(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}
std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}
uint64_t id_of(const Json* value) {
  return value != nullptr && value->is_number_unsigned() ? value->get<uint64_t>() : 0;
}

}  // namespace

struct JanusClient::Reply {
  std::string kind;         // success, ack, event, webrtcup, hangup, error, ...
  uint64_t id = 0;          // of what was made
  std::string description;  // SDP
  std::string complaint;    // of Janus, or of its plugin

  static Reply parse(std::string_view text) {
    Reply out;
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return out;
    out.kind = text_of(find(json, "janus"));
    if (const Json* data = find(json, "data")) out.id = id_of(find(*data, "id"));
    if (const Json* jsep = find(json, "jsep")) out.description = text_of(find(*jsep, "sdp"));
    if (const Json* error = find(json, "error")) out.complaint = text_of(find(*error, "reason"));
    if (const Json* plugin = find(json, "plugindata")) {
      if (const Json* data = find(*plugin, "data")) out.complaint = text_of(find(*data, "error"));
    }
    return out;
  }
};

JanusClient::JanusClient(JanusClientConfig config, const Material& material,
                         const dtls::Certificate& certificate, RandomSource& random, Timestamp now,
                         Latencies& latencies)
    : config_(std::move(config)),
      latencies_(latencies),
      random_(random),
      leg_(certificate, random, roles(config_.publishes)) {
  if (!config_.publishes) return;
  leg_.publish(std::make_unique<Publisher>(PublisherConfig{.camera = config_.camera,
                                                           .speech = 1,
                                                           .number = config_.number,
                                                           .ntp_offset = config_.ntp_offset,
                                                           .audio = sdp::kOfferedOpus,
                                                           .video = sdp::kOfferedVp8,
                                                           .extensions = sdp::kOfferedExtensions,
                                                           .audio_mid = "0",
                                                           .video_mid = "1"},
                                           material, random, now));
}

void JanusClient::handle_open(const SocketAddress& udp, const IpAddress& /*server*/,
                              Timestamp now) {
  udp_ = udp;
  state_ = ClientState::kJoining;
  asked_ = Asked::kSession;
  next_keep_alive_ = now + kKeepAlive;
  messages_.push_back(
      Json{{"janus", "create"}, {"transaction", std::to_string(++transactions_)}}.dump());
}

void JanusClient::handle_message(std::string_view text, Timestamp now) {
  if (state_ == ClientState::kEnded) return;
  const Reply reply = Reply::parse(text);
  if (!reply.complaint.empty()) return end("Janus refuses: " + reply.complaint);
  if (reply.kind == "error") return end("Janus refuses what was asked.");
  if (reply.kind == "hangup") return end("Janus hung up.");
  if (reply.kind == "timeout") return end("Janus ended the session.");
  if (reply.kind == "success") on_success(reply);
  if (!reply.description.empty() && asked_ == Asked::kRoom) on_description(reply.description, now);
}

void JanusClient::on_success(const Reply& reply) {
  if (asked_ == Asked::kSession) {
    session_ = reply.id;
    asked_ = Asked::kHandle;
    messages_.push_back(Json{{"janus", "attach"},
                             {"session_id", session_},
                             {"plugin", "janus.plugin.videoroom"},
                             {"transaction", std::to_string(++transactions_)}}
                            .dump());
  } else if (asked_ == Asked::kHandle) {
    handle_ = reply.id;
    asked_ = Asked::kRoom;
    say_join();
  }
}

void JanusClient::put_transport(sdp::MediaSection& section, sdp::Setup setup) const {
  section.transport = {};
  section.transport.ice_ufrag = leg_.credentials().ufrag;
  section.transport.ice_pwd = leg_.credentials().password;
  section.transport.fingerprints = {{"sha-256", leg_.fingerprint()}};
  section.transport.setup = setup;
  section.candidates = {{.foundation = "1",
                         .component = 1,
                         .transport = "udp",
                         .priority = ice::candidate_priority(ice::CandidateType::Host, 65535),
                         .address = udp_.ip.to_string(),
                         .port = udp_.port,
                         .type = "host",
                         .extensions = {}}};
  section.end_of_candidates = true;
}

std::string JanusClient::publisher_offer() const {
  sdp::ClientOffer offer{.tracks = {{.kind = rtp::MediaKind::kAudio,
                                     .rids = {},
                                     .ssrc = leg_.publisher()->sound_ssrc()}},
                         .ice_ufrag = leg_.credentials().ufrag,
                         .ice_pwd = leg_.credentials().password,
                         .fingerprint = leg_.fingerprint()};
  if (config_.camera) {
    offer.tracks.push_back(
        {.kind = rtp::MediaKind::kVideo, .rids = {}, .ssrc = leg_.publisher()->picture_ssrc(0)});
  }
  auto description = sdp::parse(sdp::build_offer(offer)).value();
  for (sdp::MediaSection& section : description.media) put_transport(section, sdp::Setup::kPassive);
  return sdp::write(description);
}

void JanusClient::say_join() {
  Json message{{"janus", "message"},
               {"session_id", session_},
               {"handle_id", handle_},
               {"transaction", std::to_string(++transactions_)}};
  if (config_.publishes) {
    message["body"] = {{"request", "joinandconfigure"},
                       {"ptype", "publisher"},
                       {"room", JanusClientConfig::kRoom},
                       {"id", JanusClientConfig::kFeed},
                       {"display", config_.name}};
    message["jsep"] = {{"type", "offer"}, {"sdp", publisher_offer()}, {"trickle", false}};
  } else {
    message["body"] = {{"request", "join"},
                       {"ptype", "subscriber"},
                       {"room", JanusClientConfig::kRoom},
                       {"streams", Json::array({{{"feed", JanusClientConfig::kFeed}}})}};
  }
  messages_.push_back(message.dump());
}

void JanusClient::on_description(const std::string& text, Timestamp now) {
  asked_ = Asked::kNothing;
  const auto description = sdp::parse(text);
  const auto remote = sdp::parse_answer(text);
  if (!description || !remote)
    return end("Janus's SDP can't be used: " +
               (!description ? description.error() : remote.error()).message);
  if (remote->candidates.empty()) return end("Janus offers no UDP address for media.");
  if (!config_.publishes) {
    ReceiverConfig config{.extensions = {}, .check_every = config_.check_every};
    // Janus gives an extension one id in all sections.
    for (const sdp::AnsweredSection& section : remote->sections) {
      if (section.extensions.transport_sequence != 0) config.extensions = section.extensions;
    }
    auto receiver = std::make_unique<MediaReceiver>(config, latencies_, random_);
    for (const sdp::AnsweredSection& section : remote->sections) {
      if (section.direction == sdp::ClientDirection::kReceives)
        receiver->add_slot(section.kind, section.slot_ssrc);
    }
    leg_.receive(std::move(receiver));
    say_start(*description);
  }
  state_ = ClientState::kConnecting;
  leg_.connect(udp_, {remote->ice_ufrag, remote->ice_pwd}, remote->candidates, remote->fingerprint,
               now);
}

void JanusClient::say_start(const sdp::SessionDescription& offer) {
  sdp::SessionDescription answer = offer;
  answer.transport = {};
  for (sdp::MediaSection& section : answer.media) {
    section.direction = sdp::reversed(section.direction);
    section.ssrcs.clear();
    section.ssrc_groups.clear();
    section.msids.clear();
    put_transport(section, sdp::Setup::kActive);
  }
  messages_.push_back(
      Json{{"janus", "message"},
           {"session_id", session_},
           {"handle_id", handle_},
           {"transaction", std::to_string(++transactions_)},
           {"body", {{"request", "start"}, {"room", JanusClientConfig::kRoom}}},
           {"jsep", {{"type", "answer"}, {"sdp", sdp::write(answer)}, {"trickle", false}}}}
          .dump());
}

void JanusClient::handle_close(std::string reason) {
  end(std::move(reason));
}

void JanusClient::end(std::string reason) {
  if (state_ == ClientState::kEnded) return;
  state_ = ClientState::kEnded;
  end_reason_ = std::move(reason);
  if (leg_.publisher() != nullptr) leg_.publisher()->stop();
}

void JanusClient::leave() {
  if (state_ == ClientState::kEnded) return;
  if (session_ != 0) {
    messages_.push_back(Json{{"janus", "destroy"},
                             {"session_id", session_},
                             {"transaction", std::to_string(++transactions_)}}
                            .dump());
  }
  end("left");
}

void JanusClient::note_connected(Timestamp now) {
  if (state_ != ClientState::kConnecting || !leg_.connected()) return;
  state_ = ClientState::kConnected;
  connected_at_ = now;
  if (leg_.publisher() != nullptr) leg_.publisher()->start(now);
}

void JanusClient::handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp arrived,
                                  Timestamp now) {
  leg_.handle_datagram(path, datagram, arrived, now);
  note_connected(now);
}

void JanusClient::handle_timeout(Timestamp now) {
  if (state_ == ClientState::kEnded) return;
  leg_.handle_timeout(now);
  note_connected(now);
  if (leg_.failed()) return end("Janus's media port doesn't answer.");
  if (now < next_keep_alive_) return;
  next_keep_alive_ = now + kKeepAlive;
  if (session_ == 0) return;
  messages_.push_back(Json{{"janus", "keepalive"},
                           {"session_id", session_},
                           {"transaction", std::to_string(++transactions_)}}
                          .dump());
}

bool JanusClient::poll_message(std::string& out) {
  if (messages_.empty()) return false;
  out = std::move(messages_.front());
  messages_.pop_front();
  return true;
}

bool JanusClient::poll_datagram(transport::PeerTransport::Output& out, Timestamp now) {
  return leg_.poll_datagram(out, now);
}

Deadline JanusClient::poll_timeout() const {
  if (state_ == ClientState::kEnded) return {};
  return Deadline::earliest(leg_.poll_timeout(), {next_keep_alive_, "keep-alive"});
}

}  // namespace parley::load
