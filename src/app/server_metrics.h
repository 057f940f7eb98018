// The names under which the server's numbers appear on /metrics (docs: operations). Other programs
// rely on them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/media_thread.h"
#include "app/peer_states.h"
#include "control/control_plane.h"
#include "io/http_server.h"
#include "shard/counters.h"

namespace parley::app {

struct MetricsSources {
  struct Shard {
    const shard::Counters* counters = nullptr;
    const MediaThreadCounters* network = nullptr;
  };
  const control::ControlPlane* control = nullptr;
  const PeerStates* peers = nullptr;
  const io::HttpCounters* http = nullptr;
  size_t http_connections = 0;
  uint64_t media_commands_lost = 0;
  std::vector<Shard> shards;
};

// Text in Prometheus' form. Every name is there from the start, at zero, so that a rule can rely on
// it.
std::string render_metrics(const MetricsSources& sources);

}  // namespace parley::app
