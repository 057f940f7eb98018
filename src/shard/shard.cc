#include "shard/shard.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "congestion/scale.h"
#include "rtp/header_extensions.h"
#include "rtp/packet.h"
#include "rtp/rtx.h"
#include "stun/message.h"
#include "stun/server.h"

namespace parley::shard {
namespace {

constexpr TimeDelta kTick = sfu::Router::kTick;
// To sleep and to wake up costs as much as to forward dozens of packets. So while anything comes,
// ticks are done with it: a camera's pictures are 33 ms apart.
constexpr TimeDelta kTickLeeway = TimeDelta::millis(20);
constexpr TimeDelta kQualityInterval = TimeDelta::seconds(2);

media::PeerState to_media(transport::PeerState state) {
  switch (state) {
    case transport::PeerState::kConnecting:
      return media::PeerState::kConnecting;
    case transport::PeerState::kConnected:
      return media::PeerState::kConnected;
    case transport::PeerState::kDisconnected:
      return media::PeerState::kDisconnected;
    case transport::PeerState::kFailed:
      return media::PeerState::kFailed;
  }
  return media::PeerState::kFailed;
}

DropReason to_drop(transport::Refusal refusal) {
  switch (refusal) {
    case transport::Refusal::kStun:
      return DropReason::kStunRefused;
    case transport::Refusal::kDtlsUnknownPath:
      return DropReason::kDtlsUnknownPath;
    case transport::Refusal::kMalformed:
      return DropReason::kMalformed;
    case transport::Refusal::kNoKeys:
      return DropReason::kNoKeys;
    case transport::Refusal::kSrtp:
      return DropReason::kSrtpRefused;
    case transport::Refusal::kNone:
    case transport::Refusal::kUnknownProtocol:
      break;
  }
  return DropReason::kUnknownProtocol;
}

}  // namespace

Shard::Shard(const dtls::Certificate& certificate, RandomSource& random, const ShardConfig& config)
    : certificate_(certificate),
      random_(random),
      pool_(config.pool_packets),
      waiting_(pool_, config.waiting_packets) {}
Shard::~Shard() = default;

Peer* Shard::peer_of(PeerId id) {
  const auto it = peer_by_id_.find(id);
  return it == peer_by_id_.end() ? nullptr : peers_[it->second].get();
}

sfu::Router* Shard::router_of(const Peer& peer) {
  return find_router(peer.router);
}

sfu::Router* Shard::find_router(RouterId id) {
  const auto it = routers_.find(id);
  return it == routers_.end() ? nullptr : it->second.get();
}

void Shard::handle_command(const media::Command& command, Timestamp now) {
  now_ = now;
  // Plans point at what commands may take away.
  for (const sfu::Router* router : dirty_routers_) PARLEY_CHECK(router->plans().empty());
  std::visit([&](const auto& c) { apply(c, now); }, command);
  note_levels();
  if (next_tick_.is_never() && !peer_by_id_.empty()) next_tick_ = now + kTick;
}

void Shard::apply(const media::CreatePeer& command, Timestamp now) {
  if (peer_of(command.peer)) return;
  const auto free = std::ranges::find_if(peers_, [](const auto& p) { return !p; });
  const auto endpoint = static_cast<uint32_t>(free - peers_.begin());
  if (free == peers_.end()) {
    peers_.emplace_back();
    ticks_.emplace_back();
    reaches_.emplace_back();
  }
  peers_[endpoint] = std::make_unique<Peer>(command.peer, command.router, endpoint, certificate_,
                                            waiting_, command.description, now);
  wake(*peers_[endpoint]);
  peer_by_id_[command.peer] = endpoint;
  know_ufrag(*peers_[endpoint], command.description.local.ufrag);
  // Every list that a packet's way appends to has room for all peers from here on.
  marked_.reserve(peers_.size());
  pacing_.reserve(peers_.size());
  due_reports_.reserve(peers_.size());
  auto& router = routers_[command.router];
  if (!router) router = std::make_unique<sfu::Router>(command.router, pool_, random_);
  dirty_routers_.reserve(routers_.size());
  router->set_peer(command.peer, endpoint, command.description, now);
  voices_.reserve(peers_.size(), router->plan_capacity());
  pictures_.reserve(peers_.size(), router->plan_capacity());
  touch(*router);
}

void Shard::apply(const media::UpdatePeer& command, Timestamp now) {
  Peer* peer = peer_of(command.peer);
  if (!peer) return;
  peer->configure(command.description, now);
  wake(*peer);
  // An old user fragment stays known until the peer goes: checks with it still come while the
  // restart is under way.
  know_ufrag(*peer, command.description.local.ufrag);
  if (auto* router = router_of(*peer)) {
    router->set_peer(command.peer, peer->endpoint, command.description, now);
    touch(*router);
  }
  mark(*peer);
}

void Shard::apply(const media::RemovePeer& command, Timestamp now) {
  Peer* peer = peer_of(command.peer);
  if (!peer) return;
  const uint32_t endpoint = peer->endpoint;
  const auto router = routers_.find(peer->router);
  if (router != routers_.end()) {
    router->second->remove_peer(command.peer, now);
    std::erase(dirty_routers_, router->second.get());
    if (router->second->empty()) {
      std::erase(linked_, router->second.get());
      routers_.erase(router);
    } else {
      touch(*router->second);
    }
  }
  // By name: to look through everybody's would cost more, the more people there are.
  const auto forget = [endpoint](auto& known, const auto& names) {
    for (const auto& name : names) {
      const auto found = known.find(name);
      if (found != known.end() && found->second == endpoint) known.erase(found);
    }
  };
  forget(peer_by_path_, peer->paths);
  forget(peer_by_ufrag_, peer->ufrags);
  std::erase(marked_, endpoint);
  std::erase(due_reports_, endpoint);
  std::erase(pacing_, endpoint);
  pacing_at_ = 0;
  peer_by_id_.erase(command.peer);
  peers_[endpoint].reset();
  reaches_[endpoint] = {};
  ticks_[endpoint] = Timestamp::never();
  if (peer_by_id_.empty()) {
    next_tick_ = Timestamp::never();
    overload_ = {};
  }
}

void Shard::apply(const media::SetView& command, Timestamp now) {
  Peer* peer = peer_of(command.peer);
  sfu::Router* router = peer ? router_of(*peer) : nullptr;
  if (!router) return;
  router->set_view(command.peer, command.wishes, now);
  touch(*router);
}

void Shard::apply(const media::SetTrackEnabled& command, Timestamp now) {
  for (auto& [id, router] : routers_) {
    if (!router->find_track(command.track)) continue;
    router->set_track_enabled(command.track, command.enabled, now);
    touch(*router);
    return;
  }
}

void Shard::apply(const media::SetLinks& command, Timestamp now) {
  sfu::Router* router = find_router(command.router);
  if (!router) return;
  router->set_links(command.self, command.others, command.leads, now);
  if (std::ranges::find(linked_, router) == linked_.end()) linked_.push_back(router);
  touch(*router);
}

void Shard::apply(const media::SetRemoteTracks& command, Timestamp now) {
  sfu::Router* router = find_router(command.router);
  if (!router) return;
  router->set_remote_tracks(command.peer, command.home, command.tracks, now);
  touch(*router);
}

void Shard::handle_relay(const sfu::RelayMessage& message, Timestamp now) {
  now_ = now;
  sfu::Router* router = find_router(message.router);
  if (!router) return;  // its last person here has just left
  router->handle_relay(message, now);
  touch(*router);
}

bool Shard::poll_relay(sfu::RelayMessage& out) {
  return std::ranges::any_of(linked_, [&](sfu::Router* router) { return router->poll_relay(out); });
}

Peer* Shard::find_peer(const FlowPath& path, Bytes datagram) {
  const auto known = peer_by_path_.find(path);
  const bool stun = transport::classify(datagram) == transport::PacketClass::kStun;
  if (known != peer_by_path_.end() && !stun) return peers_[known->second].get();
  if (!stun) return nullptr;
  // Checks name their peer; the same address may be reused by another one after a page reload.
  const auto ufrag = ice::LiteAgent::local_ufrag_of(datagram);
  if (!ufrag) return known != peer_by_path_.end() ? peers_[known->second].get() : nullptr;
  const auto named = peer_by_ufrag_.find(std::string(*ufrag));
  return named != peer_by_ufrag_.end() ? peers_[named->second].get() : nullptr;
}

void Shard::know_path(Peer& peer, const FlowPath& path) {
  peer_by_path_[path] = peer.endpoint;
  if (std::ranges::find(peer.paths, path) != peer.paths.end()) return;
  if (peer.paths.size() == Peer::kMostPaths) {
    const auto oldest = peer_by_path_.find(peer.paths.front());
    if (oldest != peer_by_path_.end() && oldest->second == peer.endpoint)
      peer_by_path_.erase(oldest);
    peer.paths.erase(peer.paths.begin());
  }
  peer.paths.push_back(path);
}

void Shard::know_ufrag(Peer& peer, const std::string& ufrag) {
  peer_by_ufrag_[ufrag] = peer.endpoint;
  if (std::ranges::find(peer.ufrags, ufrag) == peer.ufrags.end()) peer.ufrags.push_back(ufrag);
}

void Shard::answer_stun(const FlowPath& path, Bytes datagram) {
  if (egress_.exhausted()) return counters_.drop(DropReason::kQueueFull);
  const auto size = stun::answer_binding(datagram, path.remote, egress_.room());
  if (!size) return counters_.drop(DropReason::kStunRefused);
  egress_.turn_to(path);
  egress_.add(*size);
  counters_.stun_answers.add();
}

void Shard::handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now,
                            TimeDelta waited) {
  now_ = now;
  Peer* peer = find_peer(path, datagram);
  if (!peer) {
    // A check for a peer that is gone is no plain STUN request; answering it would keep a dead
    // client hoping.
    if (stun::is_stun(datagram) && !ice::LiteAgent::local_ufrag_of(datagram)) {
      answer_stun(path, datagram);
    } else {
      counters_.drop(DropReason::kUnknownPeer);
    }
    return;
  }
  wake(*peer);
  const auto received = peer->transport.handle_datagram(path, datagram, now);
  switch (received.kind) {
    case transport::Received::Kind::kNone:
      if (transport::classify(datagram) == transport::PacketClass::kStun) know_path(*peer, path);
      mark(*peer);
      write_transport();  // an agent keeps few answers
      note_state(*peer, now);
      break;
    case transport::Received::Kind::kRtp:
      handle_rtp(*peer, received.packet, now - waited, now);
      break;
    case transport::Received::Kind::kRtcp:
      handle_rtcp(*peer, received.packet, now);
      break;
    case transport::Received::Kind::kRefused:
      counters_.drop(to_drop(received.refusal));
      mark(*peer);  // a refused check has an error answer
      write_transport();
      break;
  }
}

