#include "congestion/pacer.h"

#include <algorithm>

#include "congestion/scale.h"

namespace parley::congestion {

Pacer::Pacer(DataRate target, const PacerConfig& config) : config_(config) {
  set_target(target);
}

void Pacer::set_target(DataRate target) {
  set_target(target, config_.factor);
}

void Pacer::set_target(DataRate target, double factor) {
  rate_ = std::max(scale(target, factor), DataRate::bps(1));
}

void Pacer::set_burst(DataSize burst, Timestamp now) {
  const TimeDelta before = most_debt_;
  most_debt_ = std::max(kQuantum, burst / rate_);
  if (most_debt_ < before)
    debt_until_ = std::min(debt_until_, now + std::max(most_debt_, kMostOwed));
  const bool full = debt_until_ - now >= most_debt_;
  next_ = full ? time_of_burst() : std::min(next_, time_of_burst());
}

void Pacer::start_probe(const ProbeCluster& cluster, Timestamp now) {
  probe_ = Probe{.plan = cluster, .next = now};
}

Timestamp Pacer::next_send_time() const {
  return probe_ ? probe_->next : next_;
}

DataSize Pacer::padding_wanted() const {
  if (!probe_) return {};
  const DataSize left = std::max(probe_->plan.size - probe_->size, DataSize());
  const uint32_t packets =
      probe_->packets < probe_->plan.packets ? probe_->plan.packets - probe_->packets : 0;
  // Small packets count, too: enough bytes for those that are missing.
  return std::max(left, DataSize::bytes(int64_t{packets} * 200));
}

void Pacer::on_sent(DataSize size, Timestamp now, Timestamp waits_since) {
  if (probe_ && probe_->started && now - probe_->next > kProbePatience) probe_.reset();
  if (probe_) {
    if (!probe_->started) probe_->started = now;
    ++probe_->packets;
    probe_->size += size;
    probe_->next = *probe_->started + probe_->size / probe_->plan.rate;
    if (probe_->packets >= probe_->plan.packets && probe_->size >= probe_->plan.size) {
      debt_until_ = next_ = now;
      probe_.reset();
    }
    return;
  }
  const Timestamp from = std::max(std::min(waits_since, now), now - kMostLate);
  debt_until_ = std::max(debt_until_, from) + size / rate_;
  if (debt_until_ - now >= most_debt_) next_ = time_of_burst();
}

}  // namespace parley::congestion
