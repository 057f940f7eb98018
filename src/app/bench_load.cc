#include "app/bench_load.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <utility>

#include "app/bench_crowd.h"
#include "app/bench_figures.h"
#include "app/bench_plot.h"
#include "app/bench_process.h"
#include "app/command_line.h"
#include "dtls/certificate.h"
#include "io/clock.h"
#include "io/control_loop.h"
#include "io/system_random.h"
#include "load/janus_client.h"
#include "load/participant.h"

namespace parley::app {
namespace {

// How many join at the same time; the server's own queue of joins isn't what is measured.
constexpr size_t kJoiningAtOnce = 16;
constexpr TimeDelta kSecond = TimeDelta::seconds(1);
// Who comes and goes is looked after this often.
constexpr TimeDelta kChurnTick = TimeDelta::millis(10);
// Slots may stay dark this many times as long as was asked for.
constexpr int kMostSettling = 4;
// Where those are who don't answer. bench/drop_net.sh drops what is sent there.
IpAddress silent_address() {
  return IpAddress::v4(127, 1, 0, 1);
}
// For the farewells, and for the server to tidy up.
constexpr TimeDelta kLeaveLimit = TimeDelta::seconds(5);
constexpr TimeDelta kTidyTime = TimeDelta::seconds(2);

void print(std::FILE* where, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), where);
  std::fflush(where);
}

class LoadRun {
 public:
  LoadRun(const BenchLoadOptions& options, std::optional<SpawnedServer> spawned,
          load::Material material, dtls::Certificate certificate)
      : options_(options),
        spawned_(std::move(spawned)),
        material_(std::move(material)),
        certificate_(std::move(certificate)),
        crowd_(loop_, crowd_options(), handlers()),
        second_timer_(loop_, [this] { on_second(); }),
        churn_timer_(loop_, [this] { on_churn(); }) {
    if (spawned_) server_pid_ = spawned_->pid();
    if (options.server_pid) server_pid_ = *options.server_pid;
    people_ = options.scenario == BenchScenario::kRamp
                  ? std::min(options.ramp_start, options.viewers) + 1
              : is_broadcast() ? options.viewers + 1
                               : options.participants;
  }

  int run() {
    loop_.watch_signals({SIGTERM, SIGINT}, [this](int) { begin_end(); });
    started_ = io::monotonic_now();
    figures_.options = options_;
    figures_.server = server_url().to_string();
    figures_.server_idle = usage();
    last_usage_ = figures_.server_idle;
    second_timer_.set(started_ + kSecond);
    join_more();
    loop_.run();
    return status_;
  }

 private:
  enum class Phase : uint8_t { kJoining, kSettling, kMeasuring, kLeaving, kTidying };

  bool is_broadcast() const {
    return options_.scenario == BenchScenario::kBroadcast ||
           options_.scenario == BenchScenario::kRamp;
  }
  io::ServerUrl server_url() const {
    return spawned_ ? *io::ServerUrl::parse(spawned_->url()) : options_.server;
  }
  CrowdOptions crowd_options() const {
    CrowdOptions crowd{
        .server = server_url(), .insecure = options_.insecure, .merge = options_.merge};
    if (options_.target == BenchTarget::kJanus) {
      crowd.path = "/janus";
      crowd.subprotocol = "janus-protocol";
    }
    return crowd;
  }
  Crowd::Handlers handlers() {
    return {.on_settled =
                [this](Crowd::Id id, bool connected) {
                  if (std::erase(passing_joining_, id) == 0) on_settled(connected);
                },
            .on_lost =
                [this](Crowd::Id id, const std::string& sentence) {
                  std::erase_if(leaves_, [id](const auto& leave) { return leave.second == id; });
                  if (phase_ == Phase::kLeaving || phase_ == Phase::kTidying) return;
                  ++figures_.left_too_early;
                  status_ = kExitFailed;
                  print(stderr, fmt::format("parley: {}\n", sentence));
                }};
  }
  std::optional<ProcessUsage> usage() const {
    return server_pid_ > 0 ? read_usage(server_pid_) : std::nullopt;
  }