// The way of a packet: parse, note its arrival, find its stream, undo RTX, hand it to the router.
void Shard::handle_rtp(Peer& peer, MutableBytes packet, Timestamp arrival, Timestamp now) {
  auto view = rtp::PacketView::parse(packet);
  if (!view) return counters_.drop(DropReason::kRtpUnparsed);
  auto extensions = rtp::parse_header_extensions(*view, peer.extensions);
  if (extensions.transport_sequence)
    peer.arrivals.on_packet(*extensions.transport_sequence, arrival);
  if (peer.uplink && extensions.abs_send_time) {
    const auto size = DataSize::bytes(static_cast<int64_t>(packet.size()));
    peer.uplink->on_packet(*extensions.abs_send_time, size + Downlink::kPacketOverhead, arrival);
  }
  const auto stream = peer.demuxer.find(view->ssrc, view->payload_type, extensions.mid,
                                        extensions.rid, extensions.repaired_rid);
  sfu::Router* router = router_of(peer);
  sfu::UpTrack* track = stream && router ? router->find_track(stream->track) : nullptr;
  if (!track || stream->encoding >= track->encodings().size())
    return counters_.drop(DropReason::kUnknownStream);
  counters_.received.count(track->description().kind, packet.size());

  sfu::UpEncoding& encoding = track->encodings()[stream->encoding];
  sfu::MediaPacket media;
  if (stream->rtx) {
    encoding.rtx_ssrc = view->ssrc;
    if (encoding.ssrc == 0) return;
    const auto& codecs = track->description().codecs;
    const auto codec =
        std::ranges::find(codecs, view->payload_type, &rtp::CodecParameters::rtx_payload_type);
    if (codec == codecs.end()) return counters_.drop(DropReason::kUnknownStream);
    const auto original = rtp::restore_from_rtx(packet, *view, codec->payload_type, encoding.ssrc);
    if (!original) return;  // a padding probe
    view = rtp::PacketView::parse(*original);
    if (!view) return counters_.drop(DropReason::kRtpUnparsed);
    extensions = rtp::parse_header_extensions(*view, peer.extensions);  // it was moved
    media.retransmitted = true;
  } else {
    encoding.ssrc = view->ssrc;
  }
  media.sequence = view->sequence_number;
  media.rtp_time = view->timestamp;
  media.marker = view->marker;
  media.payload_type = view->payload_type;
  media.payload = view->payload;
  media.dependencies = extensions.dependency_descriptor;
  media.layers_allocation = extensions.video_layers_allocation;
  if (extensions.audio_level) media.audio_level = extensions.audio_level->level;
  if (extensions.video_orientation)
    media.orientation = rtp::write_video_orientation(*extensions.video_orientation)[0];
  router->handle_media(*track, stream->encoding, media, now);
  touch(*router);
}

