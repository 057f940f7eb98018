// Whose is what: the media side's numbers, drawn here, and the people behind them.
#pragma once

#include <map>
#include <optional>

#include "base/ids.h"
#include "room/participant.h"
#include "signaling/words.h"

namespace parley::control {

struct PeerOwner {
  RouterId router;
  room::ParticipantId participant;
};
struct TrackOwner {
  RouterId router;
  room::ParticipantId participant;
  signaling::MediaSource source = signaling::MediaSource::kMic;
};

// Numbers start at 1 and are not used again while the process lives. Bounded by the participants of
// all rooms.
class Registry {
 public:
  RouterId next_router() { return RouterId{++last_router_}; }
  PeerId add_peer(PeerOwner owner) {
    const PeerId id{++last_peer_};
    peers_.emplace(id, owner);
    return id;
  }
  void remove_peer(PeerId id) { peers_.erase(id); }
  void add_track(TrackId id, TrackOwner owner) { tracks_.insert_or_assign(id, owner); }
  void remove_track(TrackId id) { tracks_.erase(id); }

  std::optional<PeerOwner> peer(PeerId id) const { return find(peers_, id); }
  std::optional<TrackOwner> track(TrackId id) const { return find(tracks_, id); }
  // The counter of tracks, moved on by negotiate().
  uint32_t& last_track() { return last_track_; }

 private:
  template <typename Key, typename Value>
  static std::optional<Value> find(const std::map<Key, Value>& map, Key key) {
    const auto it = map.find(key);
    return it == map.end() ? std::nullopt : std::optional<Value>(it->second);
  }

  std::map<PeerId, PeerOwner> peers_;
  std::map<TrackId, TrackOwner> tracks_;
  uint32_t last_router_ = 0;
  uint32_t last_peer_ = 0;
  uint32_t last_track_ = 0;
};

}  // namespace parley::control
