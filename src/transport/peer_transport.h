// One client's bundle as the server holds it: ICE lite, DTLS and SRTP on one flow (RFC 8843), told
// apart by the first byte (RFC 7983). Only routes: checks to the agent, handshakes and keys to the
// channel. Knows nothing of what the packets mean.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/bytes.h"
#include "base/deadline.h"
#include "ice/lite_agent.h"
#include "transport/secure_channel.h"

namespace parley::transport {

// RFC 7983 §7.
enum class PacketClass : uint8_t { kStun, kDtls, kRtp, kUnknown };
PacketClass classify(Bytes datagram);

enum class PeerState : uint8_t { kConnecting, kConnected, kDisconnected, kFailed };

// Why a datagram was not used.
enum class Refusal : uint8_t {
  kNone,
  kStun,
  kDtlsUnknownPath,
  kMalformed,
  kNoKeys,
  kSrtp,
  kUnknownProtocol
};

// What a datagram held for the owner.
struct Received {
  enum class Kind : uint8_t {
    kNone,  // used up here
    kRtp,
    kRtcp,
    kRefused,  // not valid from this sender: to be counted
  };
  Kind kind = Kind::kNone;
  MutableBytes packet;  // decrypted, within the datagram's buffer
  Refusal refusal = Refusal::kNone;
};

class PeerTransport {
 public:
  PeerTransport(const dtls::Certificate& certificate, ice::Credentials local,
                ice::Credentials remote, const dtls::Fingerprint& remote_fingerprint,
                Timestamp now);

  Received handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now);
  void handle_timeout(Timestamp now);
  // STUN answers and DTLS; `bytes` valid until the next call.
  struct Output {
    FlowPath path;
    Bytes bytes;
  };
  bool poll_output(Output& out);
  Deadline poll_timeout() const { return due_; }

  void set_credentials(ice::Credentials local, ice::Credentials remote, Timestamp now);
  void close() {
    channel_.close();
    note();
  }

  PeerState state() const { return state_; }
  const char* state_reason() const;
  // Where to send media; nullopt while it may not be sent.
  std::optional<FlowPath> media_path() const;
  // Make the pages known, and begin to fetch, of what media_path() and channel() need.
  void touch() const {
    agent_.touch();
    channel_.touch();
  }
  void prefetch() const {
    agent_.prefetch();
    channel_.prefetch();
  }
  SecureChannel& channel() { return channel_; }
  const SecureChannel& channel() const { return channel_; }
  const ice::Credentials& local_credentials() const { return agent_.local_credentials(); }

 private:
  void note();
  PeerState present_state() const;

  // What changes with checks and handshakes only, but is asked for with every tick: with channel
  // and agent it lies in places that have left the caches since.
  Deadline due_;
  PeerState state_ = PeerState::kConnecting;
  // Each packet to send needs the channel's end and the agent's beginning.
  SecureChannel channel_;
  ice::LiteAgent agent_;
  ice::OutDatagram stun_output_;
  dtls::Datagram dtls_output_;
};

}  // namespace parley::transport
