#include "ice/check_list.h"

#include "ice/candidate.h"

namespace parley::ice {
namespace {

uint64_t priority_of(const CandidatePair& pair, bool controlling) {
  return controlling ? pair_priority(pair.local_priority, pair.remote_priority)
                     : pair_priority(pair.remote_priority, pair.local_priority);
}

// Lower ranks give way first.
int eviction_rank(const CandidatePair& pair) {
  return pair.state == PairState::Failed ? 0 : 1;
}

}  // namespace

CandidatePair* CheckList::add(const FlowPath& path, uint32_t local_priority,
                              uint32_t remote_priority, bool controlling) {
  if (CandidatePair* known = find(path)) return known;
  CandidatePair pair;
  pair.path = path;
  pair.local_priority = local_priority;
  pair.remote_priority = remote_priority;
  pair.priority = priority_of(pair, controlling);
  if (pairs_.full()) {
    CandidatePair* victim = nullptr;
    for (CandidatePair& p : pairs_) {
      const bool evictable = p.state == PairState::Failed ||
                             (p.state == PairState::Waiting && p.priority < pair.priority);
      if (!evictable || p.triggered || p.valid) continue;
      if (!victim || eviction_rank(p) < eviction_rank(*victim) ||
          (eviction_rank(p) == eviction_rank(*victim) && p.priority < victim->priority)) {
        victim = &p;
      }
    }
    if (!victim) return nullptr;
    *victim = pair;
    return victim;
  }
  pairs_.push_back(pair);
  return &pairs_.back();
}

CandidatePair* CheckList::find(const FlowPath& path) {
  for (CandidatePair& p : pairs_) {
    if (p.path == path) return &p;
  }
  return nullptr;
}

CandidatePair* CheckList::find(const stun::TransactionId& id) {
  for (CandidatePair& p : pairs_) {
    if (p.state == PairState::InProgress && p.id == id) return &p;
  }
  return nullptr;
}

CandidatePair* CheckList::next_to_check() {
  CandidatePair* best = nullptr;
  for (CandidatePair& p : pairs_) {
    if (!p.triggered && p.state != PairState::Waiting) continue;
    if (!best || p.triggered > best->triggered ||
        (p.triggered == best->triggered && p.priority > best->priority)) {
      best = &p;
    }
  }
  return best;
}

CandidatePair* CheckList::best_valid() {
  CandidatePair* best = nullptr;
  for (CandidatePair& p : pairs_) {
    if (p.valid && (!best || p.priority > best->priority)) best = &p;
  }
  return best;
}

void CheckList::trigger(CandidatePair& pair) {
  pair.triggered = true;
}

void CheckList::reprioritise(bool controlling) {
  for (CandidatePair& p : pairs_) p.priority = priority_of(p, controlling);
}

void CheckList::conclude() {
  for (CandidatePair& p : pairs_) {
    if (p.triggered || p.nominate) continue;
    if (p.state == PairState::Waiting || p.state == PairState::InProgress) {
      p.state = p.valid ? PairState::Succeeded : PairState::Failed;
      p.schedule.stop();
    }
  }
}

bool CheckList::has_work() const {
  for (const CandidatePair& p : pairs_) {
    if (p.triggered || p.state == PairState::Waiting) return true;
  }
  return false;
}

bool CheckList::better_may_come(const CandidatePair& pair) const {
  for (const CandidatePair& p : pairs_) {
    const bool open = p.state == PairState::Waiting || p.state == PairState::InProgress;
    if (open && p.priority > pair.priority) return true;
  }
  return false;
}

size_t CheckList::unfinished() const {
  size_t n = 0;
  for (const CandidatePair& p : pairs_) {
    n += p.state == PairState::Waiting || p.state == PairState::InProgress;
  }
  return n;
}

}  // namespace parley::ice
