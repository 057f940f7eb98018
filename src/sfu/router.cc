#include "sfu/router.h"

#include <algorithm>
#include <array>
#include <bit>

namespace parley::sfu {
namespace {

// How often layer choices are looked at; faster would only follow noise.
constexpr TimeDelta kSteerInterval = TimeDelta::millis(100);
// An encoding that nobody wants any more is stopped after this, so that a flick through pages costs
// no key frame.
constexpr TimeDelta kLayerRest = TimeDelta::seconds(2);
constexpr TimeDelta kDominantHold = TimeDelta::millis(600);
// Until BWE measures it: spaces repeated requests for lost packets.
constexpr TimeDelta kAssumedRoundTrip = TimeDelta::millis(60);

}  // namespace

Router::Router(RouterId id, PacketPool& pool, RandomSource& random)
    : id_(id), pool_(pool), random_(random) {}
Router::~Router() = default;

Router::Source* Router::find_source(TrackId track) {
  for (auto& source : sources_) {
    if (source->track->id() == track) return source.get();
  }
  return nullptr;
}

UpTrack* Router::find_track(TrackId track) {
  Source* source = find_source(track);
  return source ? source->track.get() : nullptr;
}

Router::Subscriber* Router::find_subscriber(PeerId peer) {
  for (auto& subscriber : subscribers_) {
    if (subscriber->peer == peer) return subscriber.get();
  }
  return nullptr;
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
    subscriber->peer = peer;
    subscriber->endpoint = endpoint;
  }
  if (!description.tracks.empty()) subscriber->group = description.tracks.front().group;
  update_tracks(peer, description);
  update_slots(*subscriber, description);
  // A subscriber listens to a track with one slot at most: with this reserved, no assignment
  // allocates on a packet's way.
  for (auto& source : sources_) source->listeners.reserve(subscribers_.size());
  assign_all(now);
}