void Shard::tick(Peer& peer, Timestamp now) {
  if (peer.transport.poll_timeout().when <= now) {
    peer.transport.handle_timeout(now);
    mark(peer);
  }
  note_state(peer, now);
  if (peer.announced != media::PeerState::kConnected) return;
  if (sfu::Router* router = router_of(peer)) steer(peer, *router, now);
  if (now >= peer.next_quality) {
    peer.next_quality = now + kQualityInterval;
    float uplink = 0;
    sfu::Router* router = router_of(peer);
    for (const auto& description : peer.tracks) {
      const sfu::UpTrack* track = router ? router->find_track(description.id) : nullptr;
      if (!track) continue;
      for (const auto& encoding : track->encodings())
        uplink = std::max(uplink, encoding.statistics.last_loss());
    }
    events_.push_back(media::PeerQuality{peer.id, peer.round_trip, uplink, peer.downlink_loss});
  }
  if (const auto rate = peer.uplink ? peer.uplink->poll(now) : std::nullopt) {
    peer.rate_to_tell = rate;
    peer.next_report = now;
  }
  if (peer.arrivals.is_due(now) || now >= peer.next_report) due_reports_.push_back(peer.endpoint);
}

// What the path carries, and this thread, bounds what is chosen for it, and what would be chosen
// bounds what the path is probed for.
void Shard::steer(Peer& peer, sfu::Router& router, Timestamp now) {
  peer.downlink.handle_tick(now);
  peer.downlink.judge_lines(now, [&](uint32_t ssrc, Downlink::Lateness lateness) {
    if (lateness == Downlink::Lateness::kGivenUp) {
      counters_.late_queues.add();
      router.restart_video(peer.id, ssrc, now);
    } else {
      router.set_pressed(peer.id, ssrc, lateness == Downlink::Lateness::kPressed);
    }
  });
  router.set_redundant_audio(peer.id, peer.downlink.wants_redundant_audio(peer.downlink_loss));
  router.set_redundant_repairs(peer.id, peer.downlink.wants_redundant_repairs(peer.downlink_loss));
  DataRate demand = router.demand(peer.id);
  std::optional<DataRate> budget = peer.downlink.video_budget(now);
  if (overload_.share() < 1) {
    demand = congestion::scale(demand, overload_.share_of(peer.endpoint));
    budget = std::min(budget.value_or(demand), demand);
  }
  router.set_budget(peer.id, budget, now);
  if (router.carries_media(now)) {
    peer.downlink.set_video_demand(demand, now);
  } else {
    peer.downlink.rest();
  }
  pace(peer);
}

