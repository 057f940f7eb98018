#include "congestion/bandwidth_estimator.h"

#include <algorithm>

#include "congestion/scale.h"

namespace parley::congestion {
namespace {

constexpr double kNearlyAll = 0.9;
constexpr TimeDelta kRecent = TimeDelta::millis(300);
constexpr TimeDelta kNewest = TimeDelta::millis(100);
constexpr TimeDelta kShortestRoundTrip = TimeDelta::millis(1);
constexpr TimeDelta kLongestRoundTrip = TimeDelta::seconds(10);

}  // namespace

BandwidthEstimator::BandwidthEstimator(const EstimatorConfig& config)
    : config_(config),
      rate_control_(config.start, config.least, config.most),
      loss_(config.least),
      reports_(config.start, config.least, config.most),
      target_(config.start) {}

void BandwidthEstimator::on_sent(uint16_t transport_sequence, DataSize size, Timestamp now,
                                 ProbeId probe) {
  history_.on_sent(transport_sequence, size, probe, now);
  application_.on_sent(size, now, target_);
  conservation_.on_sent(size, now);
  waiting_since_ = std::min(waiting_since_, now);
}

void BandwidthEstimator::on_feedback(std::span<const PacketResult> results, Timestamp now) {
  if (had_feedback_ && now - last_feedback_ > kShortestSilence) {
    groups_.reset();
    trendline_.reset();
    steep_rise_.reset();
  }
  probe_result_.reset();
  lost_ = false;
  bool news = false;
  Timestamp newest_sent;
  uint16_t newest = 0;
  DataSize arrived;
  for (const PacketResult& result : results) {
    const auto packet = history_.on_result(result);
    if (!packet) continue;
    loss_.on_result(packet->sent, packet->size, result.received.has_value(), packet->was_lost);
    lost_ = lost_ || !result.received;
    if (!result.received) continue;
    on_received(*packet, *result.received);
    arrived += packet->size;
    if (!news || packet->sent >= newest_sent) {
      newest_sent = packet->sent;
      newest = result.sequence;
    }
    news = true;
  }
  if (!news) return;
  if (!had_feedback_ || newest_sent >= newest_told_) {
    newest_told_ = newest_sent;
    conservation_.on_report(history_.outstanding_since(static_cast<uint16_t>(newest + 1)), arrived,
                            now);
  }
  had_feedback_ = true;
  last_feedback_ = now;
  waiting_since_ = Timestamp::never();
  on_round_trip(now - newest_sent, now);
  queue_delay_.end_report(now);

  const DataRate before = target_;
  steep_ = steep_rise_.take();
  rate_control_.update(rate_input(), now);
  competition_.update(queue_delay_.value(), round_trip_, rate_control_.decreased(), now);
  if (probe_result_ && trendline_.usage() != BandwidthUsage::kOver) {
    rate_control_.on_probe(probe_result_->rate, now);
    loss_.on_probe(probe_result_->rate);
  }
  loss_.update(rate_control_.sustained(), acked_.value(), now);
  update_target(now);
  judge_bursts(newest_sent, now);
  if (target_ < before) probe_controller_.on_drop(before, target_, now);
  if (probe_result_) probe_controller_.on_result(*probe_result_, probe_input(), now);
  probe_controller_.update(probe_input(), now);
}

void BandwidthEstimator::on_received(const SentHistory::Packet& packet, Timestamp received) {
  acked_.on_received(packet.size, received, application_.limited());
  queue_delay_.on_packet(packet.sent, received);
  steep_rise_.on_packet(packet.sent, received, static_cast<bool>(packet.probe));
  if (const auto delta = groups_.on_packet(packet.sent, received)) trendline_.on_delta(*delta);
  if (!packet.probe) return;
  if (const auto result =
          probe_estimator_.on_received(packet.probe, packet.size, packet.sent, received))
    probe_result_ = result;
}

void BandwidthEstimator::on_round_trip(TimeDelta round_trip, Timestamp) {
  const TimeDelta sample = std::clamp(round_trip, kShortestRoundTrip, kLongestRoundTrip);
  round_trip_ = round_trip_ + (sample - round_trip_) / 8;
}

void BandwidthEstimator::on_remb(DataRate rate, Timestamp now) {
  reports_.on_remb(rate, now);
  update_target(now);
}

void BandwidthEstimator::on_loss_report(double fraction, Timestamp now) {
  reports_.on_loss_report(fraction, now);
  update_target(now);
}

void BandwidthEstimator::set_demand(DataRate demand) {
  demand_ = demand;
}

void BandwidthEstimator::check_silence(Timestamp now) {
  if (!config_.transport_feedback && !had_feedback_) return;
  if (waiting_since_.is_never()) return;
  const TimeDelta patience = std::max(round_trip_ * kSilentRoundTrips, kShortestSilence);
  if (now - waiting_since_ < patience) return;
  waiting_since_ = now;
  burst_.on_silence(now);
  rate_control_.set(scale(rate_control_.target(), kSilenceFactor), now);
}

void BandwidthEstimator::judge_bursts(Timestamp newest_sent, Timestamp now) {
  const bool over = steep_ || trendline_.usage() == BandwidthUsage::kOver;
  burst_.on_report({.longest_wait = queue_delay_.longest(),
                    .congested = over || lost_ || competition_.competing(),
                    .wanting = target_ < scale(demand_, kNearlyAll),
                    .newest_sent = newest_sent,
                    .target = target_},
                   now);
}

void BandwidthEstimator::handle_tick(Timestamp now) {
  application_.update(now, target_);
  const DataRate before = target_;
  check_silence(now);
  update_target(now);
  if (target_ < before) probe_controller_.on_drop(before, target_, now);
  probe_controller_.update(probe_input(), now);
}

void BandwidthEstimator::update_target(Timestamp now) {
  DataRate target = rate_control_.target();
  if (!had_feedback_ && reports_.in_use()) target = reports_.target(now);
  if (const auto bound = loss_.value()) target = std::min(target, *bound);
  if (const auto remb = reports_.remb(now)) target = std::min(target, *remb);
  if (competition_.testing()) target = scale(target, 0.5);
  target_ = std::clamp(target, config_.least, config_.most);
  const DataRate arrives = scale(acked_.value().value_or(target_), LossBound::kBackoff);
  sustained_ = std::min(rate_control_.sustained(), std::max(target_, arrives));
}

bool BandwidthEstimator::poll_probe(ProbeCluster& out) {
  if (!probe_controller_.poll(out)) return false;
  probe_estimator_.start(out);
  return true;
}

ProbeControllerInput BandwidthEstimator::probe_input() const {
  return {.target = target_,
          .demand = demand_,
          .queue_delay = queue_delay_.value(),
          .round_trip = round_trip_,
          .overusing = trendline_.usage() == BandwidthUsage::kOver,
          .application_limited = application_.limited()};
}

RateControlInput BandwidthEstimator::rate_input() const {
  return {.usage = steep_ ? BandwidthUsage::kOver : trendline_.usage(),
          .steep = steep_,
          .acked = acked_.value(),
          .recent = acked_.recent(kRecent),
          .newest = acked_.recent(kNewest),
          .round_trip = round_trip_,
          .queue_delay = queue_delay_.value(),
          .application_limited = application_.limited(),
          .competing = competition_.competing(),
          .lost = lost_};
}

}  // namespace parley::congestion
