#include "congestion/loss_bound.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "congestion/scale.h"

namespace parley::congestion {
namespace {

constexpr double kAgeing = 0.9;
constexpr double kLeastInherent = 1e-3;
constexpr double kInherentOffset = 0.05;
constexpr double kInherentBalanceKbps = 100;
constexpr double kInstantLoss = 0.05;
constexpr double kInstantBalanceKbps = 100;
constexpr double kNewtonStep = 0.75;
constexpr double kLinearBias = 0.0002;
constexpr double kLogBias = 0.02;
constexpr double kBiasLoss = 0.2;
constexpr double kBiasSmoothing = 0.002;
constexpr double kMostOverAcked = 1.3;

double kbps(DataRate rate) {
  return static_cast<double>(rate.bps()) / 1000;
}

double predicted_loss(DataRate bandwidth, double inherent, DataRate sending) {
  double loss = inherent;
  if (sending > bandwidth) loss += (1 - inherent) * kbps(sending - bandwidth) / kbps(sending);
  return std::clamp(loss, 1e-6, 1 - 1e-6);
}

}  // namespace

void LossBound::on_result(Timestamp sent, DataSize size, bool received, bool was_lost) {
  if (received && was_lost) {
    if (partial_.lost > 0) --partial_.lost;
    return;
  }
  if (partial_.packets == 0) partial_start_ = partial_end_ = sent;
  ++partial_.packets;
  if (!received) ++partial_.lost;
  partial_size_ += size;
  partial_start_ = std::min(partial_start_, sent);
  partial_end_ = std::max(partial_end_, sent);
}

bool LossBound::close_observation() {
  const TimeDelta duration = partial_end_ - partial_start_;
  if (partial_.packets == 0 || duration < kShortest) return false;
  partial_.sending = partial_size_ / duration;
  ring_[count_ % kObservations] = partial_;
  ++count_;
  partial_ = {};
  partial_size_ = DataSize();
  return true;
}

const LossBound::Observation& LossBound::recent(size_t age) const {
  return ring_[(count_ - 1 - age) % kObservations];
}

double LossBound::mean_loss() const {
  const size_t n = std::min<uint64_t>(count_, kObservations);
  double weight = 1;
  double packets = 0;
  double lost = 0;
  for (size_t age = 0; age < n; ++age, weight *= kAgeing) {
    packets += weight * recent(age).packets;
    lost += weight * recent(age).lost;
  }
  return packets > 0 ? lost / packets : 0;
}

double LossBound::inherent_ceiling(DataRate bandwidth) {
  return std::min(1.0, kInherentOffset + kInherentBalanceKbps / std::max(kbps(bandwidth), 1.0));
}

// One Newton step on the likelihood's derivative, from the last fit.
double LossBound::fit_inherent(DataRate bandwidth) const {
  const size_t n = std::min<uint64_t>(count_, kObservations);
  double first = 0;
  double second = 0;
  double weight = 1;
  for (size_t age = 0; age < n; ++age, weight *= kAgeing) {
    const Observation& o = recent(age);
    const double loss = predicted_loss(bandwidth, inherent_, o.sending);
    const double received = o.packets - o.lost;
    first += weight * (o.lost / loss - received / (1 - loss));
    second -= weight * (o.lost / (loss * loss) + received / ((1 - loss) * (1 - loss)));
  }
  const double fitted = second < 0 ? inherent_ - kNewtonStep * first / second : inherent_;
  return std::clamp(fitted, kLeastInherent, inherent_ceiling(bandwidth));
}

double LossBound::objective(DataRate bandwidth, double inherent) const {
  const size_t n = std::min<uint64_t>(count_, kObservations);
  const double off = kBiasLoss - mean_loss();
  const double preference = off / (kBiasSmoothing + std::abs(off));
  const double bias =
      preference * (kLinearBias * kbps(bandwidth) + kLogBias * std::log(1 + kbps(bandwidth)));
  double sum = 0;
  double weight = 1;
  for (size_t age = 0; age < n; ++age, weight *= kAgeing) {
    const Observation& o = recent(age);
    const double loss = predicted_loss(bandwidth, inherent, o.sending);
    const double received = o.packets - o.lost;
    sum += weight * (o.lost * std::log(loss) + received * std::log(1 - loss) + bias * o.packets);
  }
  return sum;
}

void LossBound::update(DataRate delay_based, std::optional<DataRate> acked, Timestamp now) {
  if (bound_ && *bound_ > delay_based) bound_ = delay_based;
  if (!close_observation()) return;
  const double loss = mean_loss();
  if (!bound_) {
    if (loss == 0) return;
    bound_ = delay_based;
  }
  const DataRate current = *bound_;
  const DataRate candidates[] = {scale(current, 1.02), current, scale(current, 0.95),
                                 acked ? scale(*acked, kBackoff) : current, delay_based};
  DataRate best = current;
  double best_objective = -INFINITY;
  double best_inherent = inherent_;
  for (const DataRate candidate : candidates) {
    if (candidate > delay_based || candidate < least_) continue;
    const double inherent = fit_inherent(candidate);
    const double value = objective(candidate, inherent);
    if (value <= best_objective) continue;
    best_objective = value;
    best = candidate;
    best_inherent = inherent;
  }
  inherent_ = best_inherent;
  if (best > current) {
    const DataRate ceiling = acked ? scale(*acked, kMostOverAcked) : current;
    const bool still_losing = recent(0).lost > 0 && loss > inherent_;
    if (now < hold_until_ || still_losing) best = current;
    best = std::min(best, std::max(current, ceiling));
  }
  if (loss > kInstantLoss) {
    const double instant = kInstantBalanceKbps / (loss - kInstantLoss);
    best = std::min(best, DataRate::bps(static_cast<int64_t>(instant * 1000)));
  }
  if (acked) best = std::max(best, std::min(current, scale(*acked, kBackoff)));
  best = std::max(best, least_);
  if (best < current) hold_until_ = now + kHold;
  bound_ = best;
  if (best >= delay_based && loss < kLeastInherent) bound_.reset();
}

void LossBound::on_probe(DataRate rate) {
  if (!bound_ || *bound_ >= rate) return;
  double packets = 0;
  double lost = 0;
  for (size_t age = 0; age < std::min(count_, kLately); ++age) {
    packets += recent(age).packets;
    lost += recent(age).lost;
  }
  // What was lost when the path narrowed says nothing against what it was just seen to carry.
  if (lost < kInstantLoss * packets) bound_ = rate;
}

}  // namespace parley::congestion
