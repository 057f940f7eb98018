#include "room/topology_switch.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace parley::room {

TopologySwitch::TopologySwitch(P2pPolicy policy, TimeDelta quiet_time)
    : policy_(policy), quiet_time_(quiet_time) {}

void TopologySwitch::handle_joined(ParticipantId id, Timestamp now) {
  // By id; a reload joins again under an old one.
  const auto place = std::ranges::lower_bound(members_, id, {}, &Member::id);
  PARLEY_CHECK(place == members_.end() || place->id != id);
  Member& joiner = *members_.emplace(place);
  joiner.id = id;
  if (members_.size() == 1) {
    mode_ = TopologyMode::kAlone;
    joiner.epoch = ++epoch_;
  } else if (members_.size() == 2) {
    join_second(joiner, now);
  } else {
    join_further(joiner, now);
  }
}

const TopologySwitch::Member& TopologySwitch::another(const Member& member) const {
  return &members_.front() == &member ? members_.back() : members_.front();
}

void TopologySwitch::join_second(Member& joiner, Timestamp now) {
  const Member& first = another(joiner);
  joiner.mode = first.mode;
  joiner.epoch = first.epoch;
  direct_backoff_.reset();
  restart_quiet(now);
  if (policy_ != P2pPolicy::kOff && all_sockets()) {
    pair_[0] = first.id;
    pair_[1] = joiner.id;
    prepare(TopologyMode::kP2p, kFirstDirectLimit, now);
  } else {
    commit(TopologyMode::kSfu, ++epoch_, SwitchResult::kDone, joiner.id);
  }
}

void TopologySwitch::join_further(Member& joiner, Timestamp now) {
  if (preparation_ && preparation_->mode == TopologyMode::kP2p) abort();
  switch (mode_) {
    case TopologyMode::kAlone:
      commit(TopologyMode::kSfu, ++epoch_, SwitchResult::kDone, joiner.id);
      break;
    case TopologyMode::kSfu:
      joiner.epoch = another(joiner).epoch;
      break;
    case TopologyMode::kP2p:
      if (!preparation_) prepare(TopologyMode::kSfu, kServerLimit, now);
      joiner.epoch = preparation_->epoch;
      break;
  }
  joiner.mode = TopologyMode::kSfu;
}

void TopologySwitch::handle_left(ParticipantId id, Timestamp now) {
  const Member* leaving = find(id);
  if (leaving == nullptr) return;
  members_.erase(members_.begin() + (leaving - members_.data()));
  const bool was_in_pair = mode_ == TopologyMode::kP2p && in_pair(id);
  if (members_.empty()) {
    preparation_.reset();
    direct_broken_ = false;
    mode_ = TopologyMode::kAlone;
  } else if (members_.size() == 1) {
    leave_to_alone();
  } else if (was_in_pair) {
    // Who is left of the pair has nobody on its direct leg: nothing to keep while the server's way
    // opens.
    const int64_t epoch = preparation_ ? preparation_->epoch : ++epoch_;
    preparation_.reset();
    commit(TopologyMode::kSfu, epoch, SwitchResult::kDone, {});
    if (members_.size() == 2) direct_backoff_.reset();
    restart_quiet(now);
  } else if (members_.size() == 2) {
    if (mode_ == TopologyMode::kP2p && preparation_ && !direct_broken_) abort();
    if (mode_ == TopologyMode::kSfu) direct_backoff_.reset();
    restart_quiet(now);
  }
}

void TopologySwitch::leave_to_alone() {
  if (preparation_) abort();
  direct_broken_ = false;
  if (mode_ != TopologyMode::kAlone) {
    commit(TopologyMode::kAlone, ++epoch_, SwitchResult::kDone, {});
  }
}

void TopologySwitch::handle_socket(ParticipantId id, bool alive, Timestamp now) {
  Member* member = find(id);
  if (member == nullptr || member->socket == alive) return;
  member->socket = alive;
  restart_quiet(now);
  if (alive || !preparation_ || preparation_->mode != TopologyMode::kP2p) return;
  abort();
  if (mode_ == TopologyMode::kAlone) {
    commit(TopologyMode::kSfu, ++epoch_, SwitchResult::kDone, {});
  }
}

bool TopologySwitch::handle_reload(ParticipantId id, Timestamp now) {
  const bool prepared = preparation_ && preparation_->mode == TopologyMode::kP2p;
  if (find(id) == nullptr || !in_pair(id) || (mode_ != TopologyMode::kP2p && !prepared)) {
    return false;
  }
  if (mode_ == TopologyMode::kSfu) {
    abort();
    restart_quiet(now);
    return false;
  }
  handle_left(id, now);
  handle_joined(id, now);
  return true;
}

