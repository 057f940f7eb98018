// A person in a simulated meeting: signalling as a page does it, over a socket of the simulation,
// and a SimClient for the server leg. The direct leg is not simulated as packets, only whether it
// works: its media never meets the server.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/output.h"
#include "signaling/codec.h"
#include "sim/client.h"
#include "sim/network.h"

namespace parley::sim {

class Member {
 public:
  // How long a direct leg takes to show its first frame.
  static constexpr TimeDelta kDirectSetup = TimeDelta::millis(300);

  Member(Network& network, IpAddress address, uint32_t group, std::string name,
         const ClientConfig& config, const dtls::Certificate& certificate);

  // What the driver sends to the server, oldest first.
  std::vector<std::string> take_frames();
  void handle_frame(std::string_view frame);
  // Looks whether a preparation is done; called often.
  void update();

  void say_join(const std::string& room);
  void say_view();
  void say(const signaling::ClientMessage& message);
  void say_chat(const std::string& text);

  SimClient& media() { return media_; }
  const std::string& id() const { return id_; }
  const std::string& name() const { return name_; }
  signaling::TopologyMode mode() const { return mode_; }
  bool joined() const { return !id_.empty(); }
  bool resumed() const { return resumed_; }
  const std::map<std::string, std::string>& roster() const { return roster_; }  // id → name
  const std::vector<std::string>& chat() const { return chat_; }
  const std::vector<std::string>& errors() const { return errors_; }
  int64_t epoch() const { return epoch_; }

  bool direct_works = true;
  control::ConnectionId connection;
  // When the last preparation for the server way was answered, and when its commit came.
  std::optional<Timestamp> ready_at;
  std::optional<Timestamp> committed_at;

 private:
  void on_joined(const signaling::server::Joined& joined);
  void on_topology(const signaling::server::Topology& topology);
  void on_roster(const signaling::server::Roster& roster);
  bool sees_everyone() const;

  Network& network_;
  std::string name_;
  SimClient media_;
  std::vector<std::string> frames_;
  int64_t next_request_ = 1;
  std::string id_;
  std::string resume_;
  bool resumed_ = false;
  bool connected_once_ = false;
  signaling::TopologyMode mode_ = signaling::TopologyMode::kAlone;
  int64_t epoch_ = 0;
  std::optional<signaling::server::Topology> preparing_;
  Timestamp preparing_since_;
  Timestamp next_ping_;
  std::map<std::string, std::string> roster_;
  std::vector<std::string> chat_;
  std::vector<std::string> errors_;
};

}  // namespace parley::sim
