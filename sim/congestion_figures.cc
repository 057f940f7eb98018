#include "sim/congestion_figures.h"

#include <algorithm>

namespace parley::sim {
namespace {

size_t index_of(TimeDelta at) {
  return static_cast<size_t>(at.us() / CongestionTrace::kSample.us());
}

double sum_of_targets(const CongestionTrace& trace, size_t i, bool backward) {
  double sum = 0;
  for (size_t f = 0; f < trace.media.size(); ++f) {
    if (trace.plan.media[f].backward == backward)
      sum += static_cast<double>(trace.media[f][i].target.bps());
  }
  return sum;
}

template <typename Condition>
std::optional<TimeDelta> first_time(const CongestionTrace& trace, TimeDelta at,
                                    Condition condition) {
  for (size_t i = index_of(at); i < trace.forward.size(); ++i) {
    if (condition(i)) return CongestionTrace::kSample * static_cast<int64_t>(i + 1) - at;
  }
  return std::nullopt;
}

DataRate mean(const std::vector<FlowSample>& flow, Span span, DataRate FlowSample::* what) {
  const size_t from = index_of(span.from);
  const size_t to = std::min(index_of(span.to), flow.size());
  int64_t sum = 0;
  for (size_t i = from; i < to; ++i) sum += (flow[i].*what).bps();
  return to > from ? DataRate::bps(sum / static_cast<int64_t>(to - from)) : DataRate::zero();
}

}  // namespace

DataRate mean_received(const std::vector<FlowSample>& flow, Span span) {
  return mean(flow, span, &FlowSample::received);
}

DataRate mean_target(const std::vector<FlowSample>& flow, Span span) {
  return mean(flow, span, &FlowSample::target);
}

double utilisation(const CongestionTrace& trace, Span span, bool backward) {
  const auto& capacity = backward ? trace.backward : trace.forward;
  double could = 0;
  for (size_t i = index_of(span.from); i < std::min(index_of(span.to), capacity.size()); ++i)
    could +=
        static_cast<double>(capacity[i].bps()) / static_cast<double>(index_of(span.to - span.from));
  double got = 0;
  for (size_t f = 0; f < trace.media.size(); ++f) {
    if (trace.plan.media[f].backward == backward)
      got += static_cast<double>(mean_received(trace.media[f], span).bps());
  }
  return could > 0 ? got / could : 0;
}

TimeDelta queueing(const CongestionTrace& trace, double quantile, Span span, bool backward) {
  std::vector<TimeDelta> all;
  for (size_t f = 0; f < trace.packets.size(); ++f) {
    if (trace.plan.media[f].backward != backward) continue;
    for (const auto& packet : trace.packets[f]) {
      if (packet.at >= span.from && packet.at < span.to) all.push_back(packet.queueing);
    }
  }
  if (all.empty()) return {};
  std::ranges::sort(all);
  const auto rank = static_cast<size_t>(quantile * static_cast<double>(all.size() - 1));
  return all[rank];
}

double jain(const CongestionTrace& trace, Span span, const std::vector<size_t>& flows) {
  double sum = 0;
  double squares = 0;
  for (const size_t f : flows) {
    const auto rate = static_cast<double>(mean_received(trace.media[f], span).bps());
    sum += rate;
    squares += rate * rate;
  }
  return squares > 0 ? sum * sum / (static_cast<double>(flows.size()) * squares) : 0;
}

std::optional<TimeDelta> time_to_reach(const CongestionTrace& trace, TimeDelta at, double share,
                                       bool backward) {
  const auto& capacity = backward ? trace.backward : trace.forward;
  return first_time(trace, at, [&](size_t i) {
    return sum_of_targets(trace, i, backward) >= share * static_cast<double>(capacity[i].bps());
  });
}

std::optional<TimeDelta> time_to_fit(const CongestionTrace& trace, TimeDelta at, bool backward) {
  const auto& capacity = backward ? trace.backward : trace.forward;
  return first_time(trace, at, [&](size_t i) {
    return sum_of_targets(trace, i, backward) <= static_cast<double>(capacity[i].bps());
  });
}

}  // namespace parley::sim
