// The client's side of a bundle: full ICE agent, DTLS, SRTP. For simulated clients and the
// load generator; the mirror of PeerTransport.
#pragma once

#include <optional>
#include <span>

#include "ice/agent.h"
#include "transport/peer_transport.h"
#include "transport/secure_channel.h"

namespace parley::transport {

// What the negotiation makes of a client; the defaults are those of who offers to a lite server.
struct ClientRoles {
  ice::Role ice = ice::Role::Controlling;
  dtls::Role dtls = dtls::Role::kClient;
  BoundedVector<dtls::SrtpProfile, 3> srtp_profiles;  // as in dtls::SessionConfig
};

class ClientTransport {
 public:
  // `random` must outlive it.
  ClientTransport(const dtls::Certificate& certificate, ice::Credentials local,
                  RandomSource& random, const ClientRoles& roles = {});

  // From the server's description: connects from the local address given.
  void connect(const SocketAddress& local, ice::Credentials remote,
               std::span<const SocketAddress> remote_addresses,
               const dtls::Fingerprint& remote_fingerprint, Timestamp now);

  Received handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now);
  void handle_timeout(Timestamp now);
  bool poll_output(PeerTransport::Output& out);
  Deadline poll_timeout() const;

  bool connected() const {
    return channel_ && channel_->has_keys() && agent_.selected_path().has_value();
  }
  std::optional<FlowPath> media_path() const;
  SecureChannel& channel() { return *channel_; }
  const ice::Agent& agent() const { return agent_; }

 private:
  void start_when_ready(Timestamp now);

  const dtls::Certificate& certificate_;
  ClientRoles roles_;
  ice::Agent agent_;
  std::optional<SecureChannel> channel_;
  bool started_ = false;
  ice::OutDatagram stun_output_;
  dtls::Datagram dtls_output_;
};

}  // namespace parley::transport
