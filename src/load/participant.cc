#include "load/participant.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"

namespace parley::load {
namespace client = signaling::client;
namespace server = signaling::server;
using signaling::MediaSource;
using signaling::TopologyMode;
using signaling::TopologyPhase;
namespace {

constexpr int64_t kJoinId = 1;
// The mids that build_offer() gives to the two tracks.
constexpr const char* kMicMid = "0";
constexpr const char* kCameraMid = "1";

}  // namespace

Participant::Participant(ParticipantConfig config, const Material& material,
                         const dtls::Certificate& certificate, RandomSource& random, Timestamp now,
                         Latencies* latencies)
    : config_(std::move(config)), material_(material), leg_(certificate, random), now_(now) {
  PARLEY_CHECK(config_.mic || !config_.camera);  // the mids above are places
  if (config_.mic) {
    leg_.publish(std::make_unique<Publisher>(PublisherConfig{.camera = config_.camera,
                                                             .speech = config_.speech,
                                                             .number = config_.number,
                                                             .ntp_offset = config_.ntp_offset,
                                                             .audio = sdp::kOfferedOpus,
                                                             .video = sdp::kOfferedVp8,
                                                             .extensions = sdp::kOfferedExtensions,
                                                             .audio_mid = kMicMid,
                                                             .video_mid = kCameraMid},
                                             material, random, now));
  }
  if (config_.answers && config_.audio_slots + config_.video_slots > 0) {
    PARLEY_CHECK(latencies != nullptr);
    leg_.receive(std::make_unique<MediaReceiver>(
        ReceiverConfig{.extensions = sdp::kOfferedExtensions,
                       .check_every = config_.check_every,
                       .red_payload_type = sdp::kOfferedOpus.red_payload_type},
        *latencies, random));
  }
}

void Participant::say(const signaling::ClientMessage& message) {
  messages_.push_back(signaling::write(message));
}

sdp::ClientOffer Participant::offer() const {
  sdp::ClientOffer offer;
  if (const Publisher* publisher = leg_.publisher()) {
    offer.tracks.push_back(
        {.kind = rtp::MediaKind::kAudio, .rids = {}, .ssrc = publisher->sound_ssrc()});
    if (config_.camera) {
      sdp::ClientTrack camera{.kind = rtp::MediaKind::kVideo, .rids = {}, .ssrc = {}};
      for (size_t i = 0; i < material_.encodings(); ++i) {
        if (!material_.encoding(i).rid.empty()) camera.rids.push_back(material_.encoding(i).rid);
      }
      if (camera.rids.empty()) camera.ssrc = publisher->picture_ssrc(0);
      offer.tracks.push_back(std::move(camera));
    }
  }
  offer.audio_slots = config_.audio_slots;
  offer.video_slots = config_.video_slots;
  offer.transport_feedback = config_.answers;
  offer.ice_ufrag = leg_.credentials().ufrag;
  offer.ice_pwd = leg_.credentials().password;
  offer.fingerprint = leg_.fingerprint();
  return offer;
}

void Participant::handle_open(const SocketAddress& udp, const IpAddress& server, Timestamp now) {
  now_ = now;
  udp_ = udp;
  server_ = server;
  state_ = ClientState::kJoining;
  next_ping_ = now + kPingInterval;
  client::Join join;
  join.id = kJoinId;
  join.room = config_.room;
  join.name = config_.name;
  join.state = {
      .mic = config_.mic, .camera = config_.camera, .screen = std::nullopt, .hand = std::nullopt};
  client::OfferBody body{sdp::build_offer(offer()), {}};
  if (config_.mic) body.sources.push_back({kMicMid, MediaSource::kMic});
  if (config_.camera) body.sources.push_back({kCameraMid, MediaSource::kCamera});
  join.offer = std::move(body);
  say(join);
}

void Participant::handle_message(std::string_view text, Timestamp now) {
  now_ = now;
  const auto message = signaling::parse_server_message(text);
  if (!message || state_ == ClientState::kEnded) return;  // of a later server: not for us
  if (const auto* joined = std::get_if<server::Joined>(&*message)) {
    on(*joined, now);
    return;
  }
  std::visit(
      [this](const auto& one) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, server::Joined>) on(one);
      },
      *message);
}

void Participant::handle_close(std::string reason) {
  end(std::move(reason));
}

void Participant::on(const server::Joined& joined, Timestamp now) {
  id_ = joined.self;
  if (!joined.answer_sdp) return end("The server answered the join without an SDP answer.");
  const auto answer = sdp::parse_answer(*joined.answer_sdp);
  if (!answer) return end("The server's SDP answer can't be used: " + answer.error().message);
  if (answer->candidates.empty()) return end("The server offers no UDP address for media.");
  state_ = ClientState::kConnecting;
  if (MediaReceiver* receiver = leg_.receiver()) {
    for (const sdp::AnsweredSection& section : answer->sections) {
      if (section.direction == sdp::ClientDirection::kReceives)
        receiver->add_slot(section.kind, section.slot_ssrc);
    }
  }
  connect(*answer, now);
  for (const server::Participant& one : joined.participants) note_camera(one.id, one.camera);
  on(joined.topology);
}

