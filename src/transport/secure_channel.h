// DTLS and the SRTP contexts that its keys make: everything of a transport above ICE, for either
// role.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/deadline.h"
#include "dtls/session.h"
#include "srtp/context.h"

namespace parley::transport {

class SecureChannel {
 public:
  SecureChannel(const dtls::Certificate& certificate, const dtls::SessionConfig& config);

  // Role client: sends the first flight.
  void start(Timestamp now) { dtls_.start(now); }
  void handle_dtls(Bytes datagram, Timestamp now);
  void handle_timeout(Timestamp now);
  bool poll_output(dtls::Datagram& out) { return dtls_.poll_output(out); }
  Deadline poll_timeout() const { return dtls_.poll_timeout(); }
  void close() { dtls_.close(); }

  dtls::State state() const { return dtls_.state(); }
  dtls::FailureReason failure_reason() const { return dtls_.failure_reason(); }
  bool has_keys() const { return sender_.has_value(); }

  // In place; nullopt before the keys are there, or for a packet that is forged, replayed or
  // malformed.
  std::optional<MutableBytes> unprotect_rtp(MutableBytes packet);
  std::optional<MutableBytes> unprotect_rtcp(MutableBytes packet);
  // `packet` is the plain packet at the start of `buffer`; gives the protected one. nullopt without
  // keys or room.
  std::optional<Bytes> protect_rtp(MutableBytes buffer, size_t packet_size);
  std::optional<Bytes> protect_rtcp(MutableBytes buffer, size_t packet_size);

  // As SenderContext's.
  void prefetch_places(uint32_t ssrc) const {
    if (sender_) sender_->prefetch_places(ssrc);
  }
  void prefetch_keys(uint32_t ssrc) const {
    if (sender_) sender_->prefetch_keys(ssrc);
  }

 private:
  void take_keys();

  dtls::Session dtls_;
  std::optional<srtp::SenderContext> sender_;
  std::optional<srtp::ReceiverContext> receiver_;
};

}  // namespace parley::transport
