#include "control/room_shards.h"

#include <algorithm>
#include <utility>

namespace parley::control {

RoomShards::~RoomShards() {
  for (const auto& [peer, member] : members_) loads_.remove(member.shard);
}

size_t RoomShards::choose() const {
  if (people_.empty()) return loads_.least();
  const auto emptiest =
      std::ranges::min_element(people_, {}, &std::pair<const size_t, size_t>::second);
  if (emptiest->second < most_each_) return emptiest->first;
  const size_t least = loads_.least();
  // Another shard is taken only for being less loaded.
  return loads_.of(least) < loads_.of(emptiest->first) ? least : emptiest->first;
}

void RoomShards::add(PeerId peer, size_t shard, std::vector<media::TrackDescription> tracks) {
  loads_.add(shard);
  const bool new_shard = ++people_[shard] == 1;
  const Member& member =
      members_[peer] = {.shard = shard, .tracks = std::move(tracks), .disabled = {}};
  if (!spread()) return;
  if (new_shard) {
    tell_links();
    for (const auto& [other, theirs] : members_) {
      if (theirs.shard != shard) tell_tracks(shard, other, theirs);
    }
  }
  for (const auto& [other, count] : people_) {
    if (other != shard) tell_tracks(other, peer, member);
  }
}

void RoomShards::update(PeerId peer, std::vector<media::TrackDescription> tracks) {
  const auto it = members_.find(peer);
  if (it == members_.end() || it->second.tracks == tracks) return;
  it->second.tracks = std::move(tracks);
  std::erase_if(it->second.disabled, [&](TrackId id) {
    return std::ranges::find(it->second.tracks, id, &media::TrackDescription::id) ==
           it->second.tracks.end();
  });
  for (const auto& [other, count] : people_) {
    if (other != it->second.shard) tell_tracks(other, peer, it->second);
  }
}

void RoomShards::remove(PeerId peer) {
  const auto it = members_.find(peer);
  if (it == members_.end()) return;
  const size_t shard = it->second.shard;
  members_.erase(it);
  loads_.remove(shard);
  for (const auto& [other, count] : people_) {
    if (other != shard)
      outbox_.media(
          other,
          media::SetRemoteTracks{
              .router = router_, .peer = peer, .home = static_cast<uint8_t>(shard), .tracks = {}});
  }
  if (--people_[shard] > 0) return;
  people_.erase(shard);
  tell_links();
}

void RoomShards::set_enabled(PeerId peer, TrackId track, bool enabled) {
  const auto it = members_.find(peer);
  if (it == members_.end()) return;
  if (enabled) {
    it->second.disabled.erase(track);
  } else {
    it->second.disabled.insert(track);
  }
  for (const auto& [shard, count] : people_)
    outbox_.media(shard, media::SetTrackEnabled{track, enabled});
}

void RoomShards::tell_links() {
  uint32_t all = 0;
  for (const auto& [shard, count] : people_) all |= 1u << shard;
  for (const auto& [shard, count] : people_) {
    outbox_.media(shard, media::SetLinks{.router = router_,
                                         .self = static_cast<uint8_t>(shard),
                                         .others = all & ~(1u << shard),
                                         .leads = shard == people_.begin()->first});
  }
}

void RoomShards::tell_tracks(size_t shard, PeerId peer, const Member& member) {
  outbox_.media(shard, media::SetRemoteTracks{.router = router_,
                                              .peer = peer,
                                              .home = static_cast<uint8_t>(member.shard),
                                              .tracks = member.tracks});
  for (const TrackId track : member.disabled)
    outbox_.media(shard, media::SetTrackEnabled{track, false});
}

}  // namespace parley::control