void Participant::connect(const sdp::ServerAnswer& answer, Timestamp now) {
  // The socket's own address reaches the one that the WebSocket leads to; of the server's others
  // that isn't sure.
  std::vector<SocketAddress> candidates;
  for (const SocketAddress& candidate : answer.candidates) {
    if (candidate.ip == server_) candidates.push_back(candidate);
  }
  if (candidates.empty()) candidates = answer.candidates;
  leg_.connect(udp_, {answer.ice_ufrag, answer.ice_pwd}, candidates, answer.fingerprint, now);
}

void Participant::on(const server::Topology& topology) {
  switch (topology.phase) {
    case TopologyPhase::kPrepare:
      if (topology.mode == TopologyMode::kP2p) {
        say(client::Failed{topology.epoch, "The load generator uses the server only."});
      } else {
        preparing_ = topology.epoch;
        set_sending(true);
      }
      break;
    case TopologyPhase::kCommit:
      preparing_.reset();
      in_force_ = topology.mode;
      set_sending(in_force_ == TopologyMode::kSfu);
      if (topology.mode == TopologyMode::kP2p)
        say(client::Failed{topology.epoch, "The load generator uses the server only."});
      break;
    case TopologyPhase::kAbort:
      preparing_.reset();
      set_sending(in_force_ == TopologyMode::kSfu);
      break;
  }
  note_connected(now_);
}

void Participant::on(const server::Layers& layers) {
  if (layers.source == MediaSource::kCamera && leg_.publisher() != nullptr)
    leg_.publisher()->set_wanted(layers.rids);
}

void Participant::on(const server::Roster& roster) {
  for (const server::Participant& one : roster.joined) note_camera(one.id, one.camera);
  for (const server::ParticipantChange& one : roster.changed) {
    if (one.camera) note_camera(one.id, *one.camera);
  }
  for (const server::ParticipantLeft& one : roster.left) note_camera(one.id, false);
}

void Participant::note_camera(const std::string& participant, bool on) {
  const auto found = std::ranges::find(cameras_, participant);
  if (on == (found != cameras_.end())) return;
  if (on) {
    cameras_.push_back(participant);
  } else {
    cameras_.erase(found);
  }
  if (config_.video_slots > 0 && next_view_.is_never()) next_view_ = now_ + kViewDelay;
}

void Participant::say_view() {
  next_view_ = Timestamp::never();
  const auto self = std::ranges::find(cameras_, id_);
  const auto start = static_cast<size_t>(self == cameras_.end() ? 0 : self - cameras_.begin() + 1);
  std::vector<std::string> wanted;
  for (size_t i = 0; i < cameras_.size() && wanted.size() < config_.video_slots; ++i) {
    const std::string& one = cameras_[(start + i) % cameras_.size()];
    if (one != id_) wanted.push_back(one);
  }
  if (wanted == viewed_) return;
  client::View view;
  for (const std::string& one : wanted) {
    view.views.push_back({.participant = one,
                          .source = MediaSource::kCamera,
                          .width = config_.view_width,
                          .height = config_.view_height});
  }
  viewed_ = std::move(wanted);
  say(view);
}

void Participant::on(const server::Error& error) {
  if (error.fatal || error.id == kJoinId) end(error.message);
}

void Participant::on(const server::Closing& closing) {
  end(closing.message.empty() ? "The server ended the session." : closing.message);
}

void Participant::set_sending(bool sending) {
  Publisher* publisher = leg_.publisher();
  if (publisher == nullptr) return;
  if (sending) {
    publisher->start(now_);
  } else {
    publisher->stop();
  }
}

void Participant::end(std::string reason) {
  if (state_ == ClientState::kEnded) return;
  state_ = ClientState::kEnded;
  end_reason_ = std::move(reason);
  set_sending(false);
}

void Participant::leave() {
  if (state_ == ClientState::kEnded) return;
  if (state_ != ClientState::kIdle) say(client::Leave{});
  end("left");
}

void Participant::note_connected(Timestamp now) {
  if (!leg_.connected()) return;
  if (state_ == ClientState::kConnecting) {
    state_ = ClientState::kConnected;
    connected_at_ = now;
  }
  // Nothing is shown here, so a connected leg is all there is to wait for.
  if (const auto epoch = std::exchange(preparing_, std::nullopt)) say(client::Ready{*epoch});
}

void Participant::handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp arrived,
                                  Timestamp now) {
  now_ = now;
  leg_.handle_datagram(path, datagram, arrived, now);
  if (state_ == ClientState::kConnecting || preparing_) note_connected(now);
}

void Participant::handle_timeout(Timestamp now) {
  now_ = now;
  if (state_ == ClientState::kEnded) return;
  leg_.handle_timeout(now);
  note_connected(now);
  if (leg_.failed())
    return end("The server's media port doesn't answer; is UDP blocked on the way?");
  if (now >= next_ping_) {
    next_ping_ = now + kPingInterval;
    say(client::Ping{now.ms()});
  }
  if (now >= next_view_) say_view();
}

bool Participant::poll_message(std::string& out) {
  if (messages_.empty()) return false;
  out = std::move(messages_.front());
  messages_.pop_front();
  return true;
}

bool Participant::poll_datagram(transport::PeerTransport::Output& out, Timestamp now) {
  return leg_.poll_datagram(out, now);
}

Deadline Participant::poll_timeout() const {
  if (state_ == ClientState::kEnded) return {};
  return Deadline::earliest(Deadline::earliest(leg_.poll_timeout(), {next_ping_, "ping"}),
                            {next_view_, "view"});
}

}  // namespace parley::load
