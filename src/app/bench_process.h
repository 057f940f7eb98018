// The server under load as the system sees it: what it has used, and one of our own making.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "base/units.h"

namespace parley::app {

// Of a whole process with all its threads, from /proc/PID.
struct ProcessUsage {
  TimeDelta user;    // CPU time since it started, in steps of a clock tick, mostly 10 ms
  TimeDelta system;  // likewise
  DataSize resident;
  uint64_t threads = 0;
  uint64_t files = 0;  // open descriptors; 0 where we may not look

  TimeDelta processor() const { return user + system; }
};

// nullopt when there is no such process.
std::optional<ProcessUsage> read_usage(pid_t pid);

// What this process has used since it started.
TimeDelta own_processor_time();

// What one core has done since the machine started, apart from idling: also what the kernel did
// there in nobody's name. nullopt where /proc/stat has no such core.
std::optional<TimeDelta> read_core_busy(int core);

// This thread, and what it starts, runs on that core only. False where the system refuses.
bool pin_to_core(int core);

// A server on free ports of 127.0.0.1 with a folder of its own: of this very program, or Janus.
// Ends with its owner.
class SpawnedServer {
 public:
  struct Options {
    int64_t shards = 1;
    std::optional<int> core;
    std::span<const std::string> settings;  // more --set key=value
  };
  // Waits until it serves. The error is a sentence.
  static std::expected<SpawnedServer, std::string> start(const Options& options);
  // Debian's Janus with the videoroom and WebSockets only (bench_janus.cc). `event_loops` 0, its
  // default: a thread for each client.
  struct JanusOptions {
    int event_loops = 0;
    std::optional<int> core;
  };
  static std::expected<SpawnedServer, std::string> start_janus(const JanusOptions& options);
  ~SpawnedServer();
  SpawnedServer(SpawnedServer&& other) noexcept;
  SpawnedServer& operator=(SpawnedServer&&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& url() const { return url_; }

 private:
  SpawnedServer() = default;

  pid_t pid_ = -1;
  int output_ = -1;
  std::string url_;
  std::string folder_;
};

}  // namespace parley::app
