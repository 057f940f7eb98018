#include "app/bench_figures.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace parley::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMostLoss = 0.001;
constexpr TimeDelta kMostLatency = TimeDelta::millis(20);

double ms(TimeDelta time) {
  return static_cast<double>(time.us()) / 1000;
}
double share(TimeDelta part, TimeDelta whole) {
  return whole.us() > 0 ? static_cast<double>(part.us()) / static_cast<double>(whole.us()) : 0;
}
double mebibytes(DataSize size) {
  return static_cast<double>(size.bytes()) / (1 << 20);
}
double per_second(uint64_t count, TimeDelta time) {
  return time.us() > 0 ? static_cast<double>(count) * 1e6 / static_cast<double>(time.us()) : 0;
}

Json to_json(const load::LatencyHistogram& times) {
  if (times.count() == 0) return nullptr;
  return {{"count", times.count()},
          {"p50_ms", ms(times.percentile(0.5))},
          {"p95_ms", ms(times.percentile(0.95))},
          {"p99_ms", ms(times.percentile(0.99))},
          {"max_ms", ms(times.max())}};
}

Json to_json(const load::ReceiverCounters& counters, const load::LatencyHistogram& latency) {
  const load::LedgerCounters& packets = counters.packets;
  return {{"arrived", counters.arrived},   {"bytes", counters.bytes},
          {"received", packets.received},  {"lost", packets.lost},
          {"late", packets.late},          {"reordered", packets.reordered},
          {"repaired", packets.repaired},  {"repeated", packets.repeated},
          {"probes", counters.probes},     {"checked", counters.checked},
          {"damaged", counters.damaged},   {"misnumbered", counters.misnumbered},
          {"mistimed", counters.mistimed}, {"latency", to_json(latency)}};
}

Json to_json(const load::StreamCounters& counters) {
  return {{"packets", counters.packets},   {"bytes", counters.bytes},
          {"pictures", counters.pictures}, {"key_frames", counters.key_frames},
          {"nacked", counters.nacked},     {"repaired", counters.repaired}};
}

Json to_json(const std::optional<ProcessUsage>& usage) {
  if (!usage) return nullptr;
  return {{"user_seconds", usage->user.seconds_f()},
          {"system_seconds", usage->system.seconds_f()},
          {"resident_bytes", usage->resident.bytes()},
          {"threads", usage->threads},
          {"files", usage->files}};
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const LoadWindow& window) {
  const auto server = window.server_processor();
  const auto busy = window.server_core_busy;
  return {{"people", window.people},
          {"seconds", window.length.seconds_f()},
          {"sent",
           {{"audio", to_json(window.lasting.sound)}, {"video", to_json(window.lasting.pictures)}}},
          {"audio", to_json(window.lasting.audio, window.latencies.audio)},
          {"video", to_json(window.lasting.video, window.latencies.video)},
          {"forwarded", window.forwarded()},
          {"loss", window.loss()},
          {"video_slots", window.video_slots},
          {"live_video_slots", window.live_video_slots},
          {"run_length", window.run_length()},
          {"dropped_here", window.dropped_here},
          {"server_processor_seconds", server ? Json(server->seconds_f()) : Json(nullptr)},
          {"server_share", server ? Json(share(*server, window.length)) : Json(nullptr)},
          {"server_core_share", busy ? Json(share(*busy, window.length)) : Json(nullptr)},
          {"ns_per_packet", or_null(window.ns_per_packet())},
          {"server", to_json(window.server_after)},
          {"own_share", share(window.own_processor, window.length)}};
}

std::string times_row(const char* what, const load::LatencyHistogram& times) {
  if (times.count() == 0) return {};
  return fmt::format("  {:<22} p50 {:.2f} ms, p95 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms\n", what,
                     ms(times.percentile(0.5)), ms(times.percentile(0.95)),
                     ms(times.percentile(0.99)), ms(times.max()));
}

std::string kind_rows(const char* kind, uint64_t sent, const load::ReceiverCounters& counters,
                      const load::LatencyHistogram& latency) {
  if (sent == 0 && counters.arrived == 0) return {};
  const load::LedgerCounters& packets = counters.packets;
  std::string out = fmt::format(
      "  {:<22} {} sent, {} received, {} lost, {} late, {} reordered, {} repaired\n", kind, sent,
      packets.received, packets.lost, packets.late, packets.reordered, packets.repaired);
  out += fmt::format("  {:<22} {} looked at: {} damaged, {} misnumbered, {} mistimed\n", "",
                     counters.checked, counters.damaged, counters.misnumbered, counters.mistimed);
  return out + times_row("  latency", latency);
}

std::string server_rows(const LoadWindow& window) {
  const auto used = window.server_processor();
  if (!used || !window.server_after) return {};
  std::string out =
      fmt::format("  {:<22} {:.1f} % of a core, {:.1f} MiB, {} threads, {} files\n", "server",
                  100 * share(*used, window.length), mebibytes(window.server_after->resident),
                  window.server_after->threads, window.server_after->files);
  if (window.server_core_busy) {
    out += fmt::format("  {:<22} {:.1f} % busy in all\n", "its core",
                       100 * share(*window.server_core_busy, window.length));
  }
  if (const auto each = window.ns_per_packet())
    out += fmt::format("  {:<22} {:.0f} ns of processor\n", "a forwarded packet", *each);
  return out;
}

