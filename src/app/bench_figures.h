// What a load on a server did: the figures of a run, as a line while it lasts, a table, JSON. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/bench_crowd.h"
#include "app/bench_load.h"
#include "app/bench_process.h"
#include "load/latency_histogram.h"
#include "load/media_receiver.h"

namespace parley::app {

// One second of a run.
struct LoadSample {
  double at_seconds = 0;  // since it began
  std::string phase;      // joining, settling, measuring
  size_t people = 0;
  uint64_t forwarded = 0;  // RTP packets that reached receivers
  uint64_t lost = 0;
  TimeDelta p50;
  TimeDelta p99;
  std::optional<double> server_share;  // of one core
  DataSize server_resident;
  double own_share = 0;
};

// A stretch of time in which nothing was changed.
struct LoadWindow {
  size_t people = 0;
  double seen = 1;  // the share of what is forwarded that goes to people who count it
  TimeDelta length;
  GroupTotals lasting;
  GroupTotals passing;
  load::Latencies latencies;
  size_t video_slots = 0;       // asked for
  size_t live_video_slots = 0;  // with pictures at its end
  std::optional<ProcessUsage> server_before;
  std::optional<ProcessUsage> server_after;
  std::optional<TimeDelta> server_core_busy;
  TimeDelta own_processor;
  RunTotals runs;
  uint64_t dropped_here = 0;  // by the kernel before the generator read them

  uint64_t forwarded() const;
  std::optional<TimeDelta> server_processor() const;
  // What the server used for each forwarded packet, in nanoseconds.
  std::optional<double> ns_per_packet() const;
  double loss() const;  // 0 to 1, of the lasting ones
  double run_length() const;
};

struct LoadFigures {
  BenchLoadOptions options;
  std::string server;
  double joins_per_second = 0;  // of those who stay, until all were connected
  size_t joined = 0;
  size_t left_too_early = 0;  // were refused or lost
  load::LatencyHistogram connect_times;
  load::LatencyHistogram first_media_times;
  std::optional<ProcessUsage> server_idle;       // before anybody joined
  std::optional<ProcessUsage> server_abandoned;  // after everybody left
  std::vector<LoadWindow> windows;               // ramp: one for each step
  std::optional<size_t> holds;                   // ramp: the last window that did
  std::vector<LoadSample> samples;
};

// What a ramp asks of a window: loss below 0.1 % and 99 of 100 pictures' packets within 20 ms.
bool holds_load(const LoadWindow& window);

std::string progress_line(const LoadSample& sample);
std::string to_table(const LoadFigures& figures);
// docs/bench.md names its members.
std::string to_json(const LoadFigures& figures);

}  // namespace parley::app