  // Joining ---------------------------------------------------------------------------------------

  size_t room_size() const {
    return static_cast<size_t>(options_.room_size > 0 ? options_.room_size : options_.participants);
  }
  size_t video_slots() const {
    if (is_broadcast()) return 1;
    if (options_.layers == 0 || options_.scenario == BenchScenario::kAudio) return 0;
    const size_t asked =
        options_.video_slots > 0 ? static_cast<size_t>(options_.video_slots) : room_size() - 1;
    return std::min<size_t>(asked, kMostSlots);
  }

  // Those who do are spread evenly among the others.
  bool answers(size_t viewer) const {
    if (options_.scenario != BenchScenario::kBroadcast || options_.answering == 0) return true;
    const auto all = static_cast<size_t>(options_.viewers);
    const auto some = static_cast<size_t>(options_.answering);
    return viewer * some / all != (viewer - 1) * some / all;
  }

  load::ParticipantConfig seat(const std::string& room, size_t number, Timestamp now) const {
    const double speech =
        std::min(1.0, static_cast<double>(options_.voices) / static_cast<double>(room_size()));
    load::ParticipantConfig config{
        .room = room,
        .name = fmt::format("Load {}", number + 1),
        .number = static_cast<uint32_t>(number),
        .camera = options_.layers > 0 && options_.scenario != BenchScenario::kAudio,
        .speech = speech,
        .audio_slots = static_cast<size_t>(options_.audio_slots),
        .video_slots = video_slots(),
        .view_width = static_cast<uint16_t>(options_.height * 16 / 9),
        .view_height = static_cast<uint16_t>(options_.height),
        .check_every = static_cast<uint32_t>(options_.check_every),
        .ntp_offset = TimeDelta::millis(io::wall_clock_ms()) - (now - Timestamp())};
    if (options_.scenario == BenchScenario::kChurn && number >= people() &&
        (number - people()) % room_size() == 0) {
      // So that there is something to hear for all others who come.
      config.speech = 1;
      config.audio_slots = config.video_slots = 0;
    }
    if (!is_broadcast()) return config;
    const bool publishes = number == 0;
    config.mic = publishes;
    config.camera = publishes && options_.layers > 0;
    config.speech = 1;
    config.audio_slots = publishes ? 0 : 1;
    config.video_slots = publishes || options_.layers == 0 ? 0 : 1;
    config.answers = publishes || answers(number);
    return config;
  }

  std::unique_ptr<load::Client> make_client(const load::ParticipantConfig& seat, Timestamp now) {
    if (options_.target == BenchTarget::kParley)
      return std::make_unique<load::Participant>(seat, material_, certificate_, random_, now,
                                                 &latencies_);
    return std::make_unique<load::JanusClient>(
        load::JanusClientConfig{.name = seat.name,
                                .number = seat.number,
                                .publishes = seat.mic,
                                .camera = options_.layers > 0,
                                .check_every = seat.check_every,
                                .ntp_offset = seat.ntp_offset},
        material_, certificate_, random_, now, latencies_);
  }

  Crowd::Id join(const std::string& room, size_t number, Crowd::Group group) {
    const Timestamp now = io::monotonic_now();
    const load::ParticipantConfig one = seat(room, number, now);
    return crowd_.add(make_client(one, now), group,
                      one.answers ? std::nullopt : std::optional(silent_address()));
  }

  void join_more() {
    while (phase_ == Phase::kJoining && joining_ < kJoiningAtOnce && next_seat_ < people()) {
      // Whoever publishes is there before those who watch.
      if (is_broadcast() && next_seat_ == 1 && joining_ > 0) return;
      const size_t room = is_broadcast() ? 0 : next_seat_ / room_size();
      ++joining_;
      join(fmt::format("bench-{}", room), next_seat_++, Crowd::Group::kLasting);
    }
  }
  size_t people() const { return static_cast<size_t>(people_); }

