// Flows that share one bottleneck: the stage of the congestion scenarios (RFC 8867). A near host's
// links are the bottleneck, one in each direction; every flow has a far host of its own, whose
// links bring its propagation delay.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/congestion_host.h"
#include "sim/congestion_media.h"
#include "sim/congestion_tcp.h"
#include "sim/network.h"

namespace parley::sim {

struct CapacityStep {
  TimeDelta at;
  DataRate capacity;
};

struct MediaPlan {
  TimeDelta start;
  TimeDelta pause = TimeDelta::infinite();
  TimeDelta resume = TimeDelta::infinite();
  TimeDelta one_way = TimeDelta::millis(50);
  bool backward = false;
  DataRate demand = DataRate::kbps(4'000);
};

struct TcpPlan {
  TimeDelta start;
  TcpGrowth growth = TcpGrowth::kReno;
  // Short flows: transfers of a size uniform in these limits, between them pauses of an exponential
  // length. Zero: one endless transfer.
  uint64_t least_bytes = 0;
  uint64_t most_bytes = 0;
  TimeDelta mean_pause = TimeDelta::seconds(10);
};

struct CongestionPlan {
  std::string name;
  std::string title;
  TimeDelta duration = TimeDelta::seconds(100);
  std::vector<CapacityStep> forward;
  std::vector<CapacityStep> backward;  // empty: unlimited
  TimeDelta queue = TimeDelta::millis(300);
  std::vector<MediaPlan> media;
  std::vector<TcpPlan> tcp;
  TimeDelta jitter = TimeDelta::zero();  // added to each packet, may reorder
  double loss = 0;                       // independent of the queue
};

// One flow in one interval of kSample.
struct FlowSample {
  DataRate target;
  DataRate received;
  TimeDelta worst_queueing;
};

struct CongestionTrace {
  static constexpr TimeDelta kSample = TimeDelta::millis(100);

  CongestionPlan plan;
  std::vector<DataRate> forward;               // capacity in each interval
  std::vector<DataRate> backward;              // zero: unlimited
  std::vector<std::vector<FlowSample>> media;  // [flow][interval]
  std::vector<std::vector<FlowSample>> tcp;    // [flow][interval]
  // Of each media packet: when it arrived, since the start, and its queueing.
  struct Packet {
    TimeDelta at;
    TimeDelta queueing;
  };
  std::vector<std::vector<Packet>> packets;  // [flow][packet]
  std::vector<double> padding_share;         // of each media flow's bytes
  uint64_t network_trace = 0;
};

CongestionTrace run_congestion(const CongestionPlan& plan, uint64_t seed);

}  // namespace parley::sim
