// One simulated participant of a real meeting: speaks parley.v1 over a socket that its driver holds
// and publishes a microphone and a camera of three encodings over the server leg. Does no IO.
//
// It receives nothing in this form: its offer has no slots.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/random.h"
#include "dtls/certificate.h"
#include "load/clip.h"
#include "load/media_sender.h"
#include "sdp/offer.h"
#include "signaling/codec.h"
#include "transport/client_transport.h"

namespace parley::load {

// What all participants of a run publish; must outlive them.
struct Material {
  Clip clip;
  std::vector<uint8_t> sound;  // one packet of 20 ms
};

struct ParticipantConfig {
  std::string room;
  std::string name;
  bool speaks = false;  // by its packets' audio level: who speaks is forwarded
  // What to add to a Timestamp's microseconds to get those since 1970, for sender reports.
  TimeDelta ntp_offset;
};

enum class ParticipantState : uint8_t {
  kIdle,        // no socket yet
  kJoining,     // said join
  kConnecting,  // in the room; the server leg isn't connected yet
  kConnected,
  kEnded,  // for good; see end_reason()
};

// The driver opens the WebSocket and a UDP socket and passes on what they bring, in both
// directions. Outputs are to be polled after every handle_ function.
class Participant {
 public:
  // The client's part of docs/protocol.md; the server drops a socket that is silent for 30 s.
  static constexpr TimeDelta kPingInterval = TimeDelta::seconds(10);
  static constexpr TimeDelta kSoundInterval = TimeDelta::millis(20);
  static constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);

  // All but `config` must outlive it.
  Participant(ParticipantConfig config, const Material& material,
              const dtls::Certificate& certificate, RandomSource& random, Timestamp now);

  // The WebSocket stands: joins. `udp`: the local address of the UDP socket, from which the server
  // can be reached. `server`: the address that the WebSocket leads to; media goes there too if the
  // server offers that.
  void handle_open(const SocketAddress& udp, const IpAddress& server, Timestamp now);
  void handle_message(std::string_view text, Timestamp now);
  // The WebSocket is gone or never stood; `reason` is a sentence.
  void handle_close(std::string reason);
  void handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now);
  void handle_timeout(Timestamp now);
  // Says leave and stops sending.
  void leave();

  bool poll_message(std::string& out);
  // `bytes` are valid until the next call.
  bool poll_datagram(transport::PeerTransport::Output& out);
  Deadline poll_timeout() const;

  ParticipantState state() const { return state_; }
  const std::string& name() const { return config_.name; }
  const std::string& id() const { return id_; }  // as the server calls it; empty before it joined
  const std::string& end_reason() const { return end_reason_; }
  bool sending() const { return sending_; }
  std::optional<Timestamp> connected_at() const { return connected_at_; }
  size_t encodings() const { return encodings_.size(); }
  // Whether anybody wants the encoding, as the server says.
  bool wanted(size_t encoding) const { return encodings_[encoding].wanted; }
  const StreamCounters& sound() const { return sender_.counters(kSound); }
  const StreamCounters& pictures(size_t encoding) const {
    return sender_.counters(kFirstPicture + encoding);
  }
  uint64_t transport_feedbacks() const { return transport_feedbacks_; }

 private:
  static constexpr size_t kSound = 0;
  static constexpr size_t kFirstPicture = 1;
  struct Encoding {
    bool wanted = true;  // until the server says otherwise
    size_t next_picture = 0;
  };

  void say(const signaling::ClientMessage& message);
  sdp::ClientOffer offer() const;
  void on(const signaling::server::Joined& joined, Timestamp now);
  void on(const signaling::server::Topology& topology);
  void on(const signaling::server::Layers& layers);
  void on(const signaling::server::Error& error);
  void on(const signaling::server::Closing& closing);
  template <typename Other>
  void on(const Other&) {}  // what a publisher has no use for
  void connect(const sdp::ServerAnswer& answer, Timestamp now);
  void note_connected(Timestamp now);
  void set_sending(bool sending);
  void end(std::string reason);
  void handle_rtcp(Bytes packet);
  void send_due(Timestamp now);
  void send_pictures(Timestamp now);
  bool poll_report(transport::PeerTransport::Output& out);
  bool poll_media(transport::PeerTransport::Output& out);

  ParticipantConfig config_;
  const Material& material_;
  const dtls::Certificate& certificate_;
  RandomSource& random_;
  ice::Credentials credentials_;
  transport::ClientTransport transport_;
  MediaSender sender_;
  std::vector<Encoding> encodings_;

  ParticipantState state_ = ParticipantState::kIdle;
  std::string id_;
  std::string end_reason_;
  SocketAddress udp_;
  IpAddress server_;
  signaling::TopologyMode in_force_ = signaling::TopologyMode::kAlone;
  bool sending_ = false;
  std::optional<int64_t> preparing_;  // the epoch of a preparation not answered yet
  std::optional<Timestamp> connected_at_;
  uint64_t transport_feedbacks_ = 0;
  std::deque<std::string> messages_;
  std::array<uint8_t, 1500> buffer_;

  // Participants of one run don't all do the same thing at the same moment.
  TimeDelta sound_phase_;
  TimeDelta picture_phase_;
  Timestamp next_sound_ = Timestamp::never();
  Timestamp next_picture_ = Timestamp::never();
  Timestamp next_report_ = Timestamp::never();
  Timestamp next_ping_ = Timestamp::never();
  bool report_due_ = false;
  Timestamp now_;
};

}  // namespace parley::load
