#include "transport/client_transport.h"

#include <utility>

namespace parley::transport {

ClientTransport::ClientTransport(const dtls::Certificate& certificate, ice::Credentials local,
                                 RandomSource& random, const ClientRoles& roles)
    : certificate_(certificate),
      roles_(roles),
      agent_({.role = roles.ice}, std::move(local), random) {}

void ClientTransport::connect(const SocketAddress& local, ice::Credentials remote,
                              std::span<const SocketAddress> remote_addresses,
                              const dtls::Fingerprint& remote_fingerprint, Timestamp now) {
  channel_.emplace(certificate_, dtls::SessionConfig{.role = roles_.dtls,
                                                     .remote_fingerprint = remote_fingerprint,
                                                     .srtp_profiles = roles_.srtp_profiles});
  agent_.add_host(local, now);
  agent_.set_remote(std::move(remote), now);
  uint16_t preference = 65535;
  for (const auto& address : remote_addresses) {
    ice::Candidate candidate;
    candidate.foundation = ice::candidate_foundation(ice::CandidateType::Host, address.ip);
    candidate.priority = ice::candidate_priority(ice::CandidateType::Host, preference--);
    candidate.address = address;
    agent_.add_remote(candidate, now);
  }
}

Received ClientTransport::handle_datagram(const FlowPath& path, MutableBytes datagram,
                                          Timestamp now) {
  switch (classify(datagram)) {
    case PacketClass::kStun:
      agent_.handle_stun(path, datagram, now);
      start_when_ready(now);
      return {};
    case PacketClass::kDtls:
      if (channel_) channel_->handle_dtls(datagram, now);
      return {};
    case PacketClass::kRtp: {
      if (!channel_ || datagram.size() < 8)
        return {Received::Kind::kRefused, {}, Refusal::kMalformed};
      const bool rtcp = datagram[1] >= 192 && datagram[1] <= 223;
      const auto packet =
          rtcp ? channel_->unprotect_rtcp(datagram) : channel_->unprotect_rtp(datagram);
      if (!packet) return {Received::Kind::kRefused, {}, Refusal::kSrtp};
      return {rtcp ? Received::Kind::kRtcp : Received::Kind::kRtp, *packet, Refusal::kNone};
    }
    case PacketClass::kUnknown:
      break;
  }
  return {Received::Kind::kRefused, {}, Refusal::kUnknownProtocol};
}

void ClientTransport::start_when_ready(Timestamp now) {
  if (started_ || !agent_.selected_path()) return;
  started_ = true;
  channel_->start(now);
}

void ClientTransport::handle_timeout(Timestamp now) {
  if (agent_.poll_timeout().when <= now) agent_.handle_timeout(now);
  if (channel_ && channel_->poll_timeout().when <= now) channel_->handle_timeout(now);
  start_when_ready(now);
}

bool ClientTransport::poll_output(PeerTransport::Output& out) {
  if (agent_.poll_output(stun_output_)) {
    out = {stun_output_.path, stun_output_.data()};
    return true;
  }
  const auto path = agent_.selected_path();
  if (!path || !channel_ || !channel_->poll_output(dtls_output_)) return false;
  out = {*path, dtls_output_.bytes()};
  return true;
}

Deadline ClientTransport::poll_timeout() const {
  const Deadline ice = agent_.poll_timeout();
  return channel_ ? Deadline::earliest(ice, channel_->poll_timeout()) : ice;
}

std::optional<FlowPath> ClientTransport::media_path() const {
  return connected() ? agent_.selected_path() : std::nullopt;
}

}  // namespace parley::transport
