// Which shards carry one room's people, and what those shards must know of each other.
//
// Rules:
//  1. A room begins on the shard that carries fewest people, and stays there while it has fewer
//     than `most_each` of them: on one shard no packet crosses a thread.
//  2. Then it takes another one, and so on; when all of its shards are full, whoever comes goes to
//     the least loaded of all.
//  3. Nobody is moved: a move would cost a reconnect.
//  4. While several shards carry the room, each knows what those on the others publish, and the
//     first of them says who speaks. A room on one shard costs no message.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "base/ids.h"
#include "control/output.h"
#include "control/shard_loads.h"
#include "media/description.h"

namespace parley::control {

class RoomShards {
 public:
  RoomShards(RouterId router, size_t most_each, ShardLoads& loads, Outbox& outbox)
      : router_(router), most_each_(most_each), loads_(loads), outbox_(outbox) {}
  ~RoomShards();
  RoomShards(const RoomShards&) = delete;
  RoomShards& operator=(const RoomShards&) = delete;

  // For somebody who comes now.
  size_t choose() const;
  // To be called after the shard was told of its peer, and before it is told that the peer goes.
  void add(PeerId peer, size_t shard, std::vector<media::TrackDescription> tracks);
  void update(PeerId peer, std::vector<media::TrackDescription> tracks);
  void remove(PeerId peer);
  // Tells every shard of the room.
  void set_enabled(PeerId peer, TrackId track, bool enabled);

 private:
  struct Member {
    size_t shard = 0;
    std::vector<media::TrackDescription> tracks;
    std::set<TrackId> disabled;
  };

  bool spread() const { return people_.size() > 1; }
  void tell_links();
  void tell_tracks(size_t shard, PeerId peer, const Member& member);

  const RouterId router_;
  const size_t most_each_;
  ShardLoads& loads_;
  Outbox& outbox_;
  std::map<PeerId, Member> members_;  // bounded by the room's people
  std::map<size_t, size_t> people_;   // by shard; those that carry nobody aren't in it
};

}  // namespace parley::control
