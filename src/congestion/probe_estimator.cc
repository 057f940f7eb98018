#include "congestion/probe_estimator.h"

#include <algorithm>

#include "congestion/scale.h"

namespace parley::congestion {
namespace {

constexpr TimeDelta kLongest = TimeDelta::seconds(1);

}  // namespace

void ProbeEstimator::start(const ProbeCluster& cluster) {
  clusters_[next_] = Cluster{.plan = cluster};
  next_ = (next_ + 1) % kClusters;
}

std::optional<ProbeResult> ProbeEstimator::on_received(ProbeId id, DataSize size, Timestamp sent,
                                                       Timestamp received) {
  const auto found =
      std::ranges::find_if(clusters_, [&](const Cluster& c) { return id && c.plan.id == id; });
  if (found == clusters_.end()) return std::nullopt;
  Cluster& cluster = *found;
  const bool first = cluster.packets == 0;
  if (first || sent >= cluster.last_sent) {
    cluster.last_sent = sent;
    cluster.last_sent_size = size;
  }
  if (first || sent < cluster.first_sent) cluster.first_sent = sent;
  if (first || received < cluster.first_received) {
    cluster.first_received = received;
    cluster.first_received_size = size;
  }
  if (first || received > cluster.last_received) cluster.last_received = received;
  ++cluster.packets;
  cluster.size += size;
  return evaluate(cluster);
}

std::optional<ProbeResult> ProbeEstimator::evaluate(const Cluster& cluster) {
  if (cluster.packets * 5 < cluster.plan.packets * 4) return std::nullopt;
  if (cluster.size.bytes() * 5 < cluster.plan.size.bytes() * 4) return std::nullopt;
  const TimeDelta sending = cluster.last_sent - cluster.first_sent;
  const TimeDelta receiving = cluster.last_received - cluster.first_received;
  if (sending <= TimeDelta::zero() || sending > kLongest) return std::nullopt;
  if (receiving <= TimeDelta::zero() || receiving > kLongest) return std::nullopt;
  const DataRate sent = (cluster.size - cluster.last_sent_size) / sending;
  const DataRate received = (cluster.size - cluster.first_received_size) / receiving;
  if (received > scale(sent, 2.0)) return std::nullopt;
  const bool saturated = received < scale(sent, 0.9);
  return ProbeResult{.id = cluster.plan.id,
                     .rate = saturated ? scale(received, 0.95) : std::min(sent, received),
                     .saturated = saturated};
}

}  // namespace parley::congestion
