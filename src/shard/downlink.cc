#include "shard/downlink.h"

#include <algorithm>

namespace parley::shard {
namespace {

constexpr congestion::EstimatorConfig kEstimator{};

}  // namespace

Downlink::Downlink(PlanStore& store)
    : store_(store), estimator_(kEstimator), pacer_(kEstimator.start, {.factor = 1.25}) {}

Downlink::~Downlink() {
  store_.clear(repairs_);
  store_.clear(media_);
}

void Downlink::configure(std::span<const media::SlotDescription> slots) {
  measured_ = std::ranges::any_of(
      slots, [](const auto& slot) { return slot.extensions.transport_sequence != 0; });
}

Downlink::Passage Downlink::admit(const sfu::ForwardPlan& plan, Timestamp now) {
  if (!measured_ || !plan.video) return Passage::kNow;
  if (!holds() && pacer_.can_send(now)) return Passage::kNow;
  PlanQueue& queue = plan.original_sequence ? repairs_ : media_;
  if (!store_.push(queue, plan)) return Passage::kNoRoom;
  return Passage::kHeld;
}

bool Downlink::poll_held(sfu::ForwardPlan& out, Timestamp now) {
  if (!holds() || !pacer_.can_send(now)) return false;
  return store_.pop(repairs_.empty() ? media_ : repairs_, out);
}

bool Downlink::wants_padding(Timestamp now) const {
  return measured_ && !holds() && pacer_.padding_wanted() > DataSize() && pacer_.can_send(now);
}

Timestamp Downlink::next_departure() const {
  const bool waits = holds() || (measured_ && pacer_.padding_wanted() > DataSize());
  return waits ? pacer_.next_send_time() : Timestamp::never();
}

void Downlink::on_sent(uint16_t sequence, DataSize size, Kind kind, Timestamp now) {
  if (kind == Kind::kAudio) audio_.add(size + kPacketOverhead, now);
  if (kind == Kind::kRepair) repaired_.add(size + kPacketOverhead, now);
  if (!measured_) return;
  estimator_.on_sent(sequence, size + kPacketOverhead, now, pacer_.probe());
  pacer_.on_sent(size + kPacketOverhead, now);
}

void Downlink::on_feedback(std::span<const congestion::PacketResult> results, Timestamp now) {
  estimator_.on_feedback(results, now);
  after_estimate(now);
}

void Downlink::on_remb(DataRate rate, Timestamp now) {
  estimator_.on_remb(rate, now);
  after_estimate(now);
}

void Downlink::on_report(double fraction_lost, std::optional<TimeDelta> round_trip, Timestamp now) {
  estimator_.on_loss_report(fraction_lost, now);
  if (round_trip) estimator_.on_round_trip(*round_trip, now);
  after_estimate(now);
}

void Downlink::handle_tick(Timestamp now) {
  if (!measured_) return;
  estimator_.handle_tick(now);
  after_estimate(now);
}

bool Downlink::give_up_late() {
  // While a queue on the path is drained, more waits here for a moment.
  if (waiting() <= std::max(pacer_.rate(), estimator_.sustained()) * kMostWait) return false;
  store_.clear(media_);
  store_.clear(repairs_);
  return true;
}

void Downlink::after_estimate(Timestamp now) {
  pacer_.set_target(estimator_.target());
  congestion::ProbeCluster probe;
  while (estimator_.poll_probe(probe)) pacer_.start_probe(probe, now);
}

std::optional<DataRate> Downlink::video_budget(Timestamp now) {
  if (!measured_) return std::nullopt;
  const DataRate taken = audio_.rate(now) + repaired_.rate(now);
  return std::max(DataRate::zero(), estimator_.sustained() - taken);
}

bool Downlink::wants_redundant_audio(double loss) {
  const bool carries = !measured_ || estimator_.target() >= kLeastForRedundancy;
  redundant_ = carries && loss > (redundant_ ? kClean : kLossy);
  return redundant_;
}

void Downlink::set_video_demand(DataRate demand, Timestamp now) {
  if (!measured_) return;
  if (!opened_) opened_ = now;
  if (now - *opened_ < kOpening) demand = std::max(demand, kOpeningDemand);
  estimator_.set_demand(demand + audio_.rate(now) + repaired_.rate(now));
}

}  // namespace parley::shard
