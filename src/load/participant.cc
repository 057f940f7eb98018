#include "load/participant.h"

#include <algorithm>
#include <utility>

#include "dtls/fingerprint.h"
#include "rtp/rtcp.h"

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
// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
constexpr uint8_t kTransportWideFormat = 15;
constexpr uint8_t kSpeechLevel = 30;
constexpr uint8_t kSilenceLevel = 127;

TimeDelta draw_below(RandomSource& random, TimeDelta bound) {
  return TimeDelta::micros(static_cast<int64_t>(random.below(static_cast<uint64_t>(bound.us()))));
}

}  // namespace

Participant::Participant(ParticipantConfig config, const Material& material,
                         const dtls::Certificate& certificate, RandomSource& random, Timestamp now)
    : config_(std::move(config)),
      material_(material),
      certificate_(certificate),
      random_(random),
      credentials_(ice::Credentials::draw(random)),
      transport_(certificate, credentials_, random),
      sender_(sdp::kOfferedExtensions, now, config_.ntp_offset),
      sound_phase_(draw_below(random, kSoundInterval)),
      picture_phase_(draw_below(random, material.clip.frame_interval())),
      now_(now) {
  sender_.set_audio_level(
      {.level = config_.speaks ? kSpeechLevel : kSilenceLevel, .voice = config_.speaks});
  const auto stream = [&](const rtp::CodecParameters& codec, const char* mid, std::string rid) {
    sender_.add_stream({.codec = codec,
                        .ssrc = {random.u32(), codec.rtx_payload_type != 0 ? random.u32() : 0},
                        .mid = mid,
                        .rid = std::move(rid),
                        .first_sequence = static_cast<uint16_t>(random.u32()),
                        .first_rtp_time = random.u32(),
                        .first_picture_id = static_cast<uint16_t>(random.u32())});
  };
  stream(sdp::kOfferedOpus, kMicMid, "");
  for (size_t i = 0; i < material.clip.encodings(); ++i)
    stream(sdp::kOfferedVp8, kCameraMid, material.clip.encoding(i).rid);
  encodings_.resize(material.clip.encodings());
}

void Participant::say(const signaling::ClientMessage& message) {
  messages_.push_back(signaling::write(message));
}

sdp::ClientOffer Participant::offer() const {
  sdp::ClientOffer offer;
  offer.tracks.push_back(
      {.kind = rtp::MediaKind::kAudio, .rids = {}, .ssrc = {sender_.config(kSound).ssrc.ssrc, 0}});
  sdp::ClientTrack camera{.kind = rtp::MediaKind::kVideo, .rids = {}, .ssrc = {}};
  for (size_t i = 0; i < material_.clip.encodings(); ++i)
    camera.rids.push_back(material_.clip.encoding(i).rid);
  offer.tracks.push_back(std::move(camera));
  offer.ice_ufrag = credentials_.ufrag;
  offer.ice_pwd = credentials_.password;
  offer.fingerprint = dtls::fingerprint_text(certificate_.fingerprint_sha256());
  return offer;
}

void Participant::handle_open(const SocketAddress& udp, const IpAddress& server, Timestamp now) {
  now_ = now;
  udp_ = udp;
  server_ = server;
  state_ = ParticipantState::kJoining;
  next_ping_ = now + kPingInterval;
  client::Join join;
  join.id = kJoinId;
  join.room = config_.room;
  join.name = config_.name;
  join.state = {.mic = true, .camera = true, .screen = std::nullopt, .hand = std::nullopt};
  join.offer =
      client::OfferBody{sdp::build_offer(offer()),
                        {{kMicMid, MediaSource::kMic}, {kCameraMid, MediaSource::kCamera}}};
  say(join);
}

void Participant::handle_message(std::string_view text, Timestamp now) {
  now_ = now;
  const auto message = signaling::parse_server_message(text);
  if (!message || state_ == ParticipantState::kEnded) return;  // of a later server: not for us
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
  state_ = ParticipantState::kConnecting;
  connect(*answer, now);
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
  transport_.connect(udp_, {answer.ice_ufrag, answer.ice_pwd}, candidates, answer.fingerprint, now);
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
  if (layers.source != MediaSource::kCamera) return;
  for (size_t i = 0; i < encodings_.size(); ++i) {
    const bool wanted =
        std::ranges::find(layers.rids, material_.clip.encoding(i).rid) != layers.rids.end();
    // An encoder that wakes up begins with a key frame.
    if (wanted && !encodings_[i].wanted) encodings_[i].next_picture = 0;
    encodings_[i].wanted = wanted;
  }
}

void Participant::on(const server::Error& error) {
  if (error.fatal || error.id == kJoinId) end(error.message);
}

void Participant::on(const server::Closing& closing) {
  end(closing.message.empty() ? "The server ended the session." : closing.message);
}

