// One DTLS 1.2 association (RFC 6347) whose purpose is to agree on SRTP keys (RFC 5764).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bounded.h"
#include "base/bytes.h"
#include "base/deadline.h"
#include "dtls/certificate.h"
#include "dtls/fingerprint.h"

namespace parley::dtls {

// The numbers of the IANA registry "DTLS-SRTP Protection Profiles" (RFC 5764 §4.1.2, RFC 7714
// §14.2).
enum class SrtpProfile : uint16_t {
  kAes128CmSha1_80 = 0x0001,
  kAeadAes128Gcm = 0x0007,
  kAeadAes256Gcm = 0x0008,
};

// A master key and salt of one direction, in place.
struct SrtpWriteKey {
  std::array<uint8_t, 32> key_storage{};
  std::array<uint8_t, 14> salt_storage{};
  size_t key_length = 0;   // 16 or 32
  size_t salt_length = 0;  // 12 or 14
  Bytes key() const { return Bytes(key_storage.data(), key_length); }
  Bytes salt() const { return Bytes(salt_storage.data(), salt_length); }
};

struct SrtpKeys {
  SrtpProfile profile = SrtpProfile::kAeadAes128Gcm;
  SrtpWriteKey local;   // what we protect with
  SrtpWriteKey remote;  // what we unprotect with
};

enum class State {
  kHandshaking,  // from construction on
  kConnected,    // srtp_keys() answers
  kFailed,       // for good; see failure_reason()
  kClosed,       // by close(), or by the peer's close_notify
};

enum class FailureReason {
  kNone,
  kFingerprintMismatch,  // the peer's certificate isn't the one that signalling named
  kNoPeerCertificate,    // the peer showed none
  kNoSrtpProfile,        // no SRTP profile in common, or no use_srtp extension
  kPeerAlert,            // the peer gave up, and said so
  kProtocol,             // the peer broke the protocol or has no cipher in common
  kTimeout,              // the handshake took more than kHandshakeLimit
  kInternal,             // OpenSSL failed without the peer's doing
};
std::string_view to_string(FailureReason reason);

struct SessionConfig {
  Role role = Role::kServer;
  Fingerprint remote_fingerprint{};
  // The largest datagram written, in bytes of UDP payload; the default fits every path WebRTC is
  // used on. At least 256; OpenSSL refuses less.
  size_t mtu = 1200;
  // The SRTP profiles accepted, best first; empty: GCM 128, GCM 256, AES-CM. The server's order
  // decides.
  BoundedVector<SrtpProfile, 3> srtp_profiles;
};

// A datagram given by poll_output().
struct Datagram {
  static constexpr size_t kMaxSize = 1500;
  std::array<uint8_t, kMaxSize> data{};
  size_t size = 0;
  Bytes bytes() const { return Bytes(data.data(), size); }
};

// A DTLS endpoint, driven by PeerTransport: the server's side of a browser's transport, or (role
// client) a simulated browser. After every call that takes `now` the driver drains poll_output()
// and asks poll_timeout() again.
//
// Holds the peer's certificate to a fingerprint, retransmits in the caller's time, gives the SRTP
// keys. Doesn't carry application data (what arrives is thrown away), resume sessions, or check
// where datagrams come from: that is ICE's.
class Session {
 public:
  // From the first datagram, or start(), to kFailed.
  static constexpr TimeDelta kHandshakeLimit = TimeDelta::seconds(30);

  // The certificate may go once the session is made.
  Session(const Certificate& certificate, const SessionConfig& config);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Role client: sends the ClientHello. For a server, or a second time, does nothing.
  void start(Timestamp now);
  // One datagram from the peer, of any content; what isn't DTLS is ignored.
  void handle_datagram(Bytes datagram, Timestamp now);
  void handle_timeout(Timestamp now);
  // Says close_notify if connected. Outputs stay to be polled.
  void close();

  // The next datagram to send; false if there is none. Drains also after failure (an alert) and
  // close.
  bool poll_output(Datagram& out);
  Deadline poll_timeout() const;

  State state() const;
  FailureReason failure_reason() const;
  // Set once connected, and from then on.
  const std::optional<SrtpKeys>& srtp_keys() const;
  // The negotiated cipher suite for statistics ("ECDHE-ECDSA-AES128-GCM-SHA256"), or empty.
  std::string_view cipher_name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::dtls
