// The candidate pairs of one agent and the order in which they are checked (RFC 8445 §6.1.2 to
// §6.1.4).
//
// One component and one stream (everything is bundled), so no pair waits frozen for another's
// result: all start as Waiting, in the order of their priority.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/bounded.h"
#include "base/units.h"
#include "stun/message.h"
#include "stun/transaction.h"

namespace parley::ice {

enum class PairState : uint8_t { Waiting, InProgress, Succeeded, Failed };

struct CandidatePair {
  FlowPath path;  // the local base and the remote candidate
  uint32_t local_priority = 0;
  uint32_t remote_priority = 0;
  uint64_t priority = 0;
  PairState state = PairState::Waiting;
  bool triggered = false;  // to be checked before all that aren't
  bool valid = false;      // a check of it has succeeded at some time
  // Controlling: the next check carries USE-CANDIDATE. Controlled: the other side sent it, the
  // check's success selects.
  bool nominate = false;
  // The check in flight, while InProgress.
  stun::TransactionId id{};
  stun::RetransmitSchedule schedule;
  bool sent_as_controlling = false;
  bool sent_nominating = false;
};

class CheckList {
 public:
  // RFC 8445 §6.1.2.5 asks for a limit and suggests 100; a pair is about 150 bytes and a load
  // generator has thousands of lists.
  static constexpr size_t kMaxPairs = 48;

  // The pair with this path, made if it doesn't exist. At the limit the Failed pair of the lowest
  // priority makes way, then the Waiting one if it is lower than the new; nullptr if there is none.
  CandidatePair* add(const FlowPath& path, uint32_t local_priority, uint32_t remote_priority,
                     bool controlling);
  CandidatePair* find(const FlowPath& path);
  // The pair whose check in flight has this id.
  CandidatePair* find(const stun::TransactionId& id);
  // What to check next: triggered pairs, then waiting ones, each by priority.
  CandidatePair* next_to_check();
  CandidatePair* best_valid();
  // RFC 8445 §7.3.1.4: to be checked at once, whatever came of it before; one in flight is sent
  // again.
  void trigger(CandidatePair& pair);
  // RFC 8445 §6.1.2.3, after a change of role.
  void reprioritise(bool controlling);
  // RFC 8445 §8.1.2: after a nomination, nothing but triggered checks is started, and checks in
  // flight aren't repeated.
  void conclude();
  void clear() { pairs_.clear(); }

  bool has_work() const;
  // True if a pair of higher priority than `pair` may still succeed.
  bool better_may_come(const CandidatePair& pair) const;
  size_t unfinished() const;
  BoundedVector<CandidatePair, kMaxPairs>& pairs() { return pairs_; }
  const BoundedVector<CandidatePair, kMaxPairs>& pairs() const { return pairs_; }

 private:
  BoundedVector<CandidatePair, kMaxPairs> pairs_;
};

}  // namespace parley::ice