void Participant::set_sending(bool sending) {
  if (sending && !sending_) {
    for (Encoding& encoding : encodings_) encoding.next_picture = 0;
    next_sound_ = now_ + sound_phase_;
    next_picture_ = now_ + picture_phase_;
    next_report_ = now_ + picture_phase_;
  }
  sending_ = sending;
}

void Participant::end(std::string reason) {
  if (state_ == ParticipantState::kEnded) return;
  state_ = ParticipantState::kEnded;
  end_reason_ = std::move(reason);
  sending_ = false;
}

void Participant::leave() {
  if (state_ == ParticipantState::kEnded) return;
  if (state_ != ParticipantState::kIdle) say(client::Leave{});
  end("left");
}

void Participant::note_connected(Timestamp now) {
  if (!transport_.connected()) return;
  if (state_ == ParticipantState::kConnecting) {
    state_ = ParticipantState::kConnected;
    connected_at_ = now;
  }
  // Nothing is shown here, so a connected leg is all there is to wait for.
  if (const auto epoch = std::exchange(preparing_, std::nullopt)) say(client::Ready{*epoch});
}

void Participant::handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) {
  now_ = now;
  const auto received = transport_.handle_datagram(path, datagram, now);
  if (received.kind == transport::Received::Kind::kRtcp) handle_rtcp(received.packet);
  note_connected(now);
}

void Participant::handle_rtcp(Bytes packet) {
  rtp::RtcpReader reader(packet);
  while (const auto block = reader.next()) {
    if (block->is(rtp::RtcpType::kTransportFeedback, kTransportWideFormat)) {
      ++transport_feedbacks_;
    } else {
      sender_.handle_rtcp(*block);
    }
  }
}

void Participant::handle_timeout(Timestamp now) {
  now_ = now;
  if (state_ == ParticipantState::kEnded) return;
  transport_.handle_timeout(now);
  note_connected(now);
  if (transport_.agent().state() == ice::AgentState::Failed)
    return end("The server's media port doesn't answer; is UDP blocked on the way?");
  if (now >= next_ping_) {
    next_ping_ = now + kPingInterval;
    say(client::Ping{now.ms()});
  }
  if (sending_ && transport_.connected()) send_due(now);
}

void Participant::send_due(Timestamp now) {
  // Who comes late by more than one interval skips what is lost.
  const auto take = [now](Timestamp& next, TimeDelta interval) {
    if (now < next) return false;
    next = std::max(next + interval, now - interval);
    return true;
  };
  if (take(next_sound_, kSoundInterval)) sender_.send_sound(kSound, material_.sound, now);
  if (take(next_picture_, material_.clip.frame_interval())) send_pictures(now);
  if (take(next_report_, kReportInterval)) report_due_ = true;
}

void Participant::send_pictures(Timestamp now) {
  for (size_t i = 0; i < encodings_.size(); ++i) {
    Encoding& encoding = encodings_[i];
    if (!encoding.wanted) continue;
    if (sender_.take_key_frame_request(kFirstPicture + i)) encoding.next_picture = 0;
    sender_.send_picture(kFirstPicture + i, material_.clip.picture(i, encoding.next_picture), now);
    encoding.next_picture = (encoding.next_picture + 1) % material_.clip.pictures();
  }
}

bool Participant::poll_message(std::string& out) {
  if (messages_.empty()) return false;
  out = std::move(messages_.front());
  messages_.pop_front();
  return true;
}

bool Participant::poll_datagram(transport::PeerTransport::Output& out) {
  return transport_.poll_output(out) || poll_report(out) || poll_media(out);
}

bool Participant::poll_report(transport::PeerTransport::Output& out) {
  const auto path = transport_.media_path();
  if (!path || !std::exchange(report_due_, false)) return false;
  const MutableBytes plain = MutableBytes(buffer_).first(MediaSender::kMaxPacket);
  const size_t size = sender_.write_reports(plain, now_);
  const auto sealed = size > 0 ? transport_.channel().protect_rtcp(buffer_, size) : std::nullopt;
  if (!sealed) return false;
  out = {*path, *sealed};
  return true;
}

bool Participant::poll_media(transport::PeerTransport::Output& out) {
  const auto path = transport_.media_path();
  if (!path) return false;
  while (const size_t size = sender_.poll_packet(buffer_, now_)) {
    const auto sealed = transport_.channel().protect_rtp(buffer_, size);
    if (!sealed) continue;
    out = {*path, *sealed};
    return true;
  }
  return false;
}

Deadline Participant::poll_timeout() const {
  if (state_ == ParticipantState::kEnded) return {};
  Deadline next = Deadline::earliest(transport_.poll_timeout(), {next_ping_, "ping"});
  if (!sending_ || !transport_.media_path()) return next;
  next = Deadline::earliest(next, {next_sound_, "sound"});
  return Deadline::earliest(next, {std::min(next_picture_, next_report_), "pictures"});
}

}  // namespace parley::load