void Shard::handle_timeout(Timestamp now) {
  now_ = now;
  if (now >= next_pace_) {
    pacing_at_ = 0;
    next_pace_ = Timestamp::never();
  }
  if (now < next_tick_) return;
  next_tick_ = peer_by_id_.empty() ? Timestamp::never() : now + kTick;
  overload_.update(now);
  for (size_t endpoint = 0; endpoint < ticks_.size(); ++endpoint) {
    if (now < ticks_[endpoint]) continue;
    Peer& peer = *peers_[endpoint];
    tick(peer, now);
    ticks_[endpoint] = peer.needs_tick(now);
  }
  // All of them, so there is no need to look each one up among the others.
  dirty_routers_.clear();
  for (auto& [id, router] : routers_) {
    router->handle_tick(now, !overload_.loses());
    dirty_routers_.push_back(router.get());
  }
  note_levels();
}

void Shard::note_levels() {
  counters_.kept_packets.set(pool_.capacity() - pool_.free_packets());
  counters_.waiting_packets.set(waiting_.capacity() - waiting_.free_places());
  counters_.share_percent.set(static_cast<uint64_t>(std::lround(overload_.share() * 100)));
}

void Shard::note_state(Peer& peer, Timestamp) {
  const media::PeerState state = to_media(peer.transport.state());
  const auto path = peer.transport.media_path();
  if (state == peer.announced &&
      (path == peer.announced_path || state != media::PeerState::kConnected))
    return;
  peer.announced = state;
  peer.announced_path = path;
  events_.push_back(media::PeerStateChanged{peer.id, state, path.value_or(FlowPath{}),
                                            peer.transport.state_reason()});
}

void Shard::touch(sfu::Router& router) {
  // Few are dirty at once: one per datagram, all of them only at a tick.
  if (std::ranges::find(dirty_routers_, &router) == dirty_routers_.end())
    dirty_routers_.push_back(&router);
}

void Shard::mark(Peer& peer) {
  if (peer.marked) return;
  peer.marked = true;
  marked_.push_back(peer.endpoint);
}

bool Shard::poll_event(media::Event& out) {
  if (next_event_ == events_.size()) {
    events_.clear();
    next_event_ = 0;
    return false;
  }
  out = std::move(events_[next_event_++]);
  return true;
}

Deadline Shard::poll_timeout() const {
  if (next_pace_ < next_tick_) return {next_pace_, "pacer"};
  if (next_tick_.is_never()) return {};
  return {next_tick_, "tick", std::min(kTickLeeway, next_pace_ - next_tick_)};
}

}  // namespace parley::shard