  void on_settled(bool connected) {
    --joining_;
    if (connected) ++figures_.joined;
    if (++settled_ == people() && phase_ == Phase::kJoining) {
      if (figures_.joins_per_second == 0) {
        figures_.joins_per_second =
            static_cast<double>(figures_.joined) / (io::monotonic_now() - started_).seconds_f();
      }
      set_phase(Phase::kSettling);
      if (options_.scenario == BenchScenario::kChurn) on_churn();
      return;
    }
    // Not from inside a callback of a socket that may be among those it makes.
    loop_.post([this] { join_more(); });
  }

  // Those who come and go -------------------------------------------------------------------------

  void on_churn() {
    if (phase_ == Phase::kLeaving) return;
    const Timestamp now = io::monotonic_now();
    churn_began_ = churn_began_.value_or(now);
    const auto due =
        static_cast<size_t>((now - *churn_began_).seconds_f() * options_.joins_per_second);
    while (passed_ < due) {
      const size_t number = people() + passed_;
      const Crowd::Id id =
          join(fmt::format("passing-{}", passed_ / room_size()), number, Crowd::Group::kPassing);
      ++passed_;
      passing_joining_.push_back(id);
      leaves_.emplace_back(
          now + TimeDelta::micros(static_cast<int64_t>(options_.stay_seconds * 1e6)), id);
    }
    while (!leaves_.empty() && leaves_.front().first <= now) {
      const Crowd::Id id = leaves_.front().second;
      leaves_.pop_front();
      std::erase(passing_joining_, id);
      crowd_.remove(id);
    }
    churn_timer_.set(now + kChurnTick);
  }

  // Seconds and phases ----------------------------------------------------------------------------

  void set_phase(Phase phase) {
    phase_ = phase;
    phase_began_ = io::monotonic_now();
  }
  TimeDelta in_phase() const { return io::monotonic_now() - phase_began_; }
  const char* phase_name() const {
    switch (phase_) {
      case Phase::kJoining:
        return "joining";
      case Phase::kSettling:
        return "settling";
      case Phase::kMeasuring:
        return "measuring";
      case Phase::kLeaving:
      case Phase::kTidying:
        return "leaving";
    }
    return "unknown";
  }

  void on_second() {
    const Timestamp now = io::monotonic_now();
    take_sample(now);
    switch (phase_) {
      case Phase::kJoining:
        break;
      case Phase::kSettling:
        if (is_settled()) begin_window();
        break;
      case Phase::kMeasuring:
        if (in_phase() + kSecond / 2 >= TimeDelta::seconds(options_.seconds)) end_window();
        break;
      case Phase::kLeaving:
        if (crowd_.size() == 0 || in_phase() >= kLeaveLimit) set_phase(Phase::kTidying);
        break;
      case Phase::kTidying:
        if (in_phase() >= kTidyTime) {
          finish();
          return;
        }
        break;
    }
    second_timer_.set(now + kSecond);
  }

  bool is_settled() const {
    const TimeDelta asked = TimeDelta::seconds(options_.settle_seconds);
    if (in_phase() < asked) return false;
    return in_phase() >= asked * kMostSettling ||
           crowd_.live_slots(rtp::MediaKind::kVideo) == crowd_.slots(rtp::MediaKind::kVideo);
  }

