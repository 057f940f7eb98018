#include "app/server_metrics.h"

#include <array>
#include <map>

#include "app/metrics.h"
#include "app/version.h"
#include "rtp/parameters.h"

namespace parley::app {
namespace {

const char* name_of(room::TopologyMode mode) {
  switch (mode) {
    case room::TopologyMode::kAlone:
      return "alone";
    case room::TopologyMode::kP2p:
      return "p2p";
    case room::TopologyMode::kSfu:
      return "sfu";
  }
  return "unknown";
}

const char* name_of(room::SwitchResult result) {
  switch (result) {
    case room::SwitchResult::kDone:
      return "done";
    case room::SwitchResult::kForced:
      return "forced";
    case room::SwitchResult::kAborted:
      return "aborted";
  }
  return "unknown";
}

constexpr std::array<room::TopologyMode, 3> kModes = {
    room::TopologyMode::kAlone, room::TopologyMode::kP2p, room::TopologyMode::kSfu};

void add_meetings(MetricsPage& page, const MetricsSources& sources) {
  const control::ControlPlane& control = *sources.control;
  page.gauge("parley_rooms", "Rooms with somebody in them.", {},
             static_cast<double>(control.rooms()));
  page.gauge("parley_participants", "People in rooms.", {},
             static_cast<double>(control.participants()));
  for (const room::TopologyMode mode : kModes) {
    page.gauge("parley_topology_rooms", "Rooms by the way their media takes.",
               {{"mode", name_of(mode)}}, static_cast<double>(control.rooms_in(mode)));
  }
  const auto counts = sources.peers->count();
  constexpr std::array<const char*, PeerStates::kStates> kNames = {"connecting", "connected",
                                                                   "disconnected", "failed"};
  for (size_t i = 0; i < counts.size(); ++i) {
    page.gauge("parley_peers", "Media connections to clients by state.", {{"state", kNames[i]}},
               static_cast<double>(counts[i]));
  }
  // The two that everybody watches are there before they first happen.
  std::map<control::SwitchKey, uint64_t> switches;
  switches[{room::TopologyMode::kP2p, room::TopologyMode::kSfu, room::SwitchResult::kDone}] = 0;
  switches[{room::TopologyMode::kSfu, room::TopologyMode::kP2p, room::SwitchResult::kDone}] = 0;
  for (const auto& [key, count] : control.stats().switches) switches[key] = count;
  for (const auto& [key, count] : switches) {
    page.counter(
        "parley_topology_switches_total", "Changes of the way media takes.",
        {{"from", name_of(key.from)}, {"to", name_of(key.to)}, {"result", name_of(key.result)}},
        static_cast<double>(count));
  }
  std::map<std::string_view, uint64_t> bad_input = {{"signaling", 0}};
  for (const auto& [where, count] : control.stats().bad_input) bad_input[where] = count;
  bad_input["http"] = sources.http->bad_requests + sources.http->tls_failures;
  for (const auto& [where, count] : bad_input) {
    page.counter("parley_bad_input_total", "Input refused, by the part that refused it.",
                 {{"where", std::string(where)}}, static_cast<double>(count));
  }
}

void add_media(MetricsPage& page, const MetricsSources& sources) {
  constexpr std::array<const char*, 2> kKinds = {"audio", "video"};
  static_assert(static_cast<size_t>(rtp::MediaKind::kAudio) == 0 &&
                static_cast<size_t>(rtp::MediaKind::kVideo) == 1);
  const auto sum = [&](auto&& value) {
    uint64_t total = 0;
    for (const MetricsSources::Shard& s : sources.shards) total += value(s);
    return static_cast<double>(total);
  };
  using Shard = MetricsSources::Shard;
  for (size_t k = 0; k < kKinds.size(); ++k) {
    const MetricsPage::Labels kind = {{"kind", kKinds[k]}};
    page.counter("parley_rtp_packets_received_total", "RTP packets from clients.", kind,
                 sum([k](const Shard& s) { return s.counters->received.packets[k].value(); }));
    page.counter("parley_rtp_bytes_received_total", "Their bytes.", kind,
                 sum([k](const Shard& s) { return s.counters->received.bytes[k].value(); }));
    page.counter("parley_rtp_packets_sent_total", "RTP packets to clients.", kind,
                 sum([k](const Shard& s) { return s.counters->sent.packets[k].value(); }));
    page.counter("parley_rtp_bytes_sent_total", "Their bytes.", kind,
                 sum([k](const Shard& s) { return s.counters->sent.bytes[k].value(); }));
  }
  page.counter("parley_rtp_packets_retransmitted_total", "RTP packets sent again on request.", {},
               sum([](const Shard& s) { return s.counters->retransmitted.value(); }));
  page.counter("parley_probe_packets_total", "RTP packets sent only to probe a viewer's path.", {},
               sum([](const Shard& s) { return s.counters->padding.value(); }));
  page.counter("parley_late_queues_total",
               "Times that what waited for a viewer's path was given up as too late.", {},
               sum([](const Shard& s) { return s.counters->late_queues.value(); }));
  page.counter("parley_key_frame_requests_total", "Key frames asked of senders.", {},
               sum([](const Shard& s) { return s.counters->key_frame_requests.value(); }));
  page.counter("parley_relayed_total",
               "Packets and wishes taken from other media threads, for rooms spread over several.",
               {}, sum([](const Shard& s) { return s.network->relays_received.load(); }));
  page.counter("parley_stun_answers_total", "Answers to plain STUN requests.", {},
               sum([](const Shard& s) { return s.counters->stun_answers.value(); }));

  const auto drop = [&](std::string_view reason, double count) {
    page.counter("parley_drops_total", "Packets dropped, by reason.",
                 {{"reason", std::string(reason)}}, count);
  };
  for (size_t i = 0; i < static_cast<size_t>(shard::DropReason::kCount); ++i) {
    drop(shard::to_string(static_cast<shard::DropReason>(i)),
         sum([i](const Shard& s) { return s.counters->drops[i].value(); }));
  }
  drop("relay_full", sum([](const Shard& s) { return s.network->relays_lost.load(); }));
  drop("socket_receive_full",
       sum([](const Shard& s) { return s.network->dropped_receive_full.load(); }));
  drop("socket_too_long", sum([](const Shard& s) { return s.network->dropped_too_long.load(); }));
  drop("socket_send_full", sum([](const Shard& s) { return s.network->dropped_send_full.load(); }));
  drop("socket_send_error",
       sum([](const Shard& s) { return s.network->dropped_send_error.load(); }));
}

void add_machine(MetricsPage& page, const MetricsSources& sources) {
  for (size_t i = 0; i < sources.shards.size(); ++i) {
    const MediaThreadCounters& n = *sources.shards[i].network;
    const MetricsPage::Labels shard = {{"shard", std::to_string(i)}};
    page.counter("parley_datagrams_received_total", "UDP datagrams received.", shard,
                 static_cast<double>(n.datagrams_received.load()));
    page.counter("parley_datagrams_sent_total", "UDP datagrams sent.", shard,
                 static_cast<double>(n.datagrams_sent.load()));
    page.counter("parley_send_messages_total",
                 "Messages they were sent in; fewer, where runs were joined.", shard,
                 static_cast<double>(n.send_messages.load()));
    page.counter("parley_wakeups_total", "Times the media thread woke up.", shard,
                 static_cast<double>(n.wakeups.load()));
    const shard::Counters& c = *sources.shards[i].counters;
    page.gauge("parley_kept_packets", "Payload buffers in use: for repairs, replays and pacing.",
               shard, static_cast<double>(c.kept_packets.value()));
    page.gauge("parley_pictures_share",
               "What viewers get of the pictures they could have: less than 1 where the media "
               "thread can't keep up.",
               shard, static_cast<double>(c.share_percent.value()) / 100);
    page.gauge("parley_waiting_packets", "Packets that wait for a viewer's path.", shard,
               static_cast<double>(c.waiting_packets.value()));
    page.counter("parley_media_events_lost_total", "Events the control thread was too slow for.",
                 shard, static_cast<double>(n.events_lost.load()));
  }
  page.counter("parley_media_commands_lost_total", "Commands a media thread was too slow for.", {},
               static_cast<double>(sources.media_commands_lost));
  const io::HttpCounters& http = *sources.http;
  page.gauge("parley_http_connections", "TCP connections, WebSockets included.", {},
             static_cast<double>(sources.http_connections));
  page.counter("parley_http_requests_total", "HTTP requests.", {},
               static_cast<double>(http.requests));
  page.counter("parley_http_refused_total", "Connections refused.", {{"reason", "full"}},
               static_cast<double>(http.refused_full));
  page.counter("parley_http_refused_total", "Connections refused.", {{"reason", "per_address"}},
               static_cast<double>(http.refused_per_ip));
  page.counter("parley_web_sockets_opened_total", "Signalling sockets opened.", {},
               static_cast<double>(http.web_sockets_opened));
  page.counter("parley_web_sockets_too_slow_total",
               "Signalling sockets closed because their clients didn't read.", {},
               static_cast<double>(http.web_sockets_too_slow));
  page.counter("parley_web_socket_messages_total", "Signalling messages.",
               {{"direction", "received"}}, static_cast<double>(http.messages_received));
  page.counter("parley_web_socket_messages_total", "Signalling messages.", {{"direction", "sent"}},
               static_cast<double>(http.messages_sent));
  page.gauge("parley_build_info", "Always 1; says which version runs.", {{"version", kVersion}}, 1);
}

}  // namespace

std::string render_metrics(const MetricsSources& sources) {
  MetricsPage page;
  add_meetings(page, sources);
  add_media(page, sources);
  add_machine(page, sources);
  return page.text();
}

}  // namespace parley::app
