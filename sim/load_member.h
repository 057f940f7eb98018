// A participant of the load generator in a simulated meeting: its media on the network, its socket
// with MeetingWorld.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/control_plane.h"
#include "load/participant.h"
#include "sim/network.h"

namespace parley::sim {

class LoadMember final : public Node {
 public:
  LoadMember(Network& network, IpAddress address, load::ParticipantConfig config,
             const load::Material& material, const dtls::Certificate& certificate,
             RandomSource& random, load::Latencies& latencies);

  // Both ends of its socket, see MeetingWorld.
  void handle_open(const IpAddress& server);
  void handle_frame(const std::string& text);
  std::vector<std::string> take_frames();

  void on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) override;
  void on_timeout(Timestamp now) override;
  Timestamp next_timeout() const override { return client_.poll_timeout().when; }

  IpAddress address() const { return address_.ip; }
  const load::Participant& client() const { return client_; }
  load::ReceiverCounters received(rtp::MediaKind kind) const {
    return client_.media().receiver()->total(kind);
  }

  control::ConnectionId connection;
  // Asked for each RTP packet that comes, still encrypted; true: it gets lost. If set.
  std::function<bool(Bytes)> loses;

 private:
  void flush();

  Network& network_;
  SocketAddress address_;
  load::Participant client_;
};

}  // namespace parley::sim
