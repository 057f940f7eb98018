// One simulated client of a Janus videoroom, over its WebSocket API (docs/bench.md says which
// Janus): publishes a microphone and a camera, or subscribes to the one publisher of the room. The
// media is that of all clients here; only the signalling differs from Participant's. Does no IO.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/random.h"
#include "load/client.h"
#include "sdp/description.h"

namespace parley::load {

struct JanusClientConfig {
  static constexpr uint64_t kRoom = 1;
  static constexpr uint64_t kFeed = 1;  // the publisher's id in the room

  std::string name;
  uint32_t number = 0;  // unique in the run, for the stamps of what it publishes
  bool publishes = false;
  bool camera = true;  // published or subscribed to, besides the microphone
  uint32_t check_every = 16;
  TimeDelta ntp_offset;
};

class JanusClient final : public Client {
 public:
  // Janus ends a session after 60 s without a word.
  static constexpr TimeDelta kKeepAlive = TimeDelta::seconds(25);

  // All but `config` must outlive it.
  JanusClient(JanusClientConfig config, const Material& material,
              const dtls::Certificate& certificate, RandomSource& random, Timestamp now,
              Latencies& latencies);

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
  const std::string& end_reason() const override { return end_reason_; }
  std::optional<Timestamp> connected_at() const override { return connected_at_; }
  const MediaLeg& media() const override { return leg_; }

 private:
  // What was asked last: Janus answers in order, and one thing is asked at a time.
  enum class Asked : uint8_t { kNothing, kSession, kHandle, kRoom };
  struct Reply;  // what matters of a message

  void on_success(const Reply& reply);
  void on_description(const std::string& text, Timestamp now);
  void say_join();
  void say_start(const sdp::SessionDescription& offer);
  std::string publisher_offer() const;
  void put_transport(sdp::MediaSection& section, sdp::Setup setup) const;
  void note_connected(Timestamp now);
  void end(std::string reason);

  JanusClientConfig config_;
  Latencies& latencies_;
  RandomSource& random_;
  MediaLeg leg_;
  ClientState state_ = ClientState::kIdle;
  Asked asked_ = Asked::kNothing;
  uint64_t session_ = 0;
  uint64_t handle_ = 0;
  uint64_t transactions_ = 0;
  std::string end_reason_;
  SocketAddress udp_;
  std::optional<Timestamp> connected_at_;
  std::deque<std::string> messages_;
  Timestamp next_keep_alive_ = Timestamp::never();
};

}  // namespace parley::load
