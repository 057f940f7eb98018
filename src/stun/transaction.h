// The client side of one STUN request over UDP: when to send it again and when to give up (RFC 8489
// §6.2.1).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/units.h"
#include "stun/message.h"

namespace parley::stun {

struct RetransmitConfig {
  TimeDelta rto = TimeDelta::millis(500);  // the first interval; doubles each time
  int max_requests = 7;                    // Rc: how often the request is sent at most
  int last_wait_factor = 16;  // Rm: after the last one, wait Rm times the first interval
};

// The schedule alone, for owners that build the request anew each time. Started, it is due at once.
class RetransmitSchedule {
 public:
  RetransmitSchedule() = default;  // never due
  RetransmitSchedule(const RetransmitConfig& config, Timestamp now) : config_(config), next_(now) {}

  // True if a request is to be sent now; the call counts it as sent.
  bool take_due(Timestamp now);
  // Makes the next request due now, out of turn; the count goes on, but a spent schedule gets one
  // more.
  void hasten(Timestamp now);
  // True if the last wait is over without stop().
  bool expired(Timestamp now) const { return sent_ >= config_.max_requests && now >= next_; }
  void stop() { next_ = Timestamp::never(); }

  // When take_due() or expired() next become true; never after stop().
  Timestamp next() const { return next_; }
  int sent() const { return sent_; }

 private:
  RetransmitConfig config_;
  Timestamp next_ = Timestamp::never();
  TimeDelta interval_;
  int sent_ = 0;
};

// A request with its bytes. Drive: poll_output() until false, then sleep until poll_timeout(),
// handle_timeout().
class ClientTransaction {
 public:
  enum class State : uint8_t { InProgress, Answered, TimedOut };
  // RFC 8489 §6.1: what fits every IPv4 path.
  static constexpr size_t kMaxRequest = 548;

  // `request` is a finished message of at most kMaxRequest bytes; it is copied.
  ClientTransaction(Bytes request, const RetransmitConfig& config, Timestamp now);

  // True, and the transaction is over, if `response` is a success or error response with this
  // transaction's id and method. Integrity is the caller's to check before.
  bool handle_response(const MessageView& response);
  void handle_timeout(Timestamp now);
  // The request's bytes if it is to be sent now; they live as long as the transaction.
  bool poll_output(Bytes& out);
  Deadline poll_timeout() const;

  State state() const { return state_; }
  const TransactionId& id() const { return id_; }

 private:
  std::array<uint8_t, kMaxRequest> request_{};
  size_t size_ = 0;
  Method method_ = Method::Binding;
  TransactionId id_{};
  RetransmitSchedule schedule_;
  bool output_pending_ = false;
  State state_ = State::InProgress;
};

}  // namespace parley::stun