  void take_sample(Timestamp now) {
    const GroupTotals lasting = crowd_.totals(Crowd::Group::kLasting);
    GroupTotals all = lasting;
    all += crowd_.totals(Crowd::Group::kPassing);
    const auto used = usage();
    const TimeDelta own = own_processor_time();
    const double length = (now - last_sample_.value_or(started_)).seconds_f();
    const uint64_t arrived = all.audio.arrived + all.video.arrived;
    const uint64_t lost = lasting.audio.packets.lost + lasting.video.packets.lost;
    load::LatencyHistogram latency = latencies_.video;
    latency.add(latencies_.audio);
    LoadSample sample{
        .at_seconds = (now - started_).seconds_f(),
        .phase = phase_name(),
        .people = crowd_.size(),
        .forwarded = static_cast<uint64_t>(static_cast<double>(arrived - last_arrived_) / length),
        .lost = lost - last_lost_,
        .p50 = latency.percentile(0.5),
        .p99 = latency.percentile(0.99),
        .server_share = std::nullopt,
        .server_resident = used ? used->resident : DataSize(),
        .own_share = (own - last_own_).seconds_f() / length};
    if (used && last_usage_)
      sample.server_share = (used->processor() - last_usage_->processor()).seconds_f() / length;
    if (phase_ == Phase::kMeasuring) {
      window_.latencies.audio.add(latencies_.audio);
      window_.latencies.video.add(latencies_.video);
    }
    latencies_.audio.clear();
    latencies_.video.clear();
    last_sample_ = now;
    last_arrived_ = arrived;
    last_lost_ = lost;
    last_usage_ = used;
    last_own_ = own;
    if (!options_.quiet) print(stdout, progress_line(sample));
    figures_.samples.push_back(std::move(sample));
  }

  // What is measured ------------------------------------------------------------------------------

  void begin_window() {
    set_phase(Phase::kMeasuring);
    window_ = {};
    window_.people = crowd_.size();
    if (options_.answering > 0)
      window_.seen = static_cast<double>(options_.answering) / options_.viewers;
    window_.lasting = crowd_.totals(Crowd::Group::kLasting);
    window_.passing = crowd_.totals(Crowd::Group::kPassing);
    window_.runs = crowd_.runs();
    window_.dropped_here = crowd_.network().dropped_receive_full;
    window_.own_processor = own_processor_time();
    window_.server_before = usage();
    if (options_.server_core) window_.server_core_busy = read_core_busy(*options_.server_core);
  }

  void end_window() {
    window_.server_after = usage();
    if (options_.server_core && window_.server_core_busy) {
      const auto busy = read_core_busy(*options_.server_core);
      window_.server_core_busy =
          busy ? std::optional(*busy - *window_.server_core_busy) : std::nullopt;
    }
    window_.length = in_phase();
    window_.own_processor = own_processor_time() - window_.own_processor;
    window_.lasting = crowd_.totals(Crowd::Group::kLasting) - window_.lasting;
    window_.passing = crowd_.totals(Crowd::Group::kPassing) - window_.passing;
    window_.runs = crowd_.runs() - window_.runs;
    window_.dropped_here = crowd_.network().dropped_receive_full - window_.dropped_here;
    window_.video_slots = crowd_.slots(rtp::MediaKind::kVideo);
    window_.live_video_slots = crowd_.live_slots(rtp::MediaKind::kVideo);
    figures_.windows.push_back(window_);
    if (options_.scenario == BenchScenario::kRamp && climb()) return;
    begin_end();
  }

  // False when the top is reached.
  bool climb() {
    if (!holds_load(figures_.windows.back())) return false;
    figures_.holds = figures_.windows.size() - 1;
    const int viewers = people_ - 1;
    if (viewers >= options_.viewers) return false;
    people_ = std::min(options_.viewers, viewers + std::max(viewers / 5, 1)) + 1;
    set_phase(Phase::kJoining);
    join_more();
    return true;
  }

  void begin_end() {
    if (phase_ == Phase::kLeaving || phase_ == Phase::kTidying) return;
    set_phase(Phase::kLeaving);
    // Of those who come and go, where some do.
    const auto whose = options_.scenario == BenchScenario::kChurn ? Crowd::Group::kPassing
                                                                  : Crowd::Group::kLasting;
    figures_.connect_times = crowd_.connect_times(whose);
    figures_.first_media_times = crowd_.first_media_times(whose);
    // Not from inside a handler.
    loop_.post([this] { crowd_.remove_all(); });
  }

