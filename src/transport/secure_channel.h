// DTLS and the SRTP contexts that its keys make: everything of a transport above ICE, for either
// role.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/prefetch.h"
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
  // In one pass from a payload that is shared, as SenderContext's.
  std::optional<Bytes> protect_rtp_to(Bytes header, Bytes payload, MutableBytes out) {
    if (!sender_) return std::nullopt;
    const auto size = sender_->protect_rtp_to(header, payload, out);
    return size ? std::optional(Bytes(out.first(*size))) : std::nullopt;
  }
  std::optional<Bytes> protect_rtcp(MutableBytes buffer, size_t packet_size);

  // Begins to fetch itself, as far as protecting needs it; and what is beyond, as SenderContext's.
  void prefetch() const {
    parley::prefetch(&sender_);
    parley::prefetch(whether_there());
  }
  // What is asked first: it stalled although it was prefetched.
  void touch() const { parley::touch(whether_there()); }
  // Of nothing before the keys are there.
  srtp::SenderContext::Reach reach() const {
    return sender_ ? sender_->reach() : srtp::SenderContext::Reach{};
  }

 private:
  void take_keys();
  const char* whether_there() const {
    return reinterpret_cast<const char*>(&sender_) + sizeof sender_ - 1;
  }

  dtls::Session dtls_;
  std::optional<srtp::SenderContext> sender_;
  std::optional<srtp::ReceiverContext> receiver_;
};

}  // namespace parley::transport
