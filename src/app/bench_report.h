// What `parley bench` tells of a run: a line, a table, JSON. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "load/media_sender.h"

namespace parley::app {

struct EncodingFigures {
  std::string rid;
  bool wanted = false;  // by anybody, now
  load::StreamCounters counters;
};

struct ParticipantFigures {
  std::string name;
  std::string id;                         // as the server calls it; empty before it joined
  std::string state;                      // joining, connecting, connected, ended
  std::optional<TimeDelta> connect_time;  // from opening the socket to the connected server leg
  load::StreamCounters sound;
  std::vector<EncodingFigures> pictures;
};

struct RunFigures {
  std::string server;
  std::string room;
  TimeDelta elapsed;                       // since the first socket was opened
  std::optional<TimeDelta> all_connected;  // from then to the last connected leg
  TimeDelta processor;                     // what this process used of a core since then
  std::vector<ParticipantFigures> participants;
};

// "connected 28 participants in 1.2 s (23.1 joins/s; …)"
std::string connected_line(const RunFigures& run);
// One row for each participant and their sum.
std::string to_table(const RunFigures& run);
// One line; docs/bench.md names its members.
std::string to_json(const RunFigures& run);

}  // namespace parley::app
