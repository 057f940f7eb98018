#include "transport/peer_transport.h"

#include <utility>

#include "stun/message.h"

namespace parley::transport {

PacketClass classify(Bytes datagram) {
  if (datagram.empty()) return PacketClass::kUnknown;
  const uint8_t first = datagram[0];
  if (first <= 3) return PacketClass::kStun;
  if (first >= 20 && first <= 63) return PacketClass::kDtls;
  if (first >= 128 && first <= 191) return PacketClass::kRtp;
  return PacketClass::kUnknown;
}

PeerTransport::PeerTransport(const dtls::Certificate& certificate, ice::Credentials local,
                             ice::Credentials remote, const dtls::Fingerprint& remote_fingerprint,
                             Timestamp now)
    : channel_(certificate, {.role = dtls::Role::kServer,
                             .remote_fingerprint = remote_fingerprint,
                             .srtp_profiles = {}}),
      agent_(std::move(local), std::move(remote), now) {
  note();
}

void PeerTransport::note() {
  due_ = Deadline::earliest(agent_.poll_timeout(), channel_.poll_timeout());
  state_ = present_state();
}

Received PeerTransport::handle_datagram(const FlowPath& path, MutableBytes datagram,
                                        Timestamp now) {
  switch (classify(datagram)) {
    case PacketClass::kStun: {
      const auto result = agent_.handle_stun(path, datagram, now);
      note();
      if (result != ice::StunResult::Answered)
        return {Received::Kind::kRefused, {}, Refusal::kStun};
      return {};
    }
    case PacketClass::kDtls:
      // Before a check has proved where the client is, a handshake could be anyone's.
      if (!agent_.knows_path(path))
        return {Received::Kind::kRefused, {}, Refusal::kDtlsUnknownPath};
      channel_.handle_dtls(datagram, now);
      note();
      return {};
    case PacketClass::kRtp: {
      if (datagram.size() < 8) return {Received::Kind::kRefused, {}, Refusal::kMalformed};
      // RFC 5761 §4: with rtcp-mux, 192 to 223 as the second byte is RTCP.
      const bool rtcp = datagram[1] >= 192 && datagram[1] <= 223;
      const auto packet =
          rtcp ? channel_.unprotect_rtcp(datagram) : channel_.unprotect_rtp(datagram);
      if (!packet)
        return {
            Received::Kind::kRefused, {}, channel_.has_keys() ? Refusal::kSrtp : Refusal::kNoKeys};
      return {rtcp ? Received::Kind::kRtcp : Received::Kind::kRtp, *packet, Refusal::kNone};
    }
    case PacketClass::kUnknown:
      break;
  }
  return {Received::Kind::kRefused, {}, Refusal::kUnknownProtocol};
}

void PeerTransport::handle_timeout(Timestamp now) {
  if (agent_.poll_timeout().when <= now) agent_.handle_timeout(now);
  if (channel_.poll_timeout().when <= now) channel_.handle_timeout(now);
  note();
}

bool PeerTransport::poll_output(Output& out) {
  if (agent_.poll_output(stun_output_)) {
    out = {stun_output_.path, stun_output_.data()};
    return true;
  }
  const auto path = agent_.selected_path();
  if (!path || !channel_.poll_output(dtls_output_)) return false;
  out = {*path, dtls_output_.bytes()};
  return true;
}

void PeerTransport::set_credentials(ice::Credentials local, ice::Credentials remote,
                                    Timestamp now) {
  agent_.set_credentials(std::move(local), std::move(remote), now);
  note();
}

PeerState PeerTransport::present_state() const {
  const dtls::State dtls = channel_.state();
  if (dtls == dtls::State::kFailed || dtls == dtls::State::kClosed ||
      agent_.state() == ice::LiteState::Failed) {
    return PeerState::kFailed;
  }
  if (!channel_.has_keys() || agent_.state() == ice::LiteState::Waiting)
    return PeerState::kConnecting;
  return agent_.state() == ice::LiteState::Disconnected ? PeerState::kDisconnected
                                                        : PeerState::kConnected;
}

const char* PeerTransport::state_reason() const {
  switch (channel_.state()) {
    case dtls::State::kFailed:
      return dtls::to_string(channel_.failure_reason()).data();
    case dtls::State::kClosed:
      return "closed by the client";
    default:
      return agent_.state() == ice::LiteState::Failed ? "no consent from the client for 30 s" : "";
  }
}

std::optional<FlowPath> PeerTransport::media_path() const {
  if (!channel_.has_keys()) return std::nullopt;
  return agent_.selected_path();
}

}  // namespace parley::transport
