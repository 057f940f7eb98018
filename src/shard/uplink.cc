#include "shard/uplink.h"

#include <algorithm>

namespace parley::shard {

void Uplink::on_packet(rtp::AbsSendTime sent, DataSize size, Timestamp arrival) {
  const Timestamp before = sent_at_;
  sent_at_ = last_sent_ ? sent_at_ + sent.since(*last_sent_) : arrival - kTransit;
  if (arrival - sent_at_ < kTransit - kDrift) sent_at_ = arrival - kTransit;
  // Out of order: the history takes ascending times.
  if (last_sent_) sent_at_ = std::max(sent_at_, before);
  last_sent_ = sent;
  if (arrived_.full()) tell(arrival);
  const uint16_t sequence = next_sequence_++;
  estimator_.on_sent(sequence, size, sent_at_);
  arrived_.push_back({.sequence = sequence, .received = arrival});
}

void Uplink::tell(Timestamp now) {
  estimator_.on_feedback({arrived_.data(), arrived_.size()}, now);
  arrived_.clear();
}

std::optional<DataRate> Uplink::poll(Timestamp now) {
  if (!arrived_.empty()) tell(now);
  estimator_.handle_tick(now);
  if (!last_sent_) return std::nullopt;
  const DataRate rate = estimator_.target();
  const bool due = !told_at_ || now - *told_at_ >= kInterval ||
                   rate.bps() < told_.bps() * (100 - kFallPercent) / 100;
  if (!due) return std::nullopt;
  told_at_ = now;
  told_ = rate;
  return rate;
}

}  // namespace parley::shard
