// One meeting: who is in it, who they say they are, and which way their media take.
//
// Driven by the control plane, one thread. Hands out seats and numbers, keeps a seat for a while
// after its socket is lost and keeps the order of raised hands. What it doesn't do: sockets, JSON,
// SDP, packets; the topology's rules are TopologySwitch's, when the others hear of a change is
// RosterBatch's.
#pragma once

#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/deadline.h"
#include "base/random.h"
#include "base/units.h"
#include "room/participant.h"
#include "room/roster_batch.h"
#include "room/topology.h"
#include "room/topology_switch.h"

namespace parley::room {

struct RoomOptions {
  size_t capacity = 200;
  P2pPolicy p2p = P2pPolicy::kOn;
  TimeDelta quiet_time = TopologySwitch::kDefaultQuietTime;
};

// A seat is no more, by leaving or because its time was over. Comes at once; RosterDiff tells the
// others in its own time.
struct SeatEnded {
  ParticipantId id;
};

using RoomOutput =
    std::variant<SeatEnded, RosterDiff, TopologyMessage, SwitchEnded, ServerPathMissing>;

enum class JoinError : uint8_t { kFull };

class Room {
 public:
  static constexpr TimeDelta kSeatTime = TimeDelta::seconds(60);
  // After a page that goes and may be back: a reload is quicker, and who closed the page should not
  // be seen as a ghost for long.
  static constexpr TimeDelta kReturnTime = TimeDelta::seconds(5);
  static constexpr size_t kResumeTokenLength = 32;  // of 5 bits each

  struct Admission {
    ParticipantId id;
    std::string resume_token;
  };

  explicit Room(const RoomOptions& options);

  std::expected<Admission, JoinError> handle_join(std::string name, const StateChange& state,
                                                  RandomSource& random, Timestamp now);
  // Gives the seat of `token` a live socket again; nullopt if no seat has it.
  std::optional<ParticipantId> handle_resume(std::string_view token, Timestamp now);
  // The seat waits `keep` for a new socket.
  void handle_socket_lost(ParticipantId id, Timestamp now, TimeDelta keep = kSeatTime);
  void handle_leave(ParticipantId id, LeftReason reason, Timestamp now);
  void handle_state(ParticipantId id, const StateChange& change);
  void handle_rename(ParticipantId id, std::string name);
  // To the topology switch.
  bool handle_reload(ParticipantId id, Timestamp now);
  void handle_server_leg(ParticipantId id, bool connected, Timestamp now);
  bool handle_ready(ParticipantId id, int64_t epoch, Timestamp now);
  bool handle_failed(ParticipantId id, int64_t epoch, Timestamp now);
  void handle_lan_refused(int64_t epoch, Timestamp now);
  // Ends seats whose time is over and drives the topology.
  void handle_timeout(Timestamp now);

  // The whole roster for `id`, in the order of joining. It is told now, so later diffs for it start
  // from here.
  std::vector<Participant> roster_for(ParticipantId id);
  // Another message is about to name `id`: the others hear of its joining first.
  void handle_named(ParticipantId id) { batch_.handle_named(id); }

  // Ended seats, then the roster's diffs if they are due, then the topology; a message that names
  // who has just joined makes the diffs due.
  bool poll_output(RoomOutput& out, Timestamp now);
  Deadline poll_timeout() const;

  const Participant* find(ParticipantId id) const;
  std::string_view resume_token(ParticipantId id) const;  // empty: no such participant
  bool has_socket(ParticipantId id) const;
  size_t size() const { return seats_.size(); }
  const RoomOptions& options() const { return options_; }
  const TopologySwitch& topology() const { return topology_; }

 private:
  struct Seat {
    Participant person;
    std::string resume_token;
    Timestamp ends = Timestamp::never();  // never while the socket lives
  };

  Seat* seat(ParticipantId id);
  void set_end(ParticipantId id, Seat& seat, Timestamp ends);
  void set_hand(Participant& person, bool up);

  const RoomOptions options_;
  TopologySwitch topology_;
  RosterBatch batch_;
  std::map<ParticipantId, Seat> seats_;                   // at most options_.capacity
  std::map<std::string_view, ParticipantId> by_token_;    // of `seats_`, whose texts it refers to
  std::set<std::pair<Timestamp, ParticipantId>> ending_;  // the seats without a socket
  std::vector<ParticipantId> hands_;                      // raised, first first
  uint32_t last_number_ = 0;
  // Drained after every call.
  std::deque<SeatEnded> ended_;
  std::deque<RosterDiff> diffs_;
  std::optional<TopologyOutput> next_topology_;
};

}  // namespace parley::room
