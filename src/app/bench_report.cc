#include "app/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace parley::app {
namespace {

using Json = nlohmann::ordered_json;

std::vector<int64_t> sorted_connect_times(const RunFigures& run) {
  std::vector<int64_t> times;
  for (const ParticipantFigures& one : run.participants) {
    if (one.connect_time) times.push_back(one.connect_time->ms());
  }
  std::ranges::sort(times);
  return times;
}

// The nearest rank; `sorted` isn't empty.
int64_t percentile(const std::vector<int64_t>& sorted, size_t percent) {
  const size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<size_t>(rank, 1) - 1];
}

double seconds(TimeDelta time) {
  return static_cast<double>(time.us()) / 1e6;
}

double joins_per_second(const RunFigures& run) {
  const size_t connected = sorted_connect_times(run).size();
  if (!run.all_connected || run.all_connected->us() <= 0) return 0;
  return static_cast<double>(connected) / seconds(*run.all_connected);
}

Json to_json(const load::StreamCounters& counters) {
  return {{"packets", counters.packets}, {"bytes", counters.bytes}};
}

Json to_json(const EncodingFigures& encoding) {
  const load::StreamCounters& counters = encoding.counters;
  return {{"rid", encoding.rid},
          {"wanted", encoding.wanted},
          {"packets", counters.packets},
          {"bytes", counters.bytes},
          {"pictures", counters.pictures},
          {"key_frames", counters.key_frames},
          {"key_frame_requests", counters.key_frame_requests},
          {"nacked", counters.nacked},
          {"repaired", counters.repaired}};
}

Json to_json(const ParticipantFigures& one) {
  Json pictures = Json::array();
  for (const EncodingFigures& encoding : one.pictures) pictures.push_back(to_json(encoding));
  return {{"name", one.name},
          {"id", one.id},
          {"state", one.state},
          {"connect_ms", one.connect_time ? Json(one.connect_time->ms()) : Json(nullptr)},
          {"audio", to_json(one.sound)},
          {"video", std::move(pictures)}};
}

std::string table_row(const std::string& name, const std::string& connect,
                      const ParticipantFigures& one) {
  std::string row = fmt::format("{:<20} {:>10} {:>9}", name, connect, one.sound.packets);
  uint64_t requests = 0;
  uint64_t nacked = 0;
  uint64_t repaired = 0;
  for (const EncodingFigures& encoding : one.pictures) {
    row += fmt::format(" {:>9}", encoding.counters.packets);
    requests += encoding.counters.key_frame_requests;
    nacked += encoding.counters.nacked;
    repaired += encoding.counters.repaired;
  }
  return row + fmt::format(" {:>10} {:>9} {:>9}\n", requests, nacked, repaired);
}

void add(load::StreamCounters& sum, const load::StreamCounters& more) {
  sum.packets += more.packets;
  sum.bytes += more.bytes;
  sum.key_frame_requests += more.key_frame_requests;
  sum.nacked += more.nacked;
  sum.repaired += more.repaired;
}

}  // namespace

std::string connected_line(const RunFigures& run) {
  const auto times = sorted_connect_times(run);
  if (times.empty() || !run.all_connected) return "connected 0 participants\n";
  return fmt::format(
      "connected {} participants to {} in {:.2f} s ({:.1f} joins/s; each in {} ms median, {} ms "
      "p95, "
      "{} ms at most)\n",
      times.size(), run.server, seconds(*run.all_connected), joins_per_second(run),
      percentile(times, 50), percentile(times, 95), times.back());
}

std::string to_table(const RunFigures& run) {
  if (run.participants.empty()) return {};
  std::string out = fmt::format("{:<20} {:>10} {:>9}", "participant", "connect_ms", "audio");
  ParticipantFigures sum;
  for (const EncodingFigures& encoding : run.participants.front().pictures) {
    out += fmt::format(" {:>9}", "video/" + encoding.rid);
    sum.pictures.push_back({.rid = encoding.rid});
  }
  out += fmt::format(" {:>10} {:>9} {:>9}\n", "key_frame?", "nacked", "repaired");
  for (const ParticipantFigures& one : run.participants) {
    out += table_row(one.name,
                     one.connect_time ? std::to_string(one.connect_time->ms()) : one.state, one);
    add(sum.sound, one.sound);
    for (size_t i = 0; i < sum.pictures.size() && i < one.pictures.size(); ++i)
      add(sum.pictures[i].counters, one.pictures[i].counters);
  }
  out += table_row("all", "", sum);
  uint64_t bytes = sum.sound.bytes;
  for (const EncodingFigures& encoding : sum.pictures) bytes += encoding.counters.bytes;
  const double time = seconds(run.elapsed);
  return out + fmt::format("{:.1f} s, {:.2f} Mbit/s of media sent, {:.0f} % of one core\n", time,
                           time > 0 ? static_cast<double>(bytes) * 8 / 1e6 / time : 0,
                           time > 0 ? seconds(run.processor) * 100 / time : 0);
}

std::string to_json(const RunFigures& run) {
  const auto times = sorted_connect_times(run);
  Json connect = nullptr;
  if (!times.empty()) {
    connect = {
        {"median", percentile(times, 50)}, {"p95", percentile(times, 95)}, {"max", times.back()}};
  }
  Json participants = Json::array();
  for (const ParticipantFigures& one : run.participants) participants.push_back(to_json(one));
  const Json out = {{"server", run.server},
                    {"room", run.room},
                    {"seconds", seconds(run.elapsed)},
                    {"processor_seconds", seconds(run.processor)},
                    {"connected", times.size()},
                    {"joins_per_second", joins_per_second(run)},
                    {"connect_ms", std::move(connect)},
                    {"participants", std::move(participants)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parley::app
