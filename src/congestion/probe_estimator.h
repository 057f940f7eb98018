// What a probe cluster found: the rate at which its packets arrived, if enough of them did.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/units.h"
#include "congestion/probe_cluster.h"

namespace parley::congestion {

struct ProbeResult {
  ProbeId id;
  DataRate rate;           // what the path carried
  bool saturated = false;  // it carried less than was sent: `rate` is near its capacity
};

// Rules
// 1. A cluster gives a result when four fifths of its packets and bytes arrived, and again a better
//    one with each further packet.
// 2. Send rate: all bytes but the last packet's over the time between first and last sending;
//    receive rate: all but the first's over the time between the arrivals. The lower one counts.
// 3. Arrival more than twice as fast as sending is a clock's or a batch's artefact: no result.
// 4. Arrival under 0.9 of the sending rate saturates: 0.95 of it is the result.
class ProbeEstimator {
 public:
  static constexpr size_t kClusters = 4;

  void start(const ProbeCluster& cluster);
  std::optional<ProbeResult> on_received(ProbeId id, DataSize size, Timestamp sent,
                                         Timestamp received);

 private:
  struct Cluster {
    ProbeCluster plan;
    uint32_t packets = 0;
    DataSize size;
    Timestamp first_sent, last_sent, first_received, last_received;
    DataSize last_sent_size, first_received_size;
  };
  static std::optional<ProbeResult> evaluate(const Cluster& cluster);

  std::array<Cluster, kClusters> clusters_{};
  size_t next_ = 0;
};

}  // namespace parley::congestion