void Router::update_tracks(PeerId peer, const media::PeerDescription& description) {
  for (size_t i = sources_.size(); i > 0; --i) {
    const UpTrack& track = *sources_[i - 1]->track;
    const bool kept =
        std::ranges::any_of(description.tracks, [&](const auto& t) { return t.id == track.id(); });
    if (track.owner() == peer && !kept) remove_source(i - 1);
  }
  for (const auto& wanted : description.tracks) {
    if (Source* source = find_source(wanted.id)) {
      source->track->update(wanted);
      continue;
    }
    sources_.push_back(std::make_unique<Source>());
    sources_.back()->track = std::make_unique<UpTrack>(wanted, peer, pool_);
  }
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
  if (dominant_ == source.track->id()) dominant_ = {};
  sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Router::remove_peer(PeerId peer) {
  const Subscriber* leaving = find_subscriber(peer);
  if (!leaving) return;
  for (auto& source : sources_) {
    std::erase_if(source->listeners, [&](const auto& l) { return l.first == leaving; });
  }
  for (size_t i = sources_.size(); i > 0; --i) {
    if (sources_[i - 1]->track->owner() == peer) remove_source(i - 1);
  }
  std::erase_if(subscribers_, [&](const auto& s) { return s.get() == leaving; });
}

void Router::set_view(PeerId peer, std::span<const media::ViewWish> wishes, Timestamp now) {
  Subscriber* subscriber = find_subscriber(peer);
  if (!subscriber) return;
  subscriber->wishes.assign(wishes.begin(), wishes.end());
  std::ranges::stable_sort(subscriber->wishes, {}, &media::ViewWish::priority);
  assign_video(*subscriber, now);
}

void Router::set_track_enabled(TrackId track, bool enabled, Timestamp now) {
  Source* source = find_source(track);
  if (!source || source->track->enabled() == enabled) return;
  source->track->set_enabled(enabled);
  assign_all(now);
}

bool Router::hears(const Subscriber& subscriber, const UpTrack& track) const {
  return track.owner() != subscriber.peer &&
         (subscriber.group == 0 || track.description().group != subscriber.group);
}

void Router::announce(const Subscriber& subscriber, const DownSlot& slot) {
  events_.push(media::SlotSource{.peer = subscriber.peer,
                                 .slot = slot.description().id,
                                 .track = slot.track() ? slot.track()->id() : TrackId{},
                                 .rtp_timestamp = slot.current_rtp_time()});
}

void Router::assign_slot(Subscriber& subscriber, DownSlot& slot, Source* source, Timestamp now) {
  UpTrack* track = source ? source->track.get() : nullptr;
  if (slot.track() == track) return;
  if (slot.track()) {
    if (Source* old = find_source(slot.track()->id())) {
      std::erase_if(old->listeners, [&](const auto& l) { return l.second == &slot; });
    }
  }
  slot.assign(track);
  if (source) source->listeners.emplace_back(&subscriber, &slot);
  announce(subscriber, slot);
  if (source && slot.is_video()) try_replay(*source, slot, now);
}

void Router::assign_all(Timestamp now) {
  for (auto& subscriber : subscribers_) {
    assign_audio(*subscriber, now);
    assign_video(*subscriber, now);
  }
}

// Audio rules: with a slot for everyone each keeps one, in order of publishing (so lips stay in
// sync with the paired video slot); with more people than slots, selected voices take the slots of
// those who were silent longest.
void Router::assign_audio(Subscriber& subscriber, Timestamp now) {
  auto& slots = subscriber.audio_slots;
  // A muted microphone keeps its slot; the sound of a screen has one only while it is shared.
  const auto wants = [&](const UpTrack& track) {
    return !track.is_video() && hears(subscriber, track) &&
           (track.enabled() || !track.description().screen);
  };
  for (auto& slot : slots) {
    if (slot->track() && !wants(*slot->track())) assign_slot(subscriber, *slot, nullptr, now);
  }
  size_t others = 0;
  for (const auto& source : sources_) {
    if (wants(*source->track)) ++others;
  }
  const bool room_for_all = others <= slots.size();
  for (auto& source : sources_) {
    const UpTrack& track = *source->track;
    if (!wants(track) || !(room_for_all || source->voiced)) continue;
    DownSlot* place = nullptr;
    bool has_one = false;
    for (auto& slot : slots) {
      if (slot->track() == &track) {
        slot->last_active = now;
        has_one = true;
      } else if (!slot->track()) {
        if (!place || place->track()) place = slot.get();
      } else if (!room_for_all &&
                 (!place || (place->track() && slot->last_active < place->last_active))) {
        const Source* holder = find_source(slot->track()->id());
        if (!holder->voiced) place = slot.get();
      }
    }
    if (has_one || !place) continue;
    place->last_active = now;
    assign_slot(subscriber, *place, source.get(), now);
  }
}

DownSlot* Router::preferred_video_slot(Subscriber& subscriber, const UpTrack& track) {
  for (size_t i = 0; i < std::min(subscriber.audio_slots.size(), subscriber.video_slots.size());
       ++i) {
    const UpTrack* voice = subscriber.audio_slots[i]->track();
    if (voice && voice->description().group == track.description().group &&
        voice->description().screen == track.description().screen) {
      return subscriber.video_slots[i].get();
    }
  }
  return nullptr;
}

// Video rules: the first as many wishes as there are slots are served, the most important first; a
// source that keeps being wished keeps its slot; a new one takes the slot paired with its audio if
// that is free, else any.
void Router::assign_video(Subscriber& subscriber, Timestamp now) {
  auto& slots = subscriber.video_slots;
  BoundedVector<Source*, 64> served;
  for (const auto& wish : subscriber.wishes) {
    Source* source = find_source(wish.track);
    if (!source || !source->track->is_video() || !source->track->enabled() ||
        !hears(subscriber, *source->track))
      continue;
    if (served.size() == slots.size() || !served.push_back(source)) break;
  }
  for (auto& slot : slots) {
    const bool kept = std::ranges::any_of(
        served, [&](const Source* s) { return s->track.get() == slot->track(); });
    if (slot->track() && !kept) assign_slot(subscriber, *slot, nullptr, now);
  }
  for (Source* source : served) {
    const auto holds = [&](const auto& slot) { return slot->track() == source->track.get(); };
    if (std::ranges::any_of(slots, holds)) continue;
    DownSlot* place = preferred_video_slot(subscriber, *source->track);
    if (!place || place->track()) {
      // From the back, so that the slots paired with voices stay free for them.
      for (size_t i = slots.size(); i > 0 && (!place || place->track()); --i)
        place = slots[i - 1].get();
    }
    for (const auto& wish : subscriber.wishes) {
      if (wish.track == source->track->id()) place->wanted_height = wish.height;
    }
    assign_slot(subscriber, *place, source, now);
  }
  for (auto& slot : slots) {
    for (const auto& wish : subscriber.wishes) {
      if (slot->track() && wish.track == slot->track()->id()) slot->wanted_height = wish.height;
    }
  }
}

void Router::handle_media(UpTrack& track, size_t index, const MediaPacket& packet, Timestamp now) {
  Source* source = find_source(track.id());
  const auto accepted = track.accept(index, packet, now);
  if (!source || !accepted) return;
  if (!track.is_video()) {
    track.speech().add(packet.audio_level.value_or(packet.payload.size() > 8 ? 40 : 127), now);
    if (!source->voiced && track.enabled() && track.speech().is_beginning(now))
      set_voiced(*source, true, now);
  }
  if (!track.announced_live() && (!track.is_video() || accepted->key_frame_start)) {
    track.set_announced_live(true);
    events_.push(media::TrackLive{track.owner(), track.id()});
  }
  if (!track.enabled() || (!track.is_video() && !source->voiced)) return;
  deliver(*source, *accepted, now);
}

void Router::deliver(Source& source, const TrackPacket& packet, Timestamp now) {
  for (auto& [subscriber, slot] : source.listeners) {
    const bool running = slot->flowing() && slot->encoding() == packet.stream.encoding;
    // Audio starts anywhere, video at a key frame of the encoding that is wanted (or of any, while
    // nothing is shown).
    if (!running) {
      const bool may_start =
          !slot->is_video() ||
          (packet.key_frame_start && (!slot->flowing() || slot->target == packet.stream.encoding));
      if (!may_start) continue;
      start_slot(*slot, packet, now);
    }
    if (auto plan = slot->forward(packet, now)) plans_.push(*plan);
  }
}

void Router::start_slot(DownSlot& slot, const TrackPacket& packet, Timestamp now) {
  slot.start(packet.stream.encoding, packet.position, now);
  if (const auto report = slot.sender_report(now)) reports_.push(*report);
}

void Router::try_replay(Source& source, DownSlot& slot, Timestamp now) {
  UpTrack& track = *source.track;
  const size_t ideal = track.ideal_encoding(slot.wanted_height);
  const auto live = track.best_live_encoding(ideal, now);
  slot.target = live.value_or(ideal);
  if (!live || !track.enabled()) return;
  const auto first = track.replayable(*live, now);
  if (!first) {
    track.want_key_frame(*live);
    return;
  }
  const int64_t newest = track.encodings()[*live].cache->newest();
  slot.start_replay(*live, track.cached(*live, *first)->position,
                    track.cached(*live, newest)->position, now);
  if (const auto report = slot.sender_report(now)) reports_.push(*report);
  for (int64_t s = *first; s <= newest; ++s) {
    if (auto plan = slot.forward(*track.cached(*live, s), now)) plans_.push(*plan);
  }
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
}

void Router::handle_nack(PeerId peer, uint32_t ssrc, std::span<const uint16_t> sequences,
                         Timestamp) {
  DownSlot* slot = find_slot(peer, ssrc);
  if (!slot || !slot->is_video()) return;
  for (const uint16_t sequence : sequences) {
    const auto origin = slot->origin_of(sequence);
    if (!origin) continue;
    const UpTrack* track = find_track(TrackId{origin->stream.track});
    if (!track) continue;
    const auto packet = track->cached(origin->stream.encoding, origin->sequence);
    if (!packet) continue;
    if (auto plan = slot->retransmit(*packet)) plans_.push(*plan);
  }
}

void Router::handle_key_frame_request(PeerId peer, uint32_t ssrc, Timestamp) {
  DownSlot* slot = find_slot(peer, ssrc);
  if (slot && slot->track() && slot->is_video())
    slot->track()->want_key_frame(slot->flowing() ? slot->encoding() : slot->target);
}

void Router::handle_tick(Timestamp now) {
  select_voices(now);
  choose_dominant(now);
  const bool steer = now >= next_steer_;
  if (steer) next_steer_ = now + kSteerInterval;
  for (auto& source : sources_) {
    UpTrack& track = *source->track;
    bool live = false;
    for (size_t i = 0; i < track.encodings().size(); ++i) live = live || track.is_live(i, now);
    if (!live) track.set_announced_live(false);
    if (!track.is_video()) continue;
    if (steer) steer_layers(*source, now);
    collect_repairs(*source, now);
  }
}

void Router::set_voiced(Source& source, bool voiced, Timestamp now) {
  source.voiced = voiced;
  if (!voiced) return;
  for (auto& subscriber : subscribers_) assign_audio(*subscriber, now);
}

void Router::select_voices(Timestamp now) {
  // The loudest few, found by insertion into a short sorted list.
  BoundedVector<Source*, kLoudest + 1> loudest;
  for (auto& source : sources_) {
    const UpTrack& track = *source->track;
    if (track.is_video() || track.description().screen || !track.enabled()) continue;
    const double loudness = track.speech().loudness(now);
    size_t at = loudest.size();
    // A margin in favour of who is in keeps equals from taking turns.
    const double own = loudness + (source->voiced ? 3 : 0);
    while (at > 0 &&
           own > loudest[at - 1]->track->speech().loudness(now) + (loudest[at - 1]->voiced ? 3 : 0))
      --at;
    loudest.push_back(source.get());
    for (size_t i = loudest.size() - 1; i > at; --i) std::swap(loudest[i], loudest[i - 1]);
    if (loudest.size() > kLoudest) loudest.pop_back();
  }
  for (auto& source : sources_) {
    const UpTrack& track = *source->track;
    if (track.is_video()) continue;
    const bool chosen =
        track.enabled() && (track.description().screen || track.speech().is_beginning(now) ||
                            std::ranges::find(loudest, source.get()) != loudest.end());
    if (chosen != source->voiced) set_voiced(*source, chosen, now);
  }
}

void Router::choose_dominant(Timestamp now) {
  const Source* best = nullptr;
  for (auto& source : sources_) {
    const UpTrack& track = *source->track;
    if (track.is_video() || track.description().screen || !track.enabled() ||
        !track.speech().is_speaking(now))
      continue;
    if (!best || track.speech().loudness(now) > best->track->speech().loudness(now))
      best = source.get();
  }
  if (!best || best->track->id() == dominant_) return;
  const Source* current = find_source(dominant_);
  if (current && current->track->enabled()) {
    const double lead =
        best->track->speech().loudness(now) - current->track->speech().loudness(now);
    if (lead < kDominantMargin || now - dominant_since_ < kDominantHold) return;
  }
  dominant_ = best->track->id();
  dominant_since_ = now;
  events_.push(media::DominantSpeaker{id_, dominant_});
}

void Router::steer_layers(Source& source, Timestamp now) {
  UpTrack& track = *source.track;
  uint8_t wanted = 0;
  for (auto& [subscriber, slot] : source.listeners) {
    const size_t ideal = track.ideal_encoding(slot->wanted_height);
    // The smallest stays on beside the wanted one: something to show when the sender's network
    // drops the larger.
    wanted |= static_cast<uint8_t>(1u | (1u << ideal));
    if (slot->flowing()) wanted |= static_cast<uint8_t>(1u << slot->encoding());
    const auto live = track.best_live_encoding(ideal, now);
    if (!live) continue;
    if (slot->flowing() && slot->encoding() == *live) {
      slot->target = *live;
      continue;
    }
    if (!slot->flowing() && slot->target != *live) try_replay(source, *slot, now);
    slot->target = *live;
    if (!slot->flowing() || slot->encoding() != *live) track.want_key_frame(*live);
  }
  announce_layers(source, wanted, now);
}

void Router::announce_layers(Source& source, uint8_t wanted, Timestamp now) {
  if (wanted == source.layers) {
    source.layers_shrink_at = Timestamp::never();
    return;
  }
  const bool only_less = (wanted | source.layers) == source.layers;
  if (only_less) {
    if (source.layers_shrink_at.is_never()) source.layers_shrink_at = now + kLayerRest;
    if (now < source.layers_shrink_at) return;
  }
  source.layers_shrink_at = Timestamp::never();
  source.layers = only_less ? wanted : static_cast<uint8_t>(wanted | source.layers);
  events_.push(media::LayersWanted{source.track->owner(), source.track->id(), source.layers});
}

void Router::collect_repairs(Source& source, Timestamp now) {
  UpTrack& track = *source.track;
  const Subscriber* owner = find_subscriber(track.owner());
  if (!owner) return;
  for (size_t i = 0; i < track.encodings().size(); ++i) {
    UpEncoding& encoding = track.encodings()[i];
    if (encoding.ssrc == 0) continue;
    std::array<uint16_t, 64> due;
    const size_t count = encoding.nack.collect(due, kAssumedRoundTrip, now);
    if (count > 0) {
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
    if (track.take_key_frame_request(i, now)) {
      feedback_.push({.endpoint = owner->endpoint,
                      .kind = Feedback::Kind::kKeyFrame,
                      .media_ssrc = encoding.ssrc,
                      .sequences = {}});
    }
  }
}

}  // namespace parley::sfu
