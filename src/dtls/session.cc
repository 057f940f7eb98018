#include "dtls/session.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "dtls/datagram_bio.h"
#include "dtls/flight.h"
#include "dtls/srtp_exporter.h"
#include "dtls/ssl_context.h"

namespace parley::dtls {
namespace {

// Two flights. A driver that doesn't poll loses datagrams, as on a network, and retransmission
// mends it.
constexpr size_t kMaxQueued = 2 * DatagramPipe::kMaxWritten;
// A peer that repeats its last flight has missed ours. Answering each of its datagrams would send
// ours twice.
constexpr TimeDelta kMinAnswerInterval = TimeDelta::millis(20);
// RFC 7983 §7: first byte 20 to 63 is DTLS.
constexpr bool is_dtls(Bytes datagram) {
  return datagram.size() >= kRecordHeaderLength && datagram[0] >= 20 && datagram[0] <= 63;
}

// OpenSSL's own timer reads the system clock; an hour keeps it from ever firing.
unsigned one_hour_us(SSL*, unsigned) {
  return 3'600'000'000u;
}

FailureReason classify(const PeerCheck& check, int ssl_error) {
  if (check.mismatch) return FailureReason::kFingerprintMismatch;
  if (ssl_error != SSL_ERROR_SSL) return FailureReason::kInternal;
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return FailureReason::kProtocol;
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return FailureReason::kNoPeerCertificate;
  // Alerts received are reported as 1000 + the alert's number.
  if (reason >= SSL_AD_REASON_OFFSET) return FailureReason::kPeerAlert;
  return FailureReason::kProtocol;
}

}  // namespace

std::string_view to_string(FailureReason reason) {
  switch (reason) {
    case FailureReason::kNone:
      return "none";
    case FailureReason::kFingerprintMismatch:
      return "fingerprint mismatch";
    case FailureReason::kNoPeerCertificate:
      return "no peer certificate";
    case FailureReason::kNoSrtpProfile:
      return "no SRTP profile in common";
    case FailureReason::kPeerAlert:
      return "alert from the peer";
    case FailureReason::kProtocol:
      return "protocol error";
    case FailureReason::kTimeout:
      return "handshake timeout";
    case FailureReason::kInternal:
      return "internal error";
  }
  return "unknown";
}

struct Session::Impl {
  Impl(const Certificate& certificate, const SessionConfig& config);
  ~Impl() { SSL_free(ssl); }

  void begin(Timestamp now);
  void run_handshake(Timestamp now);
  void finish_handshake();
  void read_records();
  void answer_repeated_flight(Timestamp now);
  void send(const std::vector<uint8_t>& datagram);
  std::vector<std::vector<uint8_t>> send_written();
  void fail(FailureReason why);

  Role role;
  PeerCheck check;
  DatagramPipe pipe;
  SSL* ssl = nullptr;
  State state = State::kHandshaking;
  bool deaf = false;  // OpenSSL's state is broken; the keys it gave are not
  FailureReason reason = FailureReason::kNone;
  std::optional<SrtpKeys> keys;
  Flight flight;
  std::deque<std::vector<uint8_t>> output;
  Timestamp give_up = Timestamp::never();
  std::optional<Timestamp> last_answer;
};

Session::Impl::Impl(const Certificate& certificate, const SessionConfig& config)
    : role(config.role), check{.expected = config.remote_fingerprint} {
  ssl = SSL_new(certificate.ssl_context(role));
  BIO* bio = ssl ? make_datagram_bio(pipe) : nullptr;
  if (!bio) {
    fail(FailureReason::kInternal);
    return;
  }
  SSL_set_bio(ssl, bio, bio);
  SSL_set_ex_data(ssl, ssl_peer_check_index(), &check);
  DTLS_set_timer_cb(ssl, one_hour_us);
  if (!config.srtp_profiles.empty() &&
      SSL_set_tlsext_use_srtp(ssl, profile_list(config.srtp_profiles).c_str()) != 0) {
    fail(FailureReason::kInternal);
    return;
  }
  SSL_set_mtu(ssl, static_cast<long>(config.mtu));
  if (role == Role::kServer) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
  }
}

void Session::Impl::begin(Timestamp now) {
  if (give_up.is_never()) give_up = now + kHandshakeLimit;
}

void Session::Impl::run_handshake(Timestamp now) {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl);
  const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
  auto sent = send_written();
  if (result == 1) {
    if (!sent.empty()) flight.replace(std::move(sent), now);
    finish_handshake();
  } else if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    if (!sent.empty()) flight.replace(std::move(sent), now);
  } else {
    fail(classify(check, error));
  }
  ERR_clear_error();
}

void Session::Impl::finish_handshake() {
  flight.stop_timer();
  give_up = Timestamp::never();
  // verify_peer() ran only if there was a certificate; SSL_VERIFY_FAIL_IF_NO_PEER_CERT binds
  // servers alone.
  if (SSL_get0_peer_certificate(ssl) == nullptr) return fail(FailureReason::kNoPeerCertificate);
  keys = export_srtp_keys(ssl, role);
  if (!keys) return fail(FailureReason::kNoSrtpProfile);
  state = State::kConnected;
}

