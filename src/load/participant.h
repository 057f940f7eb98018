// One simulated participant of a real meeting: speaks parley.v1 over a socket that its driver
// holds, publishes a microphone and a camera over the server leg, and receives others there. Does
// no IO.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/random.h"
#include "dtls/certificate.h"
#include "load/client.h"
#include "sdp/offer.h"
#include "signaling/codec.h"

namespace parley::load {

struct ParticipantConfig {
  std::string room;
  std::string name;
  uint32_t number = 0;  // unique in the run, for the stamps of what it publishes
  bool mic = true;
  bool camera = true;
  double speech = 0;  // the share of the time it speaks, by its packets' audio level
  size_t audio_slots = 0;
  size_t video_slots = 0;
  // How large it wants the cameras that it looks at: those who come after it in the order of
  // joining, as many as it has slots for pictures.
  uint16_t view_width = 1280;
  uint16_t view_height = 720;
  uint32_t check_every = 16;  // see ReceiverConfig
  // Answers media with feedback, and counts it. Otherwise it only connects: nothing of what comes
  // is looked at, and the server neither measures nor paces what it sends there.
  bool answers = true;
  // What to add to a Timestamp's microseconds to get those since 1970, for sender reports.
  TimeDelta ntp_offset;
};

class Participant final : public Client {
 public:
  // The client's part of docs/protocol.md; the server drops a socket that is silent for 30 s.
  static constexpr TimeDelta kPingInterval = TimeDelta::seconds(10);
  // Changes of the roster within this make one new `view`, as on Parley's page.
  static constexpr TimeDelta kViewDelay = TimeDelta::millis(80);

  // All but `config` must outlive it; `latencies` is where it notes what its packets took, needed
  // with slots.
  Participant(ParticipantConfig config, const Material& material,
              const dtls::Certificate& certificate, RandomSource& random, Timestamp now,
              Latencies* latencies = nullptr);

  void handle_open(const SocketAddress& udp, const IpAddress& server, Timestamp now) override;
  void handle_message(std::string_view text, Timestamp now) override;
  void handle_close(std::string reason) override;
  void handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp arrived,
                       Timestamp now) override;
  void handle_timeout(Timestamp now) override;
  void leave() override;

  bool poll_message(std::string& out) override;
  bool poll_datagram(transport::PeerTransport::Output& out, Timestamp now) override;
  Deadline poll_timeout() const override;

  ClientState state() const override { return state_; }
  const std::string& name() const override { return config_.name; }
  const std::string& id() const { return id_; }  // as the server calls it; empty before it joined
  const std::string& end_reason() const override { return end_reason_; }
  std::optional<Timestamp> connected_at() const override { return connected_at_; }
  const MediaLeg& media() const override { return leg_; }
  bool sending() const { return leg_.publisher() != nullptr && leg_.publisher()->playing(); }

 private:
  void say(const signaling::ClientMessage& message);
  sdp::ClientOffer offer() const;
  void on(const signaling::server::Joined& joined, Timestamp now);
  void on(const signaling::server::Topology& topology);
  void on(const signaling::server::Layers& layers);
  void on(const signaling::server::Roster& roster);
  void on(const signaling::server::Error& error);
  void on(const signaling::server::Closing& closing);
  template <typename Other>
  void on(const Other&) {}  // what nobody here has a use for
  void connect(const sdp::ServerAnswer& answer, Timestamp now);
  void note_connected(Timestamp now);
  void set_sending(bool sending);
  void note_camera(const std::string& participant, bool on);
  void say_view();
  void end(std::string reason);

  ParticipantConfig config_;
  const Material& material_;
  MediaLeg leg_;

  ClientState state_ = ClientState::kIdle;
  std::string id_;
  std::string end_reason_;
  SocketAddress udp_;
  IpAddress server_;
  signaling::TopologyMode in_force_ = signaling::TopologyMode::kAlone;
  std::optional<int64_t> preparing_;  // the epoch of a preparation not answered yet
  std::optional<Timestamp> connected_at_;
  std::deque<std::string> messages_;
  // Who has a camera, in the order of joining as far as it is known, oneself included.
  std::vector<std::string> cameras_;
  std::vector<std::string> viewed_;
  Timestamp next_view_ = Timestamp::never();
  Timestamp next_ping_ = Timestamp::never();
  Timestamp now_;
};

}  // namespace parley::load
