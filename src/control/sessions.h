// The signalling sockets: who is behind each, how fast it may send, and since when it is silent.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/deadline.h"
#include "base/ids.h"
#include "control/output.h"
#include "room/participant.h"
#include "signaling/rate_limit.h"

namespace parley::control {

struct Session {
  ConnectionInfo info;
  signaling::RateLimit rate;
  Timestamp last_heard;
  uint32_t refused_in_a_row = 0;  // by the rate limit
  RouterId router;                // none before the join
  room::ParticipantId participant;
};

class Sessions {
 public:
  // The client pings every 10 s; three missed and the socket is dropped. Checked once a second.
  static constexpr TimeDelta kSilence = TimeDelta::seconds(30);
  static constexpr TimeDelta kCheckInterval = TimeDelta::seconds(1);
  // A client that goes on against the rate limit is not one of ours.
  static constexpr uint32_t kMaxRefused = 2'000;

  explicit Sessions(size_t max) : max_(max) {}

  // False if there are too many.
  bool add(ConnectionId id, const ConnectionInfo& info, Timestamp now);
  void remove(ConnectionId id) { sessions_.erase(id); }
  Session* find(ConnectionId id);

  enum class Admission : uint8_t { kPass, kRefuse, kRefuseSilently, kClose };
  // Whether a message of the session may be looked at. Of refusals in a row only the first is worth
  // an answer.
  Admission admit(Session& session, Timestamp now);
  // Those that were silent too long; due when poll_timeout() has passed.
  std::vector<ConnectionId> take_silent(Timestamp now);
  Deadline poll_timeout() const;
  std::vector<ConnectionId> all() const;
  size_t size() const { return sessions_.size(); }

 private:
  const size_t max_;
  std::map<ConnectionId, Session> sessions_;
  Timestamp next_check_;
};

}  // namespace parley::control
