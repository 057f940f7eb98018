// `parley bench broadcast`, `meeting`, `audio`, `churn` and `ramp`: a load on a server and what it
// did to it, from one process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "io/web_socket_client.h"

namespace parley::app {

enum class BenchScenario : uint8_t {
  kBroadcast,  // one publishes, the others watch
  kMeeting,    // everybody publishes and watches some others
  kAudio,      // everybody has a microphone only
  kChurn,      // meetings that last while people come into other rooms and go
  kRamp,       // a broadcast with more and more viewers
};
const char* name_of(BenchScenario scenario);

enum class BenchTarget : uint8_t { kParley, kJanus };

struct BenchLoadOptions {
  BenchScenario scenario = BenchScenario::kBroadcast;
  BenchTarget target = BenchTarget::kParley;
  io::ServerUrl server{.host = "127.0.0.1", .port = 8080, .secure = false};
  bool insecure = false;
  bool spawn = false;                 // a server of its own instead
  std::vector<std::string> settings;  // of that server, key=value
  int64_t shards = 1;                 // likewise
  int janus_event_loops = 0;          // of a spawned Janus; 0: a thread for each client
  std::optional<int> server_pid;
  std::optional<int> server_core;  // of a spawned server, and whose busy time is read
  std::optional<int> own_core;

  int viewers = 100;      // broadcast; ramp: at most so many
  int answering = 0;      // broadcast: of them; the others only connect. 0: all
  int ramp_start = 40;    // ramp: viewers of the first step
  int participants = 10;  // meeting, audio, churn: of those who stay, in all rooms together
  int room_size = 0;      // 0: all in one room
  int video_slots = 0;    // of each; 0: one for each other person in the room, at most kMostSlots
  int audio_slots = 3;
  double joins_per_second = 20;  // churn: those who come and go
  double stay_seconds = 5;       // likewise

  int layers = 1;  // encodings of a camera; 0: no camera
  int64_t kbps = 1500;
  int frames_per_second = 30;
  int packet_bytes = 1200;
  bool even = false;
  bool dtx = false;
  double pace = 0;  // both: see load::TrafficConfig
  int voices = 3;   // how many speak at a time in each room
  int height = 720;
  int check_every = 16;
  bool merge = true;

  int settle_seconds = 5;  // from the last join until what is measured begins
  int seconds = 10;        // what is measured; ramp: of each step
  std::optional<std::filesystem::path> json;
  std::optional<std::filesystem::path> plot;
  bool quiet = false;  // no lines while it runs
};

// Nobody's page shows more.
inline constexpr int kMostSlots = 16;

// Gives the exit status of the program; problems are said on standard error in a sentence.
int bench_load(const BenchLoadOptions& options);

}  // namespace parley::app