  void finish() {
    figures_.server_abandoned = usage();
    print(stdout, to_table(figures_));
    if (options_.json) write(*options_.json, to_json(figures_) + "\n");
    if (options_.plot) write(*options_.plot, to_svg(figures_));
    loop_.stop();
  }

  void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    if (file) return;
    status_ = kExitFailed;
    print(stderr,
          fmt::format("parley: {} can't be written: {}.\n", path.string(), std::strerror(errno)));
  }

  const BenchLoadOptions& options_;
  std::optional<SpawnedServer> spawned_;
  const load::Material material_;
  const dtls::Certificate certificate_;
  io::SystemRandom random_;
  io::ControlLoop loop_;
  load::Latencies latencies_;  // of the current second
  Crowd crowd_;
  io::LoopTimer second_timer_;
  io::LoopTimer churn_timer_;

  pid_t server_pid_ = -1;
  int people_ = 0;  // who are to stay
  size_t next_seat_ = 0;
  size_t joining_ = 0;
  size_t settled_ = 0;
  std::optional<Timestamp> churn_began_;
  size_t passed_ = 0;
  std::vector<Crowd::Id> passing_joining_;
  std::deque<std::pair<Timestamp, Crowd::Id>> leaves_;

  Phase phase_ = Phase::kJoining;
  Timestamp started_;
  Timestamp phase_began_;
  LoadWindow window_;
  LoadFigures figures_;
  std::optional<Timestamp> last_sample_;
  uint64_t last_arrived_ = 0;
  uint64_t last_lost_ = 0;
  std::optional<ProcessUsage> last_usage_;
  TimeDelta last_own_ = own_processor_time();
  int status_ = kExitOk;
};

load::TrafficConfig traffic_of(const BenchLoadOptions& options) {
  load::TrafficConfig traffic;
  traffic.encodings = load::scaled_encodings(static_cast<size_t>(std::max(options.layers, 1)),
                                             DataRate::kbps(options.kbps));
  traffic.frames_per_second = options.frames_per_second;
  traffic.packet_bytes = static_cast<size_t>(options.packet_bytes);
  traffic.even = options.even;
  traffic.pace = options.pace;
  traffic.dtx = options.dtx;
  return traffic;
}

}  // namespace

const char* name_of(BenchScenario scenario) {
  switch (scenario) {
    case BenchScenario::kBroadcast:
      return "broadcast";
    case BenchScenario::kMeeting:
      return "meeting";
    case BenchScenario::kAudio:
      return "audio";
    case BenchScenario::kChurn:
      return "churn";
    case BenchScenario::kRamp:
      return "ramp";
  }
  return "unknown";
}

int bench_load(const BenchLoadOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  std::optional<SpawnedServer> spawned;
  if (options.spawn) {
    auto server = options.target == BenchTarget::kJanus
                      ? SpawnedServer::start_janus(
                            {.event_loops = options.janus_event_loops, .core = options.server_core})
                      : SpawnedServer::start({.shards = options.shards,
                                              .core = options.server_core,
                                              .settings = options.settings});
    if (!server) {
      print(stderr, fmt::format("parley: {}\n", server.error()));
      return kExitFailed;
    }
    spawned.emplace(std::move(*server));
  }
  if (options.own_core && !pin_to_core(*options.own_core)) {
    print(stderr, fmt::format("parley: this process can't run on core {}.\n", *options.own_core));
    return kExitFailed;
  }
  auto certificate = dtls::Certificate::generate();
  if (!certificate) {
    print(stderr, "parley: OpenSSL can't make a key for DTLS.\n");
    return kExitFailed;
  }
  const auto run = std::make_unique<LoadRun>(
      options, std::move(spawned),
      load::Material{.clip = {}, .sound = {}, .traffic = traffic_of(options)},
      std::move(*certificate));
  return run->run();
}

}  // namespace parley::app
