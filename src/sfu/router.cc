#include "sfu/router.h"

#include <algorithm>
#include <array>
#include <bit>

namespace parley::sfu {
namespace {

// How often layer choices are looked at; faster would only follow noise.
constexpr TimeDelta kSteerInterval = TimeDelta::millis(100);
// Until BWE measures it: spaces repeated requests for lost packets.
constexpr TimeDelta kAssumedRoundTrip = TimeDelta::millis(60);

// Slots that a packet goes to: of so many the pages are made known side by side (as in
// Shard::touch_viewers), and so many ahead what forwarding needs begins to be fetched.
constexpr size_t kTouchedAtOnce = 32;
constexpr size_t kFetchedAhead = 5;

// Whether a viewer whose path is narrow needs this for what it will be shown: the pictures from the
// latest key frame on, and of them those that others depend on.
bool of_use(const TrackPacket& packet, const DownSlot& slot, const UpTrack& track) {
  if (packet.stream != slot.stream() || packet.frame.temporal > 0) return false;
  const UpEncoding& encoding = track.encodings()[packet.stream.encoding];
  return packet.position.sequence >= encoding.last_key_frame;
}

}  // namespace

Router::Router(RouterId id, PacketPool& pool, RandomSource& random)
    : id_(id), pool_(pool), random_(random) {}
Router::~Router() {
  clear_plans();
}

void Router::keep_payloads() {
  if (keeps_payloads_) return;
  keeps_payloads_ = true;
  pool_.pin();
}

// The last place is for what is dropped.
void Router::keep_plan() {
  if (plan_count_ == plan_capacity()) {
    ++dropped_plans_;
    return;
  }
  keep_payloads();
  ++plan_count_;
}

void Router::plan(const ForwardPlan& plan) {
  next_plan() = plan;
  keep_plan();
}

void Router::clear_plans() {
  plan_count_ = 0;
  if (!keeps_payloads_) return;
  keeps_payloads_ = false;
  pool_.unpin();
}

Router::Source* Router::find_source(TrackId track) {
  const auto it = source_of_.find(track);
  return it == source_of_.end() ? nullptr : it->second;
}

UpTrack* Router::find_track(TrackId track) {
  Source* source = find_source(track);
  return source ? source->track.get() : nullptr;
}

Router::Subscriber* Router::find_subscriber(PeerId peer) {
  const auto it = subscriber_of_.find(peer);
  return it == subscriber_of_.end() ? nullptr : it->second;
}

DownSlot* Router::find_slot(PeerId peer, uint32_t ssrc) {
  Subscriber* subscriber = find_subscriber(peer);
  if (!subscriber) return nullptr;
  for (auto* slots : {&subscriber->video_slots, &subscriber->audio_slots}) {
    for (auto& slot : *slots) {
      if (slot->description().ssrc.ssrc == ssrc) return slot.get();
    }
  }
  return nullptr;
}

void Router::set_peer(PeerId peer, uint32_t endpoint, const media::PeerDescription& description,
                      Timestamp now) {
  Subscriber* subscriber = find_subscriber(peer);
  if (!subscriber) {
    subscribers_.push_back(std::make_unique<Subscriber>());
    subscriber = subscribers_.back().get();
    subscriber_of_[peer] = subscriber;
    subscriber->peer = peer;
    subscriber->endpoint = endpoint;
  }
  if (!description.tracks.empty()) subscriber->group = description.tracks.front().group;
  const TrackIds changed = update_tracks(peer, description.tracks);
  update_slots(*subscriber, description);
  make_room();
  assign_everybody(changed, now);
  assign_video(*subscriber, now);
}

// A subscriber listens to a track with one slot at most: with this reserved, no assignment
// allocates on a packet's way.
void Router::make_room() {
  for (auto& source : sources_) source->listeners.reserve(subscribers_.size());
  voiced_.reserve(sources_.size());
  const size_t wanted = std::min(kMostPendingPlans, kPendingPlansEach * subscribers_.size());
  if (wanted > plan_capacity()) plans_.resize(wanted + 1);
}

Router::TrackIds Router::update_tracks(PeerId peer,
                                       std::span<const media::TrackDescription> tracks) {
  TrackIds added;
  for (size_t i = sources_.size(); i > 0; --i) {
    const UpTrack& track = *sources_[i - 1]->track;
    const bool kept =
        std::ranges::any_of(tracks, [&](const auto& t) { return t.id == track.id(); });
    if (track.owner() == peer && !kept) remove_source(i - 1);
  }
  for (const auto& wanted : tracks) {
    if (Source* source = find_source(wanted.id)) {
      source->track->update(wanted);
      continue;
    }
    if (!added.push_back(wanted.id)) break;
    sources_.push_back(std::make_unique<Source>());
    sources_.back()->track = std::make_unique<UpTrack>(wanted, peer, pool_);
    source_of_[wanted.id] = sources_.back().get();
    add_voice(*sources_.back());
  }
  return added;
}

void Router::update_slots(Subscriber& subscriber, const media::PeerDescription& description) {
  for (const auto& wanted : description.slots) {
    auto& slots =
        wanted.kind == rtp::MediaKind::kVideo ? subscriber.video_slots : subscriber.audio_slots;
    const auto known = std::ranges::find_if(
        slots, [&](const auto& s) { return s->description().id == wanted.id; });
    if (known != slots.end()) {
      (*known)->update(wanted);
    } else {
      slots.push_back(std::make_unique<DownSlot>(wanted, subscriber.endpoint, random_));
    }
  }
  for (auto* slots : {&subscriber.audio_slots, &subscriber.video_slots}) {
    std::erase_if(*slots, [&](const auto& slot) {
      const bool gone = std::ranges::none_of(
          description.slots, [&](const auto& d) { return d.id == slot->description().id; });
      if (gone && slot->track()) {
        std::erase_if(find_source(slot->track()->id())->listeners,
                      [&](const auto& l) { return l.second == slot.get(); });
      }
      return gone;
    });
  }
}

void Router::remove_source(size_t index) {
  Source& source = *sources_[index];
  for (auto& [subscriber, slot] : source.listeners) {
    slot->detach();
    announce(*subscriber, *slot);
  }
  if (source.speaker) speakers_.remove(*source.speaker);
  std::erase(voiced_, &source);
  source_of_.erase(source.track->id());
  sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Router::remove_peer(PeerId peer, Timestamp now) {
  const Subscriber* leaving = find_subscriber(peer);
  if (!leaving) return;
  for (auto& source : sources_) {
    std::erase_if(source->listeners, [&](const auto& l) { return l.first == leaving; });
  }
  for (size_t i = sources_.size(); i > 0; --i) {
    if (sources_[i - 1]->track->owner() == peer) remove_source(i - 1);
  }
  subscriber_of_.erase(peer);
  std::erase_if(subscribers_, [&](const auto& s) { return s.get() == leaving; });
  assign_everybody({}, now);
}

void Router::set_view(PeerId peer, std::span<const media::ViewWish> wishes, Timestamp now) {
  Subscriber* subscriber = find_subscriber(peer);
  if (!subscriber) return;
  subscriber->wishes.assign(wishes.begin(), wishes.end());
  std::ranges::stable_sort(subscriber->wishes, {}, &media::ViewWish::priority);
  assign_video(*subscriber, now);
  // A publisher at rest is woken at once; who isn't looked at any more rests at the next look
  // round.
  for (const auto& slot : subscriber->video_slots) {
    if (slot->track()) want_layers(*find_source(slot->track()->id()), now);
  }
}

void Router::set_track_enabled(TrackId track, bool enabled, Timestamp now) {
  Source* source = find_source(track);
  if (!source || source->track->enabled() == enabled) return;
  source->track->set_enabled(enabled);
  if (source->speaker) speakers_.set_enabled(*source->speaker, enabled);
  if (source->recent && !enabled) fall_silent(*source);
  TrackIds changed;
  changed.push_back(track);
  assign_everybody(changed, now);
}

void Router::handle_media(UpTrack& track, size_t index, const MediaPacket& packet, Timestamp now) {
  keep_payloads();  // before the cache lets go an old one that a plan may be about
  Source* source = find_source(track.id());
  const auto accepted = track.accept(index, packet, now);
  if (!source || !accepted) return;
  last_media_ = now;
  if (track.is_video()) measure(*source, *accepted, now);
  if (!track.announced_live() && (!track.is_video() || accepted->key_frame_start)) {
    track.set_announced_live(true);
    if (!source->home) events_.push(media::TrackLive{track.owner(), track.id()});
  }
  if (!track.is_video()) {
    handle_audio(*source, *accepted, now);
  } else if (track.enabled()) {
    deliver(*source, *accepted, now);
  }
}

// What the packet says of the layers there are, and of what they cost.
void Router::measure(Source& source, const TrackPacket& packet, Timestamp now) {
  const uint8_t encoding = packet.stream.encoding;
  if (packet.new_codec) {
    source.layer_rates.restart(encoding);
    for (auto& [subscriber, slot] : source.listeners) {
      if (slot->flowing() && slot->encoding() == encoding) slot->pause();
    }
  }
  source.layer_rates.on_packet(packet, now);
  // A repeated packet may be older than what is known.
  if (packet.layers_allocation.empty() || packet.position.sequence < source.declared_by[encoding])
    return;
  if (const auto said = rtp::parse_video_layers_allocation(packet.layers_allocation)) {
    source.declared_by[encoding] = packet.position.sequence;
    source.layer_rates.declare(*said, now);
  }
}

void Router::deliver(Source& source, const TrackPacket& packet, Timestamp now, RedPacker* packer) {
  const auto& listeners = source.listeners;
  const bool layered = packet.frame.layering != FrameInfo::Layering::kNone;
  for (size_t i = 0; i < listeners.size(); ++i) {
    if (i % kTouchedAtOnce == 0) {
      const size_t end = std::min(listeners.size(), i + kTouchedAtOnce + kFetchedAhead);
      for (size_t at = i; at < end; ++at) listeners[at].second->touch();
      for (size_t at = i; layered && at < end; ++at) listeners[at].second->touch_filter();
    }
    // Their state has left the caches since the last frame; it comes while others' plans are made.
    if (i + kFetchedAhead < listeners.size()) listeners[i + kFetchedAhead].second->prefetch(packet);
    if (layered && i + 1 < listeners.size()) listeners[i + 1].second->prefetch_filter();
    const auto& [subscriber, slot] = listeners[i];
    const bool running = slot->flowing() && slot->encoding() == packet.stream.encoding;
    // What the path is too narrow for needs no new beginning: the smaller one's comes with it, and
    // soon.
    if (running && packet.key_frame_start && slot->sinks()) {
      slot->pause();
      continue;
    }
    // Audio starts anywhere, video at a key frame of the encoding that is wanted (or of a smaller
    // one, while nothing is shown).
    if (!running) {
      const bool may_start =
          !slot->is_video() || (packet.key_frame_start && slot->decided &&
                                (slot->target() == packet.stream.encoding ||
                                 (!slot->flowing() && packet.stream.encoding < slot->target())));
      if (!may_start) continue;
      start_slot(*slot, packet, now);
    }
    const auto opus =
        packer && subscriber->redundant_audio ? slot->opus_within_red() : std::nullopt;
    ForwardPlan& place = next_plan();
    if (opus ? slot->forward(packer->pack(packet, *opus), now, place)
             : slot->forward(packet, now, place))
      keep_plan();
  }
  if (links_ != 0) relay_packet(source, packet, links_for(source, packet.stream.encoding));
}

void Router::start_slot(DownSlot& slot, const TrackPacket& packet, Timestamp now) {
  slot.start(packet.stream.encoding, packet.position, now);
  if (const auto report = slot.sender_report(now)) reports_.push(*report);
}

void Router::handle_sender_report(UpTrack& track, size_t index, uint64_t ntp, uint32_t rtp_time,
                                  Timestamp now) {
  Source* source = find_source(track.id());
  if (!source) return;
  track.on_sender_report(index, ntp, rtp_time, now);
  for (auto& [subscriber, slot] : source->listeners) {
    if (slot->encoding() != index) continue;
    if (const auto report = slot->sender_report(now)) reports_.push(*report);
  }
  relay(*source, {.kind = RelayMessage::Kind::kSenderReport,
                  .encoding = static_cast<uint8_t>(index),
                  .to = links_for(*source, static_cast<uint8_t>(index)),
                  .rtp_time = rtp_time,
                  .ntp = ntp});
}

void Router::handle_nack(PeerId peer, uint32_t ssrc, std::span<const uint16_t> sequences,
                         TimeDelta round_trip, Timestamp now) {
  DownSlot* slot = find_slot(peer, ssrc);
  // What is shown next in a slot that rests begins with a key frame.
  if (!slot || !slot->is_video() || !slot->flowing()) return;
  const int copies = find_subscriber(peer)->redundant_repairs ? 2 : 1;
  for (const uint16_t sequence : sequences) {
    if (!slot->may_repeat(sequence, round_trip, now)) continue;
    const auto origin = slot->origin_of(sequence);
    if (!origin || slot->superseded(*origin)) continue;
    const UpTrack* track = find_track(TrackId{origin->stream.track});
    if (!track) continue;
    const auto packet = track->cached(origin->stream.encoding, origin->sequence);
    if (!packet || (slot->pressed() && !of_use(*packet, *slot, *track))) continue;
    for (int i = 0; i < copies; ++i) {
      if (const auto repeat = slot->retransmit(*packet)) plan(*repeat);
    }
  }
}

void Router::set_redundant_repairs(PeerId peer, bool redundant) {
  if (Subscriber* subscriber = find_subscriber(peer)) subscriber->redundant_repairs = redundant;
}

void Router::handle_key_frame_request(PeerId peer, uint32_t ssrc, TimeDelta under_way,
                                      Timestamp now) {
  DownSlot* slot = find_slot(peer, ssrc);
  if (!slot || !slot->track() || !slot->is_video()) return;
  if (slot->flowing() && now - slot->key_frame_at() < under_way) return;
  slot->track()->want_key_frame(slot->flowing() ? slot->encoding() : slot->target());
}

void Router::handle_tick(Timestamp now, bool asks) {
  select_voices(now);
  for (auto& source : sources_) {
    UpTrack& track = *source->track;
    bool live = false;
    for (size_t i = 0; i < track.encodings().size(); ++i) live = live || track.is_live(i, now);
    if (!live) track.set_announced_live(false);
    if (!track.is_video()) continue;
    collect_repairs(*source, asks, now);
  }
  if (now < next_steer_) return;
  next_steer_ = now + kSteerInterval;
  allocate_all(now);
  const Timestamp oldest_kept = now - pool_.keep_time(UpTrack::kKeep);
  for (auto& source : sources_) {
    if (!source->track->is_video()) continue;
    source->track->forget_older(oldest_kept);
    want_layers(*source, now);
  }
}

void Router::collect_repairs(Source& source, bool asks, Timestamp now) {
  UpTrack& track = *source.track;
  const Subscriber* owner = find_subscriber(track.owner());
  if (!owner && !source.home) return;
  for (size_t i = 0; i < track.encodings().size(); ++i) {
    UpEncoding& encoding = track.encodings()[i];
    if (encoding.ssrc == 0) continue;
    if (!asks) {
      encoding.nack.give_up();
      continue;
    }
    std::array<uint16_t, 64> due;
    const size_t count = encoding.nack.collect(due, kAssumedRoundTrip, now);
    if (count > 0 && owner) {
      Feedback nack{.endpoint = owner->endpoint,
                    .kind = Feedback::Kind::kNack,
                    .media_ssrc = encoding.ssrc,
                    .sequences = {}};
      for (size_t k = 0; k < count; ++k) nack.sequences.push_back(due[k]);
      feedback_.push(nack);
    }
    const bool watched = std::ranges::any_of(source.listeners, [&](const auto& l) {
      return l.second->flowing() && l.second->encoding() == i;
    });
    if (encoding.nack.take_unrepairable() && watched) track.want_key_frame(i);
    if (!track.take_key_frame_request(i, now)) continue;
    if (source.home) {
      relay(source, {.kind = RelayMessage::Kind::kKeyFrame,
                     .encoding = static_cast<uint8_t>(i),
                     .to = 1u << *source.home});
    } else if (owner) {
      feedback_.push({.endpoint = owner->endpoint,
                      .kind = Feedback::Kind::kKeyFrame,
                      .media_ssrc = encoding.ssrc,
                      .sequences = {}});
    }
  }
}

}  // namespace parley::sfu