void TopologySwitch::handle_server_leg(ParticipantId id, bool connected, Timestamp now) {
  Member* member = find(id);
  if (member == nullptr || member->server_leg == connected) return;
  member->server_leg = connected;
  if (connected && in_pair(id) && needs_server() && pair_server_legs()) {
    prepare(TopologyMode::kSfu, kServerLimit, now);
  }
}

bool TopologySwitch::handle_ready(ParticipantId id, int64_t epoch, Timestamp now) {
  Member* member = find(id);
  if (member == nullptr || !preparation_ || preparation_->epoch != epoch || !in_pair(id)) {
    return false;
  }
  member->ready = true;
  const Member* other = find(other_of_pair(id));
  if (other != nullptr && other->ready) commit_prepared(SwitchResult::kDone, now);
  return true;
}

bool TopologySwitch::handle_failed(ParticipantId id, int64_t epoch, Timestamp now) {
  if (find(id) == nullptr || !in_pair(id)) return false;
  if (preparation_ && preparation_->epoch == epoch) {
    if (preparation_->mode == TopologyMode::kP2p) {
      fail_direct(now);
    } else if (direct_broken_) {
      commit_prepared(SwitchResult::kForced, now);  // there is nothing to stay on
    } else {
      fail_server(now);
    }
    return true;
  }
  if (mode_ != TopologyMode::kP2p || find(id)->epoch != epoch || direct_broken_) return false;
  direct_broken_ = true;
  if (now - direct_since_ >= kStable) direct_backoff_.reset();
  direct_backoff_.fail(now);
  if (!preparation_) prepare(TopologyMode::kSfu, kServerLimit, now);
  return true;
}

void TopologySwitch::handle_lan_refused(int64_t epoch, Timestamp now) {
  if (!preparation_ || preparation_->mode != TopologyMode::kP2p || preparation_->epoch != epoch) {
    return;
  }
  fail_direct(now);
  direct_backoff_.fail_for_long(now);
}

void TopologySwitch::handle_timeout(Timestamp now) {
  if (preparation_) {
    if (now < preparation_->deadline) return;
    if (preparation_->mode == TopologyMode::kP2p) {
      fail_direct(now);
    } else if (direct_broken_ || pair_server_legs()) {
      commit_prepared(SwitchResult::kForced, now);
    } else {
      fail_server(now);
    }
  } else if (now >= next_direct_attempt()) {
    pair_[0] = members_[0].id;
    pair_[1] = members_[1].id;
    prepare(TopologyMode::kP2p, kQuietDirectLimit, now);
  } else if (needs_server() && now >= server_backoff_.retry_at()) {
    prepare(TopologyMode::kSfu, kServerLimit, now);
  }
}

bool TopologySwitch::poll_output(TopologyOutput& out) {
  if (outputs_.empty()) return false;
  out = outputs_.front();
  outputs_.pop_front();
  return true;
}

Deadline TopologySwitch::poll_timeout() const {
  if (preparation_) return {preparation_->deadline, "topology preparation"};
  if (needs_server()) return {server_backoff_.retry_at(), "topology server retry"};
  return {next_direct_attempt(), "topology quiet time"};
}

TopologyMessage TopologySwitch::in_force(ParticipantId id) const {
  const Member* member = find(id);
  PARLEY_CHECK(member != nullptr);
  return message(id, member->epoch, member->mode, TopologyPhase::kCommit);
}

std::optional<TopologyMessage> TopologySwitch::preparation(ParticipantId id) const {
  if (!preparation_ || !in_pair(id) || find(id) == nullptr) return std::nullopt;
  return message(id, preparation_->epoch, preparation_->mode, TopologyPhase::kPrepare);
}

bool TopologySwitch::is_direct(int64_t epoch, ParticipantId a, ParticipantId b) const {
  if (!in_pair(a) || a == b || other_of_pair(a) != b) return false;
  const Member* member = find(a);
  if (member == nullptr || find(b) == nullptr) return false;
  if (preparation_ && preparation_->mode == TopologyMode::kP2p && preparation_->epoch == epoch) {
    return true;
  }
  return mode_ == TopologyMode::kP2p && member->mode == TopologyMode::kP2p &&
         member->epoch == epoch;
}

TopologySwitch::Member* TopologySwitch::find(ParticipantId id) {
  return const_cast<Member*>(std::as_const(*this).find(id));
}

