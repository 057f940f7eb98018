#include "shard/downlink.h"

#include <algorithm>
#include <utility>

namespace parley::shard {
namespace {

constexpr congestion::EstimatorConfig kEstimator{};

}  // namespace

Downlink::Downlink(PlanStore& store)
    : estimator_(kEstimator), pacer_(kEstimator.start, {.factor = kFactor}), store_(store) {}

Downlink::~Downlink() {
  for (Line& line : lines_) clear(line);
}

void Downlink::configure(std::span<const media::SlotDescription> slots) {
  measured_ = std::ranges::any_of(
      slots, [](const auto& slot) { return slot.extensions.transport_sequence != 0; });
  std::vector<Line> lines;
  for (const auto& slot : slots) {
    if (slot.kind != rtp::MediaKind::kVideo) continue;
    Line* known = find(slot.ssrc.ssrc);
    lines.push_back(known ? std::exchange(*known, {}) : Line{.ssrc = slot.ssrc});
  }
  for (Line& line : lines_) clear(line);
  lines_ = std::move(lines);
}

Downlink::Line* Downlink::find(uint32_t ssrc) {
  const auto line = std::ranges::find_if(lines_, [&](const Line& l) {
    return l.ssrc.ssrc == ssrc || (l.ssrc.rtx_ssrc == ssrc && ssrc != 0);
  });
  return line == lines_.end() ? nullptr : &*line;
}

void Downlink::clear(Line& line) {
  held_ -= static_cast<uint32_t>(line.repairs.count() + line.media.count());
  store_.clear(line.repairs);
  store_.clear(line.media);
}

Downlink::Passage Downlink::admit(const sfu::ForwardPlan& plan, Timestamp now) {
  if (!measured_ || !plan.video) return Passage::kNow;
  if (!holds() && can_send(now)) return Passage::kNow;
  if (pacer_.indebted(now)) estimator_.on_held(now);
  Line* line = find(plan.ssrc);
  if (line && plan.supersedes) clear(*line);
  if (!line || !store_.push(plan.original_sequence ? line->repairs : line->media, plan))
    return Passage::kNoRoom;
  ++held_;
  note_waiting(now);
  return Passage::kHeld;
}

void Downlink::note_waiting(Timestamp now) {
  const bool waits = holds() && estimator_.allows(now);
  waits_since_ = waits ? std::min(waits_since_, now) : Timestamp::never();
}

bool Downlink::poll_held(sfu::ForwardPlan& out, Timestamp now) {
  note_waiting(now);
  if (!holds() || !can_send(now)) return false;
  Line* next = nullptr;
  for (Line& line : lines_) {
    if (!line.empty() && (!next || line.size() < next->size())) next = &line;
  }
  if (!next) return false;
  --held_;
  return store_.pop(next->repairs.empty() ? next->media : next->repairs, out);
}

bool Downlink::wants_padding(Timestamp now) const {
  return measured_ && !holds() && pacer_.padding_wanted() > DataSize() && can_send(now);
}

Timestamp Downlink::next_departure(Timestamp now) const {
  const bool waits = holds() || (measured_ && pacer_.padding_wanted() > DataSize());
  if (!waits) return Timestamp::never();
  const Timestamp paced = pacer_.next_send_time();
  return estimator_.allows(now) ? paced : std::max(paced, estimator_.allows_at());
}

void Downlink::on_sent(uint16_t sequence, DataSize size, Kind kind, Timestamp now) {
  if (kind == Kind::kAudio) audio_.add(size + kPacketOverhead, now);
  if (kind == Kind::kRepair) repaired_.add(size + kPacketOverhead, now);
  if (!measured_) return;
  estimator_.on_sent(sequence, size + kPacketOverhead, now, pacer_.probe());
  pacer_.on_sent(size + kPacketOverhead, now, waits_since_);
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

DataSize Downlink::waiting() const {
  DataSize sum;
  for (const Line& line : lines_) sum += line.size();
  return sum;
}

// Until the line is empty: those that are shorter go first.
TimeDelta Downlink::delay_of(const Line& line, DataRate rate) const {
  if (line.size() == DataSize()) return TimeDelta::zero();
  DataSize before;
  for (const Line& other : lines_) before += std::min(other.size(), line.size());
  return before / rate;
}

DataRate Downlink::leaving_rate(Timestamp now) {
  // While a queue on the path is drained, more waits here for a moment.
  const DataRate all = std::max(pacer_.rate(), estimator_.sustained());
  return std::max(all - audio_.rate(now), DataRate::kbps(1));
}

bool Downlink::any_late(DataRate rate) const {
  return std::ranges::any_of(lines_, [&](const Line& line) {
    return delay_of(line, rate) > (line.pressed ? kEased : kPressed);
  });
}

Downlink::Lateness Downlink::judge(Line& line, bool press, DataRate rate) {
  const TimeDelta delay = delay_of(line, rate);
  if (delay > kMostWait) {
    clear(line);
    line.pressed = false;
    return Lateness::kGivenUp;
  }
  if (!line.pressed && (press || delay > kPressed)) {
    line.pressed = true;
    return Lateness::kPressed;
  }
  if (line.pressed && !press && delay < kEased) {
    line.pressed = false;
    return Lateness::kEased;
  }
  return Lateness::kSame;
}

void Downlink::after_estimate(Timestamp now) {
  pacer_.set_target(estimator_.target(), drains() ? kDrainingFactor : kFactor);
  pacer_.set_burst(estimator_.burst(), now);
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

bool Downlink::wants_redundant_repairs(double loss) {
  redundant_repairs_ = measured_ && estimator_.target() >= kLeastForRedundancy &&
                       estimator_.queue_delay() < kQueueOfOurs &&
                       loss > (redundant_repairs_ ? kLossy : kVeryLossy);
  return redundant_repairs_;
}

void Downlink::set_video_demand(DataRate demand, Timestamp now) {
  if (!measured_) return;
  if (!opened_) opened_ = now;
  if (now - *opened_ < kOpening) demand = std::max(demand, kOpeningDemand);
  estimator_.set_demand(demand + audio_.rate(now) + repaired_.rate(now));
}

}  // namespace parley::shard