std::string window_rows(const LoadWindow& window) {
  std::string out = fmt::format(
      "{} people, {:.1f} s: {:.0f} packets/s forwarded, {:.1f} Mbit/s, runs of {:.1f}\n",
      window.people, window.length.seconds_f(), per_second(window.forwarded(), window.length),
      per_second(window.lasting.audio.bytes + window.lasting.video.bytes +
                     window.passing.audio.bytes + window.passing.video.bytes,
                 window.length) *
          8 / 1e6,
      window.run_length());
  if (window.video_slots > 0) {
    out += fmt::format("  {:<22} {} of {} show something\n", "slots for pictures",
                       window.live_video_slots, window.video_slots);
  }
  out += kind_rows("pictures", window.lasting.pictures.packets, window.lasting.video,
                   window.latencies.video);
  out += kind_rows("sound", window.lasting.sound.packets, window.lasting.audio,
                   window.latencies.audio);
  out += server_rows(window);
  out += fmt::format("  {:<22} {:.1f} % of a core", "this process",
                     100 * share(window.own_processor, window.length));
  if (window.dropped_here > 0)
    out += fmt::format(", {} datagrams came too fast for it", window.dropped_here);
  return out + "\n";
}

}  // namespace

uint64_t LoadWindow::forwarded() const {
  return lasting.audio.arrived + lasting.video.arrived + passing.audio.arrived +
         passing.video.arrived;
}

std::optional<TimeDelta> LoadWindow::server_processor() const {
  if (!server_before || !server_after) return std::nullopt;
  return server_after->processor() - server_before->processor();
}

std::optional<double> LoadWindow::ns_per_packet() const {
  const auto used = server_processor();
  if (!used || forwarded() == 0) return std::nullopt;
  return static_cast<double>(used->us()) * 1000 * seen / static_cast<double>(forwarded());
}

double LoadWindow::loss() const {
  const uint64_t lost = lasting.audio.packets.lost + lasting.video.packets.lost;
  const uint64_t received = lasting.audio.packets.received + lasting.video.packets.received;
  return lost + received > 0 ? static_cast<double>(lost) / static_cast<double>(lost + received) : 0;
}

double LoadWindow::run_length() const {
  return runs.messages > 0
             ? static_cast<double>(runs.datagrams) / static_cast<double>(runs.messages)
             : 0;
}

bool holds_load(const LoadWindow& window) {
  return window.loss() < kMostLoss && window.latencies.video.count() > 0 &&
         window.latencies.video.percentile(0.99) < kMostLatency &&
         window.live_video_slots == window.video_slots;
}

std::string progress_line(const LoadSample& sample) {
  std::string out = fmt::format(
      "{:6.1f} s  {:<9}  {:>5} people  {:>7} packets/s  {} lost  p50 {:.2f} ms  p99 {:.2f} ms",
      sample.at_seconds, sample.phase, sample.people, sample.forwarded, sample.lost, ms(sample.p50),
      ms(sample.p99));
  if (sample.server_share) {
    out += fmt::format("  server {:.0f} %, {:.0f} MiB", 100 * *sample.server_share,
                       mebibytes(sample.server_resident));
  }
  return out + fmt::format("  here {:.0f} %\n", 100 * sample.own_share);
}

std::string to_table(const LoadFigures& figures) {
  const BenchLoadOptions& options = figures.options;
  std::string out = fmt::format("\n{} on {}: {} joined at {:.1f}/s", name_of(options.scenario),
                                figures.server, figures.joined, figures.joins_per_second);
  if (figures.left_too_early > 0) out += fmt::format(", {} were lost", figures.left_too_early);
  out += "\n" + times_row("until connected", figures.connect_times) +
         times_row("until the first media", figures.first_media_times);
  for (const LoadWindow& window : figures.windows) out += window_rows(window);
  if (options.scenario != BenchScenario::kRamp) return out;
  if (!figures.holds) return out + "not even the first step holds\n";
  return out + fmt::format("{} people hold\n", figures.windows[*figures.holds].people);
}

std::string to_json(const LoadFigures& figures) {
  const BenchLoadOptions& options = figures.options;
  Json windows = Json::array();
  for (const LoadWindow& window : figures.windows) windows.push_back(to_json(window));
  Json samples = Json::array();
  for (const LoadSample& sample : figures.samples) {
    samples.push_back({{"at", sample.at_seconds},
                       {"phase", sample.phase},
                       {"people", sample.people},
                       {"forwarded", sample.forwarded},
                       {"lost", sample.lost},
                       {"p50_ms", ms(sample.p50)},
                       {"p99_ms", ms(sample.p99)},
                       {"server_share", or_null(sample.server_share)},
                       {"server_resident_bytes", sample.server_resident.bytes()},
                       {"own_share", sample.own_share}});
  }
  const Json out = {{"scenario", name_of(options.scenario)},
                    {"target", options.target == BenchTarget::kJanus ? "janus" : "parley"},
                    {"server", figures.server},
                    {"asked",
                     {{"viewers", options.viewers},
                      {"participants", options.participants},
                      {"room_size", options.room_size},
                      {"video_slots", options.video_slots},
                      {"audio_slots", options.audio_slots},
                      {"layers", options.layers},
                      {"kbps", options.kbps},
                      {"frames_per_second", options.frames_per_second},
                      {"packet_bytes", options.packet_bytes},
                      {"even", options.even},
                      {"joins_per_second", options.joins_per_second}}},
                    {"joined", figures.joined},
                    {"left_too_early", figures.left_too_early},
                    {"joins_per_second", figures.joins_per_second},
                    {"connect", to_json(figures.connect_times)},
                    {"first_media", to_json(figures.first_media_times)},
                    {"server_idle", to_json(figures.server_idle)},
                    {"server_abandoned", to_json(figures.server_abandoned)},
                    {"windows", std::move(windows)},
                    {"holds_people",
                     figures.holds ? Json(figures.windows[*figures.holds].people) : Json(nullptr)},
                    {"samples", std::move(samples)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parley::app
