// `parley bench publish`: many simulated participants of a running server, from one process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "io/web_socket_client.h"

namespace parley::app {

struct BenchPublishOptions {
  io::ServerUrl server{.host = "127.0.0.1", .port = 8080, .secure = false};
  std::string room;
  int count = 1;
  int frames_per_second = 20;
  int voices = 0;               // how many of them speak, by their packets' audio level
  std::optional<int> seconds;   // how long all stay; absent: until SIGTERM or SIGINT
  std::optional<double> every;  // print the counters so often, in seconds
  std::optional<std::filesystem::path> json;
  bool insecure = false;
};

// Joins, publishes, prints one line when all are connected and a table at the end. Gives the exit
// status of the program; problems are said on standard error in a sentence.
int bench_publish(const BenchPublishOptions& options);

}  // namespace parley::app
