#include "app/bench_command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <utility>

namespace parley::app {
namespace {

constexpr std::array<std::pair<BenchScenario, const char*>, 5> kScenarios = {{
    {BenchScenario::kBroadcast, "One publishes, the others watch"},
    {BenchScenario::kMeeting, "Everybody publishes and watches others"},
    {BenchScenario::kAudio, "Everybody has a microphone only"},
    {BenchScenario::kChurn, "Meetings that last while others come and go"},
    {BenchScenario::kRamp, "A broadcast with more and more viewers, until it no longer holds"},
}};

bool is_room_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

}  // namespace

// The options as they are typed.
struct BenchCommandLine::Texts {
  CLI::App* bench = nullptr;
  CLI::App* publish = nullptr;
  std::array<CLI::App*, kScenarios.size()> scenarios{};
  BenchPublishOptions publish_options;
  BenchLoadOptions load_options;
  std::string server = "http://127.0.0.1:8080";
  std::string json;
  std::string plot;
  std::string target = "parley";
  double every = 0;
  int seconds = 0;
  int server_pid = 0;
  int server_core = 0;
  int own_core = 0;
  bool no_merge = false;

  void add_publish();
  void add_load(CLI::App& scenario, BenchScenario which);
  void add_people(CLI::App& scenario, BenchScenario which);
  void add_server(CLI::App& scenario);
  void add_media(CLI::App& scenario);
  std::expected<BenchOptions, std::string> finish_publish() const;
  std::expected<BenchOptions, std::string> finish_load(const CLI::App& scenario,
                                                       BenchScenario which) const;
};

void BenchCommandLine::Texts::add_publish() {
  publish = bench->add_subcommand("publish", "Participants that send camera and microphone");
  publish->add_option("--server", server, "The server")->type_name("URL")->capture_default_str();
  publish->add_option("--room", publish_options.room, "The room")->type_name("NAME")->required();
  publish->add_option("--count", publish_options.count, "How many participants")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  publish->add_option("--seconds", seconds, "How long they stay; otherwise until SIGTERM or SIGINT")
      ->type_name("S")
      ->check(CLI::Range(1, 1'000'000));
  publish
      ->add_option("--fps", publish_options.frames_per_second, "Pictures a second of each encoding")
      ->type_name("N")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  publish->add_option("--voices", publish_options.voices, "How many of them speak all the time")
      ->type_name("N")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  publish->add_option("--json", json, "Write the figures there at the end")->type_name("FILE");
  publish->add_option("--every", every, "Print the figures as a line of JSON this often")
      ->type_name("S")
      ->check(CLI::Range(0.1, 3600.0));
  publish->add_flag("--insecure", publish_options.insecure, "Take any certificate of the server");
}

void BenchCommandLine::Texts::add_server(CLI::App& scenario) {
  BenchLoadOptions& o = load_options;
  auto* url = scenario.add_option("--server", server, "The server")
                  ->type_name("URL")
                  ->capture_default_str();
  scenario.add_flag("--insecure", o.insecure, "Take any certificate of the server");
  scenario.add_option("--target", target, "What the server is")
      ->check(CLI::IsMember({"parley", "janus"}))
      ->capture_default_str();
  scenario.add_option("--janus-loops", o.janus_event_loops, "event_loops of a spawned Janus")
      ->type_name("N")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  auto* pid = scenario.add_option("--server-pid", server_pid, "Its process, to read what it uses")
                  ->type_name("PID")
                  ->check(CLI::Range(1, 1 << 22));
  scenario.add_flag("--spawn", o.spawn, "Start a server for this run instead")
      ->excludes(url)
      ->excludes(pid);
  scenario.add_option("--shards", o.shards, "Its media threads")
      ->type_name("N")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  scenario.add_option("--setting", o.settings, "Any other setting of it, as often as needed")
      ->type_name("key=value")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  scenario.add_option("--server-core", server_core, "The core it runs on, with --spawn alone")
      ->type_name("N")
      ->check(CLI::Range(0, 1023));
  scenario.add_option("--own-core", own_core, "The core this process runs on")
      ->type_name("N")
      ->check(CLI::Range(0, 1023));
}

void BenchCommandLine::Texts::add_people(CLI::App& scenario, BenchScenario which) {
  BenchLoadOptions& o = load_options;
  const auto count = [&](const char* flag, auto& value, const char* help, int least, int most) {
    scenario.add_option(flag, value, help)
        ->type_name("N")
        ->check(CLI::Range(least, most))
        ->capture_default_str();
  };
  if (which == BenchScenario::kBroadcast || which == BenchScenario::kRamp) {
    count("--viewers", o.viewers,
          which == BenchScenario::kRamp ? "At most how many watch" : "How many watch", 1, 5000);
    if (which == BenchScenario::kRamp) {
      count("--from", o.ramp_start, "How many watch at first", 1, 5000);
    } else {
      count("--answering", o.answering, "How many of them answer; 0: all", 0, 5000);
    }
    return;
  }
  count("--participants", o.participants, "How many in all", 2, 5000);
  count("--room-size", o.room_size, "How many in each room; 0: all in one", 0, 5000);
  count("--voices", o.voices, "How many speak at a time in each room", 0, 5000);
  count("--audio-slots", o.audio_slots, "Slots of each for sound", 0, 16);
  if (which == BenchScenario::kAudio) return;
  count("--slots", o.video_slots, "Slots of each for pictures; 0: one for each other person", 0,
        kMostSlots);
  if (which != BenchScenario::kChurn) return;
  scenario.add_option("--join-rate", o.joins_per_second, "How many come and go in a second")
      ->type_name("N")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  scenario.add_option("--stay", o.stay_seconds, "How long each of them stays")
      ->type_name("S")
      ->check(CLI::Range(0.5, 3600.0))
      ->capture_default_str();
}

void BenchCommandLine::Texts::add_media(CLI::App& scenario) {
  BenchLoadOptions& o = load_options;
  const auto number = [&](const char* flag, auto& value, const char* help, const char* unit,
                          int least, int most) {
    scenario.add_option(flag, value, help)
        ->type_name(unit)
        ->check(CLI::Range(least, most))
        ->capture_default_str();
  };
  number("--layers", o.layers, "Encodings of a camera; 0: no camera", "N", 0, 3);
  number("--rate", o.kbps, "Of the largest encoding", "KBIT/S", 50, 20'000);
  number("--fps", o.frames_per_second, "Pictures a second", "N", 1, 120);
  number("--size", o.packet_bytes, "The largest RTP packet", "BYTES", 200, 1300);
  scenario.add_flag("--even", o.even, "All packets of pictures have that size");
  scenario.add_flag("--dtx", o.dtx, "Who doesn't speak sends a packet each 400 ms only");
  scenario.add_option("--pace", o.pace, "Pictures leave at so many times their rate; 0: at once")
      ->type_name("X")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  number("--height", o.height, "What those who watch ask for", "PIXELS", 90, 2160);
  number("--check-every", o.check_every, "Decrypt and judge every n-th packet of a slot", "N", 1,
         10'000);
  scenario.add_flag("--no-merge", no_merge, "Receive packet by packet, without UDP_GRO");
}

void BenchCommandLine::Texts::add_load(CLI::App& scenario, BenchScenario which) {
  BenchLoadOptions& o = load_options;
  add_server(scenario);
  add_people(scenario, which);
  add_media(scenario);
  scenario.add_option("--settle", o.settle_seconds, "From the last join to what is measured")
      ->type_name("S")
      ->check(CLI::Range(0, 600))
      ->capture_default_str();
  scenario.add_option("--seconds", o.seconds, "How long it is measured; a ramp: each step")
      ->type_name("S")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  scenario.add_option("--json", json, "Write the figures there at the end")->type_name("FILE");
  scenario.add_option("--plot", plot, "Draw latency, processor and packets there")
      ->type_name("FILE.svg");
  scenario.add_flag("--quiet", o.quiet, "No line each second");
}

std::expected<BenchOptions, std::string> BenchCommandLine::Texts::finish_publish() const {
  BenchPublishOptions options = publish_options;
  auto parsed = io::ServerUrl::parse(server);
  if (!parsed) return std::unexpected(parsed.error());
  options.server = std::move(*parsed);
  if (!is_room_name(options.room)) {
    return std::unexpected(fmt::format(
        "\"{}\" is no name of a room; rooms have 1 to 64 of a-z, 0-9 and -.", options.room));
  }
  if (publish->count("--seconds") > 0) options.seconds = seconds;
  if (publish->count("--every") > 0) options.every = every;
  if (publish->count("--json") > 0) options.json = json;
  return options;
}

std::expected<BenchOptions, std::string> BenchCommandLine::Texts::finish_load(
    const CLI::App& scenario, BenchScenario which) const {
  BenchLoadOptions options = load_options;
  options.scenario = which;
  auto parsed = io::ServerUrl::parse(server);
  if (!parsed) return std::unexpected(parsed.error());
  options.server = std::move(*parsed);
  options.merge = !no_merge;
  if (target == "janus") {
    if (which != BenchScenario::kBroadcast && which != BenchScenario::kRamp)
      return std::unexpected("Of Janus, only broadcast and ramp are measured.");
    if (options.layers > 1) return std::unexpected("To Janus goes one encoding of a camera.");
    if (options.answering > 0) return std::unexpected("Of Janus, everybody answers.");
    options.target = BenchTarget::kJanus;
  }
  if (options.answering > options.viewers) return std::unexpected("More can't answer than watch.");
  if (scenario.count("--server-pid") > 0) options.server_pid = server_pid;
  if (scenario.count("--server-core") > 0) options.server_core = server_core;
  if (scenario.count("--own-core") > 0) options.own_core = own_core;
  if (scenario.count("--json") > 0) options.json = json;
  if (scenario.count("--plot") > 0) options.plot = plot;
  return options;
}

BenchCommandLine::BenchCommandLine(CLI::App& app) : texts_(std::make_unique<Texts>()) {
  texts_->bench = app.add_subcommand("bench", "Put a load on a server");
  texts_->bench->require_subcommand(1);
  texts_->add_publish();
  for (size_t i = 0; i < kScenarios.size(); ++i) {
    const auto& [which, help] = kScenarios[i];
    texts_->scenarios[i] = texts_->bench->add_subcommand(name_of(which), help);
    texts_->add_load(*texts_->scenarios[i], which);
  }
}

BenchCommandLine::~BenchCommandLine() = default;

bool BenchCommandLine::given() const {
  return texts_->bench->parsed();
}

std::expected<BenchOptions, std::string> BenchCommandLine::options() const {
  if (texts_->publish->parsed()) return texts_->finish_publish();
  for (size_t i = 0; i < kScenarios.size(); ++i) {
    if (texts_->scenarios[i]->parsed())
      return texts_->finish_load(*texts_->scenarios[i], kScenarios[i].first);
  }
  return std::unexpected("bench needs to be told what to do.");
}

}  // namespace parley::app
