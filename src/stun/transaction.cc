#include "stun/transaction.h"

#include <algorithm>

#include "base/check.h"

namespace parley::stun {

// RFC 8489 §6.2.1: requests at 0, RTO, 3 RTO, 7 RTO, ...; after the last one Rm * RTO.
bool RetransmitSchedule::take_due(Timestamp now) {
  if (next_.is_never() || now < next_ || sent_ >= config_.max_requests) return false;
  ++sent_;
  if (sent_ >= config_.max_requests) {
    next_ = now + config_.rto * config_.last_wait_factor;
    return true;
  }
  interval_ = interval_ == TimeDelta::zero() ? config_.rto : interval_ * 2;
  next_ = now + interval_;
  return true;
}

void RetransmitSchedule::hasten(Timestamp now) {
  if (next_.is_never()) return;
  if (sent_ >= config_.max_requests) sent_ = config_.max_requests - 1;
  next_ = now;
}

ClientTransaction::ClientTransaction(Bytes request, const RetransmitConfig& config, Timestamp now)
    : size_(request.size()), schedule_(config, now) {
  PARLEY_CHECK(request.size() <= kMaxRequest);
  const auto message = MessageView::parse(request);
  PARLEY_CHECK(message.has_value());
  method_ = message->method();
  id_ = message->transaction_id();
  std::ranges::copy(request, request_.begin());
  handle_timeout(now);
}

bool ClientTransaction::handle_response(const MessageView& response) {
  if (state_ != State::InProgress || response.method() != method_ ||
      response.transaction_id() != id_) {
    return false;
  }
  if (response.message_class() != MessageClass::Success &&
      response.message_class() != MessageClass::Error) {
    return false;
  }
  state_ = State::Answered;
  schedule_.stop();
  output_pending_ = false;
  return true;
}

void ClientTransaction::handle_timeout(Timestamp now) {
  if (state_ != State::InProgress) return;
  if (schedule_.expired(now)) {
    state_ = State::TimedOut;
    schedule_.stop();
    return;
  }
  if (schedule_.take_due(now)) output_pending_ = true;
}

bool ClientTransaction::poll_output(Bytes& out) {
  if (!output_pending_) return false;
  output_pending_ = false;
  out = Bytes(request_).first(size_);
  return true;
}

Deadline ClientTransaction::poll_timeout() const {
  return {.when = schedule_.next(), .reason = "stun retransmission"};
}

}  // namespace parley::stun
