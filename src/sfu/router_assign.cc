// Which source feeds which slot of whom.
#include <algorithm>

#include "sfu/router.h"

namespace parley::sfu {

bool Router::hears(const Subscriber& subscriber, const UpTrack& track) const {
  return track.owner() != subscriber.peer &&
         (subscriber.group == 0 || track.description().group != subscriber.group);
}

void Router::announce(const Subscriber& subscriber, const DownSlot& slot) {
  events_.push(
      media::SlotSource{.peer = subscriber.peer,
                        .slot = slot.description().id,
                        .track = slot.track() && !slot.dark() ? slot.track()->id() : TrackId{},
                        .rtp_timestamp = slot.current_rtp_time()});
}

void Router::assign_slot(Subscriber& subscriber, DownSlot& slot, Source* source) {
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
}

bool Router::takes_audio_slot(const Subscriber& subscriber, const UpTrack& track) const {
  // A muted microphone keeps its slot; the sound of a screen has one only while it is shared.
  return !track.is_video() && hears(subscriber, track) &&
         (track.enabled() || !track.description().screen);
}

bool Router::has_slot_for_all(const Subscriber& subscriber) const {
  size_t others = 0;
  for (const auto& source : sources_) {
    if (takes_audio_slot(subscriber, *source->track)) ++others;
    if (others > subscriber.audio_slots.size()) return false;
  }
  return true;
}

// Audio rules: with a slot for everyone each keeps one, in order of publishing (so lips stay in
// sync with the paired video slot); with more people than slots, selected voices take the slots of
// those who were silent longest.
void Router::assign_audio(Subscriber& subscriber, Timestamp now) {
  for (auto& slot : subscriber.audio_slots) {
    if (slot->track() && !takes_audio_slot(subscriber, *slot->track()))
      assign_slot(subscriber, *slot, nullptr);
  }
  if (has_slot_for_all(subscriber)) {
    for (auto& source : sources_) place_voice(subscriber, *source, true, now);
  } else {
    for (Source* source : voiced_) place_voice(subscriber, *source, false, now);
  }
}

void Router::place_voice(Subscriber& subscriber, Source& source, bool slot_for_all, Timestamp now) {
  const UpTrack& track = *source.track;
  if (!takes_audio_slot(subscriber, track)) return;
  DownSlot* place = nullptr;
  for (auto& slot : subscriber.audio_slots) {
    if (slot->track() == &track) {
      slot->last_active = now;
      return;
    }
    if (!slot->track()) {
      if (!place || place->track()) place = slot.get();
    } else if (!slot_for_all &&
               (!place || (place->track() && slot->last_active < place->last_active))) {
      if (!find_source(slot->track()->id())->voiced) place = slot.get();
    }
  }
  if (!place) return;
  place->last_active = now;
  assign_slot(subscriber, *place, &source);
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
    if (slot->track() && !kept) assign_slot(subscriber, *slot, nullptr);
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
    assign_slot(subscriber, *place, source);
  }
  for (auto& slot : slots) {
    for (const auto& wish : subscriber.wishes) {
      if (slot->track() && wish.track == slot->track()->id()) slot->wish = wish;
    }
  }
  allocate_layers(subscriber, now);
}

// Costs each subscriber who isn't concerned a look at the voices and at its own wishes, no more: in
// a room of hundreds everybody comes and goes.
void Router::assign_everybody(const TrackIds& changed, Timestamp now) {
  for (auto& subscriber : subscribers_) {
    assign_audio(*subscriber, now);
    const auto wished = [&](const media::ViewWish& wish) {
      return std::ranges::find(changed, wish.track) != changed.end();
    };
    if (std::ranges::any_of(subscriber->wishes, wished)) assign_video(*subscriber, now);
  }
}

}  // namespace parley::sfu