const TopologySwitch::Member* TopologySwitch::find(ParticipantId id) const {
  const auto it = std::ranges::lower_bound(members_, id, {}, &Member::id);
  return it == members_.end() || it->id != id ? nullptr : &*it;
}

ParticipantId TopologySwitch::other_of_pair(ParticipantId id) const {
  return id == pair_[0] ? pair_[1] : pair_[0];
}

bool TopologySwitch::all_sockets() const {
  return std::ranges::all_of(members_, &Member::socket);
}

bool TopologySwitch::pair_server_legs() const {
  return std::ranges::all_of(members_,
                             [this](const Member& m) { return !in_pair(m.id) || m.server_leg; });
}

void TopologySwitch::prepare(TopologyMode mode, TimeDelta limit, Timestamp now) {
  PARLEY_CHECK(!preparation_);
  preparation_ = Preparation{.epoch = ++epoch_, .mode = mode, .deadline = now + limit};
  for (Member& member : members_) {
    member.ready = false;
    if (!in_pair(member.id)) continue;
    outputs_.emplace_back(message(member.id, epoch_, mode, TopologyPhase::kPrepare));
  }
}

void TopologySwitch::abort() {
  PARLEY_CHECK(preparation_.has_value());
  const Preparation given_up = *std::exchange(preparation_, std::nullopt);
  for (const Member& member : members_) {
    if (!in_pair(member.id)) continue;
    outputs_.emplace_back(message(member.id, given_up.epoch, given_up.mode, TopologyPhase::kAbort));
  }
  outputs_.emplace_back(SwitchEnded{mode_, given_up.mode, SwitchResult::kAborted});
}

void TopologySwitch::fail_direct(Timestamp now) {
  abort();
  if (mode_ == TopologyMode::kAlone) {
    // They waited for it, so it was cut short: that says little about the path, and no backoff
    // begins.
    commit(TopologyMode::kSfu, ++epoch_, SwitchResult::kDone, {});
    restart_quiet(now);
  } else {
    direct_backoff_.fail(now);
  }
}

void TopologySwitch::fail_server(Timestamp now) {
  abort();
  server_backoff_.fail(now);
  outputs_.emplace_back(ServerPathMissing{});
}

void TopologySwitch::commit_prepared(SwitchResult result, Timestamp now) {
  const Preparation done = *std::exchange(preparation_, std::nullopt);
  commit(done.mode, done.epoch, result, {});
  if (done.mode == TopologyMode::kP2p) direct_since_ = now;
  if (done.mode == TopologyMode::kSfu) server_backoff_.reset();
  restart_quiet(now);
}

void TopologySwitch::commit(TopologyMode mode, int64_t epoch, SwitchResult result,
                            ParticipantId silent) {
  PARLEY_CHECK(!preparation_);
  outputs_.emplace_back(SwitchEnded{mode_, mode, result});
  mode_ = mode;
  direct_broken_ = false;
  for (Member& member : members_) {
    const bool known = member.mode == mode && member.epoch == epoch;
    member.mode = mode;
    member.epoch = epoch;
    if (known || member.id == silent) continue;
    outputs_.emplace_back(message(member.id, epoch, mode, TopologyPhase::kCommit));
  }
}

void TopologySwitch::restart_quiet(Timestamp now) {
  quiet_until_ = now + quiet_time_;
}

// When two on the server should try a direct leg; never, if they shouldn't.
Timestamp TopologySwitch::next_direct_attempt() const {
  if (preparation_ || mode_ != TopologyMode::kSfu || members_.size() != 2 ||
      policy_ == P2pPolicy::kOff || !all_sockets()) {
    return Timestamp::never();
  }
  return std::max(quiet_until_, direct_backoff_.retry_at());
}

// True while a direct pair should be on the server but no attempt runs.
bool TopologySwitch::needs_server() const {
  return !preparation_ && mode_ == TopologyMode::kP2p && (members_.size() > 2 || direct_broken_);
}

TopologyMessage TopologySwitch::message(ParticipantId to, int64_t epoch, TopologyMode mode,
                                        TopologyPhase phase) const {
  TopologyMessage result{.to = to, .epoch = epoch, .mode = mode, .phase = phase};
  if (mode == TopologyMode::kP2p && phase != TopologyPhase::kAbort) {
    result.peer = other_of_pair(to);
    // The later one offers: it is the one that knows first, from its `joined`.
    result.offerer = result.peer < to;
  }
  return result;
}

}  // namespace parley::room