// After the handshake only alerts matter; application data (SCTP) is thrown away. Anything else
// that OpenSSL stumbles over came from somebody who doesn't hold the keys (3.0.19 does so on some
// forged records of the current epoch): then it is left alone from there on, and its own alert
// isn't sent.
void Session::Impl::read_records() {
  if (deaf) return;
  uint8_t scratch[2048];
  ERR_clear_error();
  // A datagram holds few records; the bound is there for one full of empty ones.
  for (int i = 0; i < 64; ++i) {
    const int result = SSL_read(ssl, scratch, sizeof scratch);
    if (result > 0) continue;
    const int error = SSL_get_error(ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN) {
      state = State::kClosed;
    } else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      if ((SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0) {
        fail(classify(check, error));
      } else {
        deaf = true;
        pipe.written.clear();
      }
    }
    break;
  }
  send_written();
  ERR_clear_error();
}

// RFC 6347 §4.2.4: who sent the last flight must answer a repetition of the one before by sending
// the last again. OpenSSL would do so too, but counts the times and dies at the thirteenth, and
// knows nothing of a copy it drops as a replay.
void Session::Impl::answer_repeated_flight(Timestamp now) {
  if (role != Role::kServer) return;
  if (last_answer && now - *last_answer < kMinAnswerInterval) return;
  last_answer = now;
  for (const auto& datagram : flight.datagrams()) send(datagram);
}

void Session::Impl::send(const std::vector<uint8_t>& datagram) {
  if (output.size() >= kMaxQueued || datagram.size() > Datagram::kMaxSize) return;
  output.push_back(datagram);
  flight.number_records(output.back());
}

// Queues what OpenSSL wrote and returns it as written.
std::vector<std::vector<uint8_t>> Session::Impl::send_written() {
  auto written = std::exchange(pipe.written, {});
  for (const auto& datagram : written) send(datagram);
  return written;
}

void Session::Impl::fail(FailureReason why) {
  state = State::kFailed;
  reason = why;
  flight.stop_timer();
  give_up = Timestamp::never();
}

Session::Session(const Certificate& certificate, const SessionConfig& config)
    : impl_(std::make_unique<Impl>(certificate, config)) {}
Session::~Session() = default;

void Session::start(Timestamp now) {
  Impl& s = *impl_;
  if (s.role != Role::kClient || s.state != State::kHandshaking || !s.give_up.is_never()) return;
  s.begin(now);
  s.run_handshake(now);
}

void Session::handle_datagram(Bytes datagram, Timestamp now) {
  Impl& s = *impl_;
  if (!is_dtls(datagram)) return;
  if (s.state == State::kHandshaking) {
    if (s.role == Role::kClient && s.give_up.is_never()) return;  // not started
    s.begin(now);
    s.pipe.incoming = datagram;
    s.run_handshake(now);
    s.pipe.incoming = {};
    // The datagram of the last flight may hold an alert behind it.
    if (s.state == State::kConnected) s.read_records();
  } else if (s.state == State::kConnected) {
    if (datagram[0] == kHandshakeRecord || datagram[0] == kChangeCipherSpecRecord) {
      return s.answer_repeated_flight(now);
    }
    s.pipe.incoming = datagram;
    s.read_records();
    s.pipe.incoming = {};
  }
}

void Session::handle_timeout(Timestamp now) {
  Impl& s = *impl_;
  if (s.state != State::kHandshaking) return;
  if (now >= s.give_up) return s.fail(FailureReason::kTimeout);
  if (now < s.flight.next()) return;
  for (const auto& datagram : s.flight.datagrams()) s.send(datagram);
  s.flight.sent_again(now);
}

void Session::close() {
  Impl& s = *impl_;
  if (s.state == State::kConnected) {
    ERR_clear_error();
    SSL_shutdown(s.ssl);
    s.send_written();
    ERR_clear_error();
  }
  if (s.state == State::kFailed) return;
  s.state = State::kClosed;
  s.flight.stop_timer();
  s.give_up = Timestamp::never();
}

bool Session::poll_output(Datagram& out) {
  auto& queue = impl_->output;
  if (queue.empty()) return false;
  out.size = queue.front().size();
  std::memcpy(out.data.data(), queue.front().data(), out.size);
  queue.pop_front();
  return true;
}

Deadline Session::poll_timeout() const {
  return Deadline::earliest({.when = impl_->flight.next(), .reason = "dtls retransmission"},
                            {.when = impl_->give_up, .reason = "dtls handshake limit"});
}

State Session::state() const {
  return impl_->state;
}
FailureReason Session::failure_reason() const {
  return impl_->reason;
}
const std::optional<SrtpKeys>& Session::srtp_keys() const {
  return impl_->keys;
}

std::string_view Session::cipher_name() const {
  const SSL_CIPHER* cipher = impl_->ssl ? SSL_get_current_cipher(impl_->ssl) : nullptr;
  return cipher ? SSL_CIPHER_get_name(cipher) : std::string_view();
}

}  // namespace parley::dtls
