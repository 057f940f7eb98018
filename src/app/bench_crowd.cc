#include "app/bench_crowd.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "io/clock.h"

namespace parley::app {
namespace {

// A slot is live that got a packet within this; silent microphones are forwarded more rarely than
// pictures.
constexpr TimeDelta kLive = TimeDelta::millis(500);

void add(load::StreamCounters& sum, const load::StreamCounters& more) {
  sum.packets += more.packets;
  sum.bytes += more.bytes;
  sum.pictures += more.pictures;
  sum.key_frames += more.key_frames;
  sum.key_frame_requests += more.key_frame_requests;
  sum.nacked += more.nacked;
  sum.repaired += more.repaired;
}

load::StreamCounters difference(const load::StreamCounters& a, const load::StreamCounters& b) {
  return {.packets = a.packets - b.packets,
          .bytes = a.bytes - b.bytes,
          .pictures = a.pictures - b.pictures,
          .key_frames = a.key_frames - b.key_frames,
          .key_frame_requests = a.key_frame_requests - b.key_frame_requests,
          .nacked = a.nacked - b.nacked,
          .repaired = a.repaired - b.repaired};
}

GroupTotals totals_of(const load::MediaLeg& media) {
  GroupTotals out;
  if (const load::MediaReceiver* receiver = media.receiver()) {
    out.audio = receiver->total(rtp::MediaKind::kAudio);
    out.video = receiver->total(rtp::MediaKind::kVideo);
  }
  if (const load::Publisher* publisher = media.publisher()) {
    out.sound = publisher->sound();
    for (size_t i = 0; i < publisher->encodings(); ++i) add(out.pictures, publisher->pictures(i));
  }
  return out;
}

}  // namespace

GroupTotals& GroupTotals::operator+=(const GroupTotals& more) {
  audio += more.audio;
  video += more.video;
  add(sound, more.sound);
  add(pictures, more.pictures);
  return *this;
}

GroupTotals GroupTotals::operator-(const GroupTotals& before) const {
  return {.audio = audio - before.audio,
          .video = video - before.video,
          .sound = difference(sound, before.sound),
          .pictures = difference(pictures, before.pictures)};
}

Crowd::Crowd(io::ControlLoop& loop, CrowdOptions options, Handlers handlers)
    : loop_(loop),
      options_(std::move(options)),
      handlers_(std::move(handlers)),
      swarm_({.merge = options_.merge}),
      timer_(loop, [this] { on_tick(); }) {
  on_tick();
}

Crowd::~Crowd() = default;

Crowd::Id Crowd::add(std::unique_ptr<load::Client> client, Group group,
                     std::optional<IpAddress> from) {
  Id id = static_cast<Id>(members_.size());
  if (free_.empty()) {
    members_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  members_[id] = std::make_unique<Member>();
  ++size_;
  Member& member = *members_[id];
  member.client = std::move(client);
  member.group = group;
  member.from = from;
  member.opened_at = io::monotonic_now();
  member.socket = std::make_unique<io::WebSocketClient>(
      loop_,
      io::WebSocketClientOptions{.server = options_.server,
                                 .path = options_.path,
                                 .subprotocol = options_.subprotocol,
                                 .verify_certificate = !options_.insecure},
      io::WebSocketClient::Handlers{.on_open = [this, id] { on_open(id); },
                                    .on_message =
                                        [this, id](std::string_view text) {
                                          members_[id]->client->handle_message(text,
                                                                               io::monotonic_now());
                                          after_input(id);
                                        },
                                    .on_close =
                                        [this, id](std::string reason) {
                                          members_[id]->client->handle_close(std::move(reason));
                                          after_input(id);
                                          loop_.post([this, id] { retire(id); });
                                        }});
  return id;
}

void Crowd::on_open(Id id) {
  Member& member = *members_[id];
  // It was to go before it was here.
  if (member.leaving) {
    member.socket->close();
    return;
  }
  const auto udp = swarm_.open(member.from.value_or(member.socket->local().ip));
  if (!udp) {
    member.client->handle_close(fmt::format("No UDP socket: {}.", udp.error().message));
    after_input(id);
    return;
  }
  member.udp = *udp;
  if (by_udp_.size() <= *udp) by_udp_.resize(*udp + 1);
  by_udp_[*udp] = id;
  member.client->handle_open(swarm_.local(*udp), member.socket->remote().ip, io::monotonic_now());
  after_input(id);
}

void Crowd::on_tick() {
  const Timestamp began = io::monotonic_now();
  // What arrives meanwhile did so when it did: told as of the tick's begin, the path seems shorter
  // than it is, and then what comes later seems to wait.
  swarm_.receive([&](const io::UdpSwarm::Arrival& arrival) {
    const Id id = by_udp_[arrival.index];
    if (members_[id]->client->media().receiver() != nullptr) {
      ++runs_.datagrams;
      if (arrival.first) ++runs_.messages;
    }
    members_[id]->client->handle_datagram(arrival.path, arrival.bytes, arrival.at,
                                          std::max(began, arrival.at));
    mark(id);
  });
  const Timestamp now = io::monotonic_now();
  for (Id id = 0; id < members_.size(); ++id) {
    if (!members_[id] || members_[id]->due > now) continue;
    members_[id]->client->handle_timeout(now);
    mark(id);
  }
  for (size_t i = 0; i < dirty_.size(); ++i) {
    members_[dirty_[i]]->dirty = false;
    after_input(dirty_[i]);
  }
  dirty_.clear();
  swarm_.flush();
  timer_.set(std::max(now + kTick, io::monotonic_now()));
}

void Crowd::mark(Id id) {
  if (!std::exchange(members_[id]->dirty, true)) dirty_.push_back(id);
}

void Crowd::after_input(Id id) {
  Member& member = *members_[id];
  flush(member);
  settle(id);
}

void Crowd::flush(Member& member) {
  std::string text;
  while (member.client->poll_message(text)) member.socket->send(std::move(text));
  if (member.udp) {
    transport::PeerTransport::Output output;
    const Timestamp now = io::monotonic_now();
    while (member.client->poll_datagram(output, now))
      swarm_.send(*member.udp, output.path.remote, output.bytes);
  }
  member.due = member.client->poll_timeout().when;
}

void Crowd::settle(Id id) {
  Member& member = *members_[id];
  if (!member.had_media) note_first_media(member);
  const load::ClientState state = member.client->state();
  const bool ended = state == load::ClientState::kEnded;
  if (member.settled) {
    if (!ended || std::exchange(member.leaving, true)) return;
    member.socket->close();
    handlers_.on_lost(
        id, fmt::format("{} is out: {}", member.client->name(), member.client->end_reason()));
    return;
  }
  if (!ended && state != load::ClientState::kConnected) return;
  member.settled = true;
  if (member.client->connected_at())
    connect_times_[static_cast<size_t>(member.group)].add(*member.client->connected_at() -
                                                          member.opened_at);
  if (ended && !std::exchange(member.leaving, true)) {
    member.socket->close();
    handlers_.on_lost(id, fmt::format("{} could not join: {}", member.client->name(),
                                      member.client->end_reason()));
  }
  handlers_.on_settled(id, !ended);
}

void Crowd::note_first_media(Member& member) {
  const load::MediaReceiver* receiver = member.client->media().receiver();
  if (receiver == nullptr) return;
  auto first = receiver->first_packet_at(rtp::MediaKind::kVideo);
  if (!first && receiver->slots(rtp::MediaKind::kVideo) == 0)
    first = receiver->first_packet_at(rtp::MediaKind::kAudio);
  if (!first) return;
  member.had_media = true;
  first_media_times_[static_cast<size_t>(member.group)].add(*first - member.opened_at);
}

void Crowd::remove(Id id) {
  Member* member = members_[id].get();
  if (member == nullptr || member->leaving) return;
  member->leaving = true;
  member->client->leave();
  flush(*member);
  member->socket->close();
}

void Crowd::remove_all() {
  for (Id id = 0; id < members_.size(); ++id) remove(id);
}

void Crowd::retire(Id id) {
  if (!members_[id]) return;
  Member& member = *members_[id];
  retired_[static_cast<size_t>(member.group)] += totals_of(member.client->media());
  if (member.udp) swarm_.close(*member.udp);
  if (member.dirty) std::erase(dirty_, id);
  members_[id].reset();
  free_.push_back(id);
  --size_;
}

GroupTotals Crowd::totals(Group group) const {
  GroupTotals sum = retired_[static_cast<size_t>(group)];
  for (const auto& member : members_) {
    if (member && member->group == group) sum += totals_of(member->client->media());
  }
  return sum;
}

size_t Crowd::live_slots(rtp::MediaKind kind) const {
  const Timestamp now = io::monotonic_now();
  size_t count = 0;
  for (const auto& member : members_) {
    if (!member || member->group != Group::kLasting) continue;
    if (const load::MediaReceiver* receiver = member->client->media().receiver())
      count += receiver->live_slots(kind, kLive, now);
  }
  return count;
}

size_t Crowd::slots(rtp::MediaKind kind) const {
  size_t count = 0;
  for (const auto& member : members_) {
    if (!member || member->group != Group::kLasting) continue;
    if (const load::MediaReceiver* receiver = member->client->media().receiver())
      count += receiver->slots(kind);
  }
  return count;
}

}  // namespace parley::app
