#include "control/meeting.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "control/addresses.h"
#include "control/wire.h"

namespace parley::control {
namespace {

namespace client = signaling::client;
namespace server = signaling::server;
using signaling::ErrorCode;

room::RoomOptions options_for(const ControlConfig& config, const std::string& name) {
  const auto own = config.room_p2p.find(name);
  return {
      .capacity = config.max_participants,
      .p2p = own == config.room_p2p.end() ? config.p2p : room::stricter(config.p2p, own->second),
      .quiet_time = config.quiet_time};
}

}  // namespace

Meeting::Meeting(const Context& context, std::string name, RouterId router)
    : context_(context),
      name_(std::move(name)),
      room_(options_for(context.config, name_)),
      legs_(router, context.config.room_share, context.loads, context.registry, context.outbox),
      presenter_(legs_, context.registry),
      relay_(room_.options().p2p) {}

std::optional<Meeting::Seated> Meeting::handle_join(const Origin& origin, client::Join join,
                                                    Clock clock) {
  std::optional<Negotiated> negotiated;
  if (join.offer) {
    negotiated = negotiate_leg(origin, join.id, *join.offer, nullptr);
    if (!negotiated) return std::nullopt;
  }
  if (join.resume) {
    if (const auto id = room_.handle_resume(*join.resume, clock.now)) {
      return join_again(*id, origin, join, std::move(negotiated), clock);
    }
  }
  return join_new(origin, join, std::move(negotiated), clock);
}

std::optional<Meeting::Seated> Meeting::join_new(const Origin& origin, client::Join& join,
                                                 std::optional<Negotiated> negotiated,
                                                 Clock clock) {
  const auto admission =
      room_.handle_join(join.name, from_wire(join.state), context_.random, clock.now);
  if (!admission) {
    refuse(origin, ErrorCode::kRoomFull,
           fmt::format("This room is full ({} people). Try again later or ask the host for another "
                       "room.",
                       room_.options().capacity),
           join.id, /*fatal=*/true);
    return std::nullopt;
  }
  const room::ParticipantId id = admission->id;
  connections_[id] = origin.connection;
  std::optional<std::string> answer_sdp;
  if (negotiated) {
    answer_sdp = negotiated->answer_sdp;
    install_leg(id, *std::move(negotiated), clock.now);
  }
  welcome(id, join, /*resumed=*/false, std::move(answer_sdp), origin, clock);
  flush(clock.now);
  return Seated{.id = id, .replaced = {}};
}

Meeting::Seated Meeting::join_again(room::ParticipantId id, const Origin& origin,
                                    client::Join& join, std::optional<Negotiated> negotiated,
                                    Clock clock) {
  const ConnectionId former = std::exchange(connections_[id], origin.connection);
  if (former) {
    context_.outbox.send(former,
                         server::Closing{.reason = signaling::ClosingReason::kReplaced,
                                         .message = "You have joined again from somewhere else."});
    context_.outbox.close(former, kCloseReplaced, "replaced");
  }
  room_.handle_rename(id, join.name);
  room_.handle_state(id, from_wire(join.state));
  std::optional<std::string> answer_sdp;
  if (negotiated) {
    answer_sdp = negotiated->answer_sdp;
    set_codecs(id, *negotiated);
    legs_.open(*room_.find(id), *std::move(negotiated));
    presenter_.handle_new_leg(id);
    room_.handle_server_leg(id, false, clock.now);
  } else {
    legs_.apply_state(*room_.find(id));
  }
  const bool restarted = answer_sdp && room_.handle_reload(id, clock.now);
  watched_.erase(id);
  welcome(id, join, /*resumed=*/true, std::move(answer_sdp), origin, clock);
  if (!restarted) {
    if (const auto preparation = room_.topology().preparation(id)) {
      send(id, to_wire(*preparation));
    }
    if (const room::ParticipantId peer = direct_peer(id)) tell_watched(peer, id);
  }
  flush(clock.now);
  return {.id = id, .replaced = former};
}

void Meeting::welcome(room::ParticipantId id, const client::Join& join, bool resumed,
                      std::optional<std::string> answer_sdp, const Origin& origin, Clock clock) {
  server::Joined joined;
  joined.id = join.id;
  joined.self = room::to_text(id);
  joined.room = name_;
  joined.resume = room_.resume_token(id);
  joined.resumed = resumed;
  std::vector<server::Roster> rest;
  joined.participants = first_page(room_.roster_for(id), rest);
  joined.topology = to_wire(room_.topology().in_force(id));
  joined.answer_sdp = std::move(answer_sdp);
  joined.chat = chat_backlog(chat_.since(resumed ? join.chat_seq.value_or(0) : 0));
  joined.chat_seq = chat_.last_seq();
  const Legs::Leg* leg = legs_.find(id);
  const uint16_t port = context_.config.shards[leg != nullptr ? leg->shard : 0].media_port;
  const auto urls = stun_urls(context_.config.advertised, origin.info, port);
  if (!urls.empty()) {
    joined.ice_servers.push_back({.urls = urls, .username = {}, .credential = {}});
  }
  joined.server_time = clock.wall_ms;
  send(id, joined);
  for (const server::Roster& page : rest) send(id, page);
  if (!tell_codecs()) send(id, told_codecs_);
  for (const Presenter::Message& message : presenter_.everything_for(id)) {
    send(id, message.message);
  }
}

std::optional<Negotiated> Meeting::negotiate_leg(const Origin& origin, int64_t request,
                                                 const client::OfferBody& offer,
                                                 const Legs::Leg* former) {
  const size_t shard = former != nullptr ? former->shard : legs_.choose_shard();
  const uint16_t port = context_.config.shards[shard].media_port;
  std::vector<SocketAddress> candidates;
  for (const IpAddress& ip : media_addresses(context_.config.advertised, origin.info)) {
    candidates.push_back({ip, port});
  }
  auto negotiated =
      negotiate(offer, former != nullptr ? &former->state : nullptr, /*group=*/0, candidates,
                context_.config, context_.registry.last_track(), context_.random);
  if (negotiated) {
    negotiated->shard = shard;
    return *std::move(negotiated);
  }
  ++context_.stats.bad_input["offer"];
  refuse(origin, ErrorCode::kBadOffer, negotiated.error(), request);
  return std::nullopt;
}

void Meeting::install_leg(room::ParticipantId id, Negotiated negotiated, Timestamp now) {
  set_codecs(id, negotiated);
  const Legs::Leg* leg = legs_.find(id);
  const PeerId former = leg != nullptr ? leg->peer : PeerId{};
  legs_.update(*room_.find(id), std::move(negotiated));
  if (legs_.find(id)->peer == former) return;
  presenter_.handle_new_leg(id);
  room_.handle_server_leg(id, false, now);
}

void Meeting::handle_leave(room::ParticipantId id, Timestamp now) {
  room_.handle_leave(id, room::LeftReason::kLeft, now);
  flush(now);
}

void Meeting::handle_socket_lost(room::ParticipantId id, Timestamp now) {
  connections_.erase(id);
  room_.handle_socket_lost(id, now);
  flush(now);
}

void Meeting::handle_page_gone(room::ParticipantId id, Timestamp now) {
  connections_.erase(id);
  presenter_.handle_connected(id, false);
  room_.handle_socket_lost(id, now, room::Room::kReturnTime);
  flush(now);
}

void Meeting::handle_media_event(room::ParticipantId owner, const media::Event& event,
                                 Timestamp now) {
  if (const auto* state = std::get_if<media::PeerStateChanged>(&event)) {
    const bool connected = state->state == media::PeerState::kConnected;
    room_.handle_server_leg(owner, connected, now);
    if (state->state != media::PeerState::kConnecting) {
      presenter_.handle_connected(owner, connected);
    }
  } else if (const auto* slot = std::get_if<media::SlotSource>(&event)) {
    presenter_.handle_slot(owner, *slot);
    note_named(slot->track);
  } else if (const auto* layers = std::get_if<media::LayersWanted>(&event)) {
    presenter_.handle_layers(owner, *layers);
  } else if (const auto* speaker = std::get_if<media::DominantSpeaker>(&event)) {
    presenter_.handle_speaker(*speaker);
    note_named(speaker->track);
  } else if (const auto* quality = std::get_if<media::PeerQuality>(&event)) {
    presenter_.handle_quality(owner, *quality);
  }
}

void Meeting::handle_timeout(Timestamp now) {
  room_.handle_timeout(now);
  for (auto& [id, guard] : devices_) {
    if (guard.handle_timeout(now)) legs_.set_halvings(id, guard.halvings());
  }
  flush(now);
}

void Meeting::flush(Timestamp now) {
  room::RoomOutput out;
  while (room_.poll_output(out, now)) {
    std::visit([this](const auto& output) { take(output); }, out);
  }
  tell_codecs();
  for (const Presenter::Message& message : presenter_.take_changes(now, room_.size())) {
    if (message.to) {
      send(message.to, message.message);
    } else {
      send_all(message.message);
    }
  }
}

void Meeting::take(const room::SeatEnded& ended) {
  connections_.erase(ended.id);
  chat_rates_.erase(ended.id);
  legs_.close(ended.id);
  presenter_.handle_left(ended.id);
  watched_.erase(ended.id);
  devices_.erase(ended.id);
  codecs_.erase(ended.id);
  codecs_changed_ = true;
}

void Meeting::take(const room::RosterDiff& diff) {
  for (const server::Roster& page : pages(to_wire(diff))) {
    if (diff.to) {
      send(diff.to, page);
      continue;
    }
    const SharedText text = encode(page);
    auto excepted = diff.except.begin();
    for (const auto& [id, connection] : connections_) {
      while (excepted != diff.except.end() && *excepted < id) ++excepted;
      if (excepted != diff.except.end() && *excepted == id) continue;
      context_.outbox.send_text(connection, text);
    }
  }
}

void Meeting::take(const room::TopologyMessage& message) {
  send(message.to, to_wire(message));
  if (!message.peer) return;
  if (message.phase == room::TopologyPhase::kPrepare) watched_.erase(message.to);
  tell_watched(message.peer, message.to);
}

void Meeting::take(const room::SwitchEnded& ended) {
  ++context_.stats.switches[{ended.from, ended.to, ended.result}];
}

void Meeting::take(const room::ServerPathMissing&) {
  send_all(server::Notice{
      .code = "server_path_missing",
      .message = "Two people here talk directly and can't reach the server's media port, so the "
                 "others can't see or hear them. Trying again."});
}

room::ParticipantId Meeting::direct_peer(room::ParticipantId id) const {
  if (const auto preparation = room_.topology().preparation(id);
      preparation && preparation->mode == room::TopologyMode::kP2p) {
    return preparation->peer;
  }
  return room_.topology().in_force(id).peer;
}

void Meeting::tell_watched(room::ParticipantId viewer, room::ParticipantId publisher) {
  const std::vector<Legs::Wish>* wishes = legs_.wishes(viewer);
  if (wishes == nullptr) return;
  server::Watched watched{.by = room::to_text(viewer), .sources = {}};
  for (const Legs::Wish& wish : *wishes) {
    if (wish.participant != publisher) continue;
    const auto same =
        std::ranges::find(watched.sources, wish.source, &server::WatchedSource::source);
    if (same == watched.sources.end()) {
      watched.sources.push_back({wish.source, wish.width, wish.height});
    } else {
      same->width = std::max(same->width, wish.width);
      same->height = std::max(same->height, wish.height);
    }
  }
  const auto told = watched_.find(publisher);
  if (told != watched_.end() && told->second == watched) return;
  watched_[publisher] = watched;
  send(publisher, watched);
}

Timestamp Meeting::devices_due() const {
  Timestamp due = Timestamp::never();
  for (const auto& [id, guard] : devices_) due = std::min(due, guard.next());
  return due;
}

void Meeting::set_codecs(room::ParticipantId id, const Negotiated& negotiated) {
  codecs_[id] = codecs_taken(negotiated.description);
  codecs_changed_ = true;
}

bool Meeting::tell_codecs() {
  if (!std::exchange(codecs_changed_, false)) return false;
  std::vector<CodecSet> each;
  each.reserve(codecs_.size());
  for (const auto& [id, taken] : codecs_) each.push_back(taken);
  server::Codecs now;
  for (const rtp::Codec codec : common_codecs(context_.config.video_codecs, each))
    now.video.emplace_back(to_wire(codec));
  if (now == told_codecs_) return false;
  told_codecs_ = std::move(now);
  send_all(told_codecs_);
  return true;
}

void Meeting::note_named(TrackId track) {
  if (const auto owner = context_.registry.track(track)) room_.handle_named(owner->participant);
}

ConnectionId Meeting::connection_of(room::ParticipantId id) const {
  const auto it = connections_.find(id);
  return it == connections_.end() ? ConnectionId{} : it->second;
}

void Meeting::send(room::ParticipantId to, const signaling::ServerMessage& message) {
  if (const ConnectionId connection = connection_of(to)) context_.outbox.send(connection, message);
}

void Meeting::send_all(const signaling::ServerMessage& message) {
  const SharedText text = encode(message);
  for (const auto& [id, connection] : connections_) context_.outbox.send_text(connection, text);
}

void Meeting::refuse(const Origin& origin, ErrorCode code, std::string message,
                     std::optional<int64_t> id, bool fatal) {
  context_.outbox.send(origin.connection, error(code, std::move(message), id, fatal));
  if (fatal) context_.outbox.close(origin.connection, kCloseRefused, "refused");
}

}  // namespace parley::control
