// The whole server in the simulation: control plane and shard as the process runs them, with people
// who speak parley.v1 to it. Sockets are reliable and take kSocketDelay each way.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "control/control_plane.h"
#include "dtls/certificate.h"
#include "dtls/deterministic_random.h"
#include "sim/load_member.h"
#include "sim/media_world.h"
#include "sim/member.h"

namespace parley::sim {

class MeetingWorld {
 public:
  static constexpr TimeDelta kSocketDelay = TimeDelta::millis(10);

  explicit MeetingWorld(uint64_t seed, control::ControlConfig config = {}, size_t shards = 1);

  // Opens a socket and joins.
  Member& enter(const std::string& name, const ClientConfig& config = {.camera_encodings = 3},
                LinkConfig up = {}, LinkConfig down = {});
  // The same for a participant of the load generator. `material` must outlive the world.
  LoadMember& enter_load(load::ParticipantConfig config, const load::Material& material,
                         LinkConfig up = {}, LinkConfig down = {});
  // Says leave.
  void leave(Member& member);
  // The socket breaks, the media stays.
  void lose_socket(Member& member);
  // A new socket with the resume token.
  void reconnect(Member& member);
  void send_raw(Member& member, std::string frame);

  void run_for(TimeDelta time);
  bool run_until(const std::function<bool()>& condition, TimeDelta limit);
  bool everyone_in(signaling::TopologyMode mode) const;
  uint64_t rtp_received() const;

  Network network;
  std::vector<std::unique_ptr<Member>> members;
  std::vector<std::unique_ptr<LoadMember>> load_members;
  load::Latencies latencies;  // of what load_members receive

 private:
  struct Frame {
    Timestamp at;
    control::ConnectionId connection;
    std::string text;
    bool to_server = false;
  };
  void open(Member& member);
  void deliver(const Frame& frame);
  void send_frame(control::ConnectionId connection, std::string text);
  void step();
  void pump_control();

  SeededRandom openssl_seed_;
  dtls::DeterministicRandomScope openssl_;
  dtls::Certificate certificate_;
  ServerNode server_;
  SeededRandom random_;
  std::unique_ptr<control::ControlPlane> control_;
  std::deque<Frame> frames_;  // in order of time, since the delay is constant
  uint32_t next_connection_ = 1;
  uint32_t next_member_ = 1;

 public:
  control::ControlPlane& control() { return *control_; }
  ServerNode& server() { return server_; }
};

}  // namespace parley::sim
