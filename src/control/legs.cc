#include "control/legs.h"

#include <algorithm>
#include <utility>

namespace parley::control {
namespace {

bool wanted(const room::Participant& owner, signaling::MediaSource source) {
  switch (source) {
    case signaling::MediaSource::kMic:
      return owner.mic;
    case signaling::MediaSource::kCamera:
      return owner.camera;
    case signaling::MediaSource::kScreen:
    case signaling::MediaSource::kScreenAudio:
      break;
  }
  return owner.screen;
}

}  // namespace

void Legs::open(const room::Participant& owner, Negotiated negotiated) {
  Entry& entry = entries_[owner.id];
  drop_tracks(entry);
  entry.enabled.clear();  // the media side knows nothing of the new peer yet
  if (entry.leg) drop_leg(*entry.leg);
  for (media::TrackDescription& track : negotiated.description.tracks) {
    track.group = owner.id.value;
  }
  const PeerId peer = registry_.add_peer({router_, owner.id});
  take_tracks(owner, entry, negotiated.state);
  entry.leg = Leg{.peer = peer, .shard = negotiated.shard, .state = std::move(negotiated.state)};
  auto tracks = negotiated.description.tracks;
  command(*entry.leg, media::CreatePeer{router_, peer, std::move(negotiated.description)});
  shards_.add(peer, negotiated.shard, std::move(tracks));
  apply_state(owner);
  if (!entry.wishes.empty()) send_view(entry);
  refresh_viewers_of(owner.id);
}

void Legs::update(const room::Participant& owner, Negotiated negotiated) {
  Entry& entry = entries_[owner.id];
  if (!entry.leg || entry.leg->state.remote_fingerprint != negotiated.state.remote_fingerprint) {
    open(owner, std::move(negotiated));
    return;
  }
  shards_.update(entry.leg->peer, negotiated.description.tracks);
  command(*entry.leg, media::UpdatePeer{entry.leg->peer, std::move(negotiated.description)});
  drop_tracks(entry);
  take_tracks(owner, entry, negotiated.state);
  entry.leg->state = std::move(negotiated.state);
  apply_state(owner);
  refresh_viewers_of(owner.id);
}

void Legs::close(room::ParticipantId id) {
  const auto it = entries_.find(id);
  if (it == entries_.end()) return;
  drop_tracks(it->second);
  if (it->second.leg) drop_leg(*it->second.leg);
  set_wishes(id, it->second, {});
  entries_.erase(it);
}

void Legs::apply_state(const room::Participant& owner) {
  const auto it = entries_.find(owner.id);
  if (it == entries_.end() || !it->second.leg) return;
  for (auto& [track, enabled] : it->second.enabled) {
    const std::optional<TrackOwner> of = registry_.track(track);
    const bool now = of && wanted(owner, of->source);
    if (now == enabled) continue;
    enabled = now;
    shards_.set_enabled(it->second.leg->peer, track, now);
  }
}

void Legs::set_view(room::ParticipantId id,
                    const std::vector<signaling::client::ViewEntry>& views) {
  Entry& entry = entries_[id];
  std::vector<Wish> wishes;
  wishes.reserve(views.size());
  for (const signaling::client::ViewEntry& view : views) {
    const auto participant = room::parse_participant_id(view.participant);
    if (!participant) continue;
    wishes.push_back({.participant = *participant,
                      .source = view.source,
                      .width = view.width,
                      .height = view.height,
                      .priority = view.priority});
  }
  entry.has_view = true;
  set_wishes(id, entry, std::move(wishes));
  if (entry.leg) send_view(entry);
}

const std::vector<Legs::Wish>* Legs::wishes(room::ParticipantId id) const {
  const auto it = entries_.find(id);
  return it == entries_.end() || !it->second.has_view ? nullptr : &it->second.wishes;
}

void Legs::set_halvings(room::ParticipantId id, int halvings) {
  Entry& entry = entries_[id];
  entry.halvings = halvings;
  if (entry.leg) send_view(entry);
}

void Legs::set_wishes(room::ParticipantId id, Entry& entry, std::vector<Wish> wishes) {
  for (const Wish& wish : entry.wishes) {
    const auto it = viewers_.find(wish.participant);
    if (it == viewers_.end()) continue;  // wished twice
    it->second.erase(id);
    if (it->second.empty()) viewers_.erase(it);
  }
  entry.wishes = std::move(wishes);
  for (const Wish& wish : entry.wishes) viewers_[wish.participant].insert(id);
}

const Legs::Leg* Legs::find(room::ParticipantId id) const {
  const auto it = entries_.find(id);
  return it == entries_.end() || !it->second.leg ? nullptr : &*it->second.leg;
}

const std::string* Legs::mid_of(room::ParticipantId id, SlotId slot) const {
  const Leg* leg = find(id);
  if (leg == nullptr) return nullptr;
  const auto it = std::ranges::find_if(
      leg->state.slots, [slot](const auto& entry) { return entry.second.id == slot; });
  return it == leg->state.slots.end() ? nullptr : &it->first;
}

const PublishedTrack* Legs::track(TrackId id) const {
  const std::optional<TrackOwner> owner = registry_.track(id);
  const Leg* leg = owner && owner->router == router_ ? find(owner->participant) : nullptr;
  if (leg == nullptr) return nullptr;
  const auto it = std::ranges::find(leg->state.tracks, id, &PublishedTrack::id);
  return it == leg->state.tracks.end() ? nullptr : &*it;
}

// A track that is new to the media side is enabled there.
void Legs::take_tracks(const room::Participant& owner, Entry& entry, const LegState& state) {
  std::map<TrackId, bool> enabled;
  for (const PublishedTrack& track : state.tracks) {
    registry_.add_track(track.id, {router_, owner.id, track.source});
    const auto former = entry.enabled.find(track.id);
    enabled[track.id] = former == entry.enabled.end() || former->second;
  }
  entry.enabled = std::move(enabled);
}

void Legs::drop_tracks(Entry& entry) {
  if (!entry.leg) return;
  for (const PublishedTrack& track : entry.leg->state.tracks) registry_.remove_track(track.id);
}

void Legs::drop_leg(const Leg& leg) {
  shards_.remove(leg.peer);
  command(leg, media::RemovePeer{leg.peer});
  registry_.remove_peer(leg.peer);
}

void Legs::send_view(const Entry& entry) {
  media::SetView view{.peer = entry.leg->peer, .wishes = {}};
  for (const Wish& wish : entry.wishes) {
    const Leg* leg = find(wish.participant);
    if (leg == nullptr || leg == &*entry.leg) continue;
    for (const PublishedTrack& track : leg->state.tracks) {
      if (track.source != wish.source) continue;
      view.wishes.push_back({.track = track.id,
                             .width = static_cast<uint16_t>(wish.width >> entry.halvings),
                             .height = static_cast<uint16_t>(wish.height >> entry.halvings),
                             .priority = wish.priority});
    }
  }
  command(*entry.leg, std::move(view));
}

void Legs::refresh_viewers_of(room::ParticipantId id) {
  const auto it = viewers_.find(id);
  if (it == viewers_.end()) return;
  for (const room::ParticipantId viewer : it->second) {
    const Entry& entry = entries_.at(viewer);
    if (viewer != id && entry.leg) send_view(entry);
  }
}

}  // namespace parley::control
