// One meeting: who is in it, who they say they are, and which way their media take.
//
// Driven by the control plane, one thread. Hands out seats and numbers, keeps a seat for a while
// after its socket is lost, keeps the order of raised hands and collects what changed into one
// RosterDiff. What it doesn't do: sockets, JSON, SDP, packets; the topology's rules are
// TopologySwitch's.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/deadline.h"
#include "base/random.h"
#include "base/units.h"
#include "room/participant.h"
#include "room/topology.h"
#include "room/topology_switch.h"

namespace parley::room {

struct RoomOptions {
  size_t capacity = 200;
  P2pPolicy p2p = P2pPolicy::kOn;
  TimeDelta quiet_time = TopologySwitch::kDefaultQuietTime;
};

// What the others are told. Of a changed participant both versions, so that only what differs is
// sent.
struct RosterDiff {
  struct Change {
    Participant before;
    Participant after;
  };
  struct Left {
    ParticipantId id;
    LeftReason reason = LeftReason::kLeft;
  };
  std::vector<Participant> joined;
  std::vector<Change> changed;
  std::vector<Left> left;
  bool empty() const { return joined.empty() && changed.empty() && left.empty(); }
};

using RoomOutput = std::variant<RosterDiff, TopologyMessage, SwitchEnded, ServerPathMissing>;

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

  // The roster's diff first: a topology message may name who has just joined.
  bool poll_output(RoomOutput& out);
  Deadline poll_timeout() const;

  const Participant* find(ParticipantId id) const;
  std::string_view resume_token(ParticipantId id) const;  // empty: no such participant
  bool has_socket(ParticipantId id) const;
  std::vector<Participant> participants() const;  // in the order of joining
  size_t size() const { return seats_.size(); }
  const RoomOptions& options() const { return options_; }
  const TopologySwitch& topology() const { return topology_; }

 private:
  struct Seat {
    Participant now;
    Participant published;
    std::string resume_token;
    Timestamp ends = Timestamp::never();  // never while the socket lives
    bool announced = false;
  };

  Seat* seat(ParticipantId id);
  void set_hand(Seat& seat, bool up);
  RosterDiff take_diff();

  const RoomOptions options_;
  TopologySwitch topology_;
  std::map<ParticipantId, Seat> seats_;  // at most options_.capacity
  uint32_t last_number_ = 0;
  uint32_t hands_up_ = 0;
  bool dirty_ = false;
  std::vector<RosterDiff::Left> left_;
};

}  // namespace parley::room
