// Decides which way the media of one room take and leads everybody from one way to the next,
// make-before-break and numbered by epochs that only grow. The rules stand in docs/protocol.md.
//
// Driven by Room. Pure: inputs and `now` in, messages out. Knows no sockets, names, SDP or
// candidates.
//
// In force is one mode for everybody, with one exception: while two that talk directly are being
// moved to the server because a third came, the third (and whoever follows) already uses the
// server.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "base/units.h"
#include "room/backoff.h"
#include "room/topology.h"

namespace parley::room {

class TopologySwitch {
 public:
  // Two who have just met wait this long for their direct leg before the server takes over.
  static constexpr TimeDelta kFirstDirectLimit = TimeDelta::seconds(3);
  // A direct leg tried besides the server: nobody waits for it.
  static constexpr TimeDelta kQuietDirectLimit = TimeDelta::seconds(8);
  // After this a direct pair is moved to the server even without its word, if its server legs
  // stand.
  static constexpr TimeDelta kServerLimit = TimeDelta::seconds(8);
  // A direct leg that held this long starts over with the shortest backoff.
  static constexpr TimeDelta kStable = TimeDelta::seconds(60);
  static constexpr TimeDelta kDefaultQuietTime = TimeDelta::seconds(5);

  explicit TopologySwitch(P2pPolicy policy, TimeDelta quiet_time = kDefaultQuietTime);

  // A member joins with a live socket; its id is above all former ones. It is told nothing by
  // commit messages of this call: it reads in_force().
  void handle_joined(ParticipantId id, Timestamp now);
  // The seat has ended.
  void handle_left(ParticipantId id, Timestamp now);
  // The member can't be told anything until handle_socket(id, true).
  void handle_socket(ParticipantId id, bool alive, Timestamp now);
  // The member's page is a new one, so a direct leg of it is gone with nothing wrong about its
  // path: the two begin as if they had just met. False: it had none in force, and nothing is begun.
  bool handle_reload(ParticipantId id, Timestamp now);
  // The state of the member's server leg (ICE and DTLS).
  void handle_server_leg(ParticipantId id, bool connected, Timestamp now);
  // The member's answers. False, without effect: stale, or not asked.
  bool handle_ready(ParticipantId id, int64_t epoch, Timestamp now);
  bool handle_failed(ParticipantId id, int64_t epoch, Timestamp now);
  // The two of preparation `epoch` were found not to share a network, under P2pPolicy::kLan.
  void handle_lan_refused(int64_t epoch, Timestamp now);
  void handle_timeout(Timestamp now);

  bool poll_output(TopologyOutput& out);
  Deadline poll_timeout() const;

  // What is in force for a member, as a commit.
  TopologyMessage in_force(ParticipantId id) const;
  // The preparation that a member takes part in, if one runs.
  std::optional<TopologyMessage> preparation(ParticipantId id) const;
  // True if `epoch` is a direct leg in preparation or force between the two.
  bool is_direct(int64_t epoch, ParticipantId a, ParticipantId b) const;

  P2pPolicy policy() const { return policy_; }
  TopologyMode mode() const { return mode_; }
  int64_t last_epoch() const { return epoch_; }
  size_t member_count() const { return members_.size(); }

 private:
  struct Member {
    ParticipantId id;
    bool socket = true;
    bool server_leg = false;
    bool ready = false;
    TopologyMode mode = TopologyMode::kAlone;
    int64_t epoch = 0;
  };
  struct Preparation {
    int64_t epoch = 0;
    TopologyMode mode = TopologyMode::kSfu;
    Timestamp deadline;
  };

  Member* find(ParticipantId id);
  const Member* find(ParticipantId id) const;
  bool in_pair(ParticipantId id) const { return id == pair_[0] || id == pair_[1]; }
  ParticipantId other_of_pair(ParticipantId id) const;
  bool all_sockets() const;
  bool pair_server_legs() const;

  const Member& another(const Member& member) const;
  void join_second(Member& joiner, Timestamp now);
  void join_further(Member& joiner, Timestamp now);
  void leave_to_alone();
  void prepare(TopologyMode mode, TimeDelta limit, Timestamp now);
  void abort();
  void fail_direct(Timestamp now);
  void fail_server(Timestamp now);
  void commit_prepared(SwitchResult result, Timestamp now);
  void commit(TopologyMode mode, int64_t epoch, SwitchResult result, ParticipantId silent);
  void restart_quiet(Timestamp now);
  Timestamp next_direct_attempt() const;
  bool needs_server() const;
  TopologyMessage message(ParticipantId to, int64_t epoch, TopologyMode mode,
                          TopologyPhase phase) const;

  const P2pPolicy policy_;
  const TimeDelta quiet_time_;
  std::vector<Member> members_;  // ascending by id; bounded by the room's capacity
  TopologyMode mode_ = TopologyMode::kAlone;
  int64_t epoch_ = 0;      // the last one used
  ParticipantId pair_[2];  // of the direct leg in preparation or force
  std::optional<Preparation> preparation_;
  bool direct_broken_ = false;  // the direct leg in force was reported dead
  Timestamp direct_since_;
  Timestamp quiet_until_;
  Backoff direct_backoff_;
  Backoff server_backoff_;
  std::deque<TopologyOutput> outputs_;  // drained after every call
};

}  // namespace parley::room
