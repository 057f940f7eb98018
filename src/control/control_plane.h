// The control plane: signalling sockets, rooms and media commands of one process, on one thread.
//
// Driven by the server's control thread or by a simulation: sockets' messages and the shards'
// events in, texts, closes and media commands out. Owns all rooms. Only routes: Sessions know the
// sockets, Meeting a room, Legs its media side, Presenter what people are told about media,
// DirectRelay the direct leg's signals, negotiate() the SDP. Does no IO, reads no clock and never
// throws.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/random.h"
#include "control/config.h"
#include "control/meeting.h"
#include "control/output.h"
#include "control/registry.h"
#include "control/sessions.h"
#include "control/shard_loads.h"
#include "control/stats.h"
#include "media/event.h"

namespace parley::control {

class ControlPlane {
 public:
  // `config.shards` holds at least one. `random` must outlive this.
  ControlPlane(ControlConfig config, RandomSource& random);
  ~ControlPlane();

  void handle_connected(ConnectionId id, const ConnectionInfo& info, Timestamp now);
  // One text frame. `wall_ms` since 1970, for chat and `server_time`.
  void handle_message(ConnectionId id, std::string_view text, Timestamp now, int64_t wall_ms);
  // The socket is gone; also to be called after a CloseConnection, where it changes nothing.
  void handle_disconnected(ConnectionId id, Timestamp now);
  // From any shard; peers and routers are unique in the process.
  void handle_media_event(const media::Event& event, Timestamp now);
  void handle_timeout(Timestamp now);
  // Tells everybody `closing: stopping` and closes; nothing is accepted after.
  void stop(Timestamp now);

  bool poll_output(Output& out);
  Deadline poll_timeout() const;

  size_t rooms() const { return meetings_.size(); }
  size_t participants() const;
  size_t connections() const { return sessions_.size(); }
  size_t rooms_in(room::TopologyMode mode) const;
  const Stats& stats() const { return stats_; }

 private:
  void handle_parsed(ConnectionId id, Session& session, signaling::ClientMessage message,
                     Meeting::Clock clock);
  void handle_join(ConnectionId id, Session& session, signaling::client::Join join,
                   Meeting::Clock clock);
  void handle_leave(ConnectionId id, const Session& session, bool may_return, Timestamp now);
  // The room's meeting, made if need be; nullptr: the client has been told why not.
  Meeting* meeting_for(ConnectionId id, const signaling::client::Join& join);
  Meeting* find(RouterId router);
  // After anything that a meeting was told: ends it if it is empty, notes its size and deadline.
  void settle(RouterId router);
  // Says no and closes.
  void refuse(ConnectionId id, signaling::ErrorCode code, std::string message,
              std::optional<int64_t> request);
  struct Room {
    std::unique_ptr<Meeting> meeting;
    Timestamp due = Timestamp::never();  // as noted in `deadlines_`
  };

  const ControlConfig config_;
  RandomSource& random_;
  Outbox outbox_;
  Registry registry_;
  ShardLoads loads_;
  Stats stats_;
  Sessions sessions_;
  std::map<RouterId, Room> meetings_;                     // at most config_.max_rooms
  std::map<std::string, RouterId, std::less<>> routers_;  // by the room's name
  std::set<std::pair<Timestamp, RouterId>> deadlines_;    // of the meetings that have one
  std::set<RouterId> unflushed_;                          // with media events not yet told
  Timestamp now_;                                         // of the latest call
  bool stopping_ = false;
};

}  // namespace parley::control
