// The agent's configuration, its outputs and what time brings; agent_messages.cc has what datagrams
// bring.
#include "ice/agent.h"

#include <algorithm>
#include <utility>

namespace parley::ice {

Agent::Agent(const AgentConfig& config, Credentials local, RandomSource& random)
    : config_(config),
      random_(random),
      tie_breaker_(random.u64()),
      controlling_(config.role == Role::Controlling) {
  config_.pacing = std::max(config_.pacing, TimeDelta::millis(5));  // RFC 8445 §14.2
  current_.local_key = stun::IntegrityKey(as_bytes(local.password));
  current_.local = std::move(local);
}

bool Agent::add_host(const SocketAddress& address, Timestamp now) {
  if (hosts_.full() || host_of(address)) return false;
  Host host;
  host.address = address;
  // RFC 8421 §4 prefers IPv6; within a family, the order given.
  const auto preference =
      (address.ip.is_v6() ? 65535u : 32767u) - static_cast<unsigned>(hosts_.size());
  host.local_preference = static_cast<uint16_t>(preference);
  host.priority = candidate_priority(CandidateType::Host, host.local_preference);
  if (config_.stun_server && config_.stun_server->ip.is_v4() == address.ip.is_v4()) {
    host.gathering = true;
    host.id = draw_id();
    // RFC 8445 §5.1.1.4: paced like checks.
    const auto start = now + config_.pacing * static_cast<int64_t>(hosts_.size());
    host.schedule = stun::RetransmitSchedule(config_.retransmit, start);
  }
  hosts_.push_back(host);
  add_local_candidate(CandidateType::Host, host, address);
  for (const Candidate& remote : remote_candidates_) form_pair(host, remote, now);
  return true;
}

bool Agent::set_remote(Credentials remote, Timestamp now) {
  if (remote.ufrag.empty() || remote.ufrag.size() > kMaxUfrag) return false;
  if (current_.remote) return *current_.remote == remote;
  current_.remote_key = stun::IntegrityKey(as_bytes(remote.password));
  current_.remote = std::move(remote);
  note_work(now);
  return true;
}

bool Agent::add_remote(const Candidate& candidate, Timestamp now) {
  if (!candidate.is_usable()) return false;
  for (Candidate& known : remote_candidates_) {
    if (known.address != candidate.address) continue;
    // RFC 8445 §7.3.1.3: signalled after it was learnt from a check; the pairs exist.
    known = candidate;
    return true;
  }
  if (!remote_candidates_.push_back(candidate)) return false;
  for (const Host& host : hosts_) form_pair(host, candidate, now);
  return true;
}

void Agent::restart(Credentials local, Timestamp now) {
  if (!previous_ && selected_) previous_ = std::move(current_);
  current_ = Generation{};
  current_.local_key = stun::IntegrityKey(as_bytes(local.password));
  current_.local = std::move(local);
  remote_candidates_.clear();
  checks_.clear();
  nominated_ = false;
  nominate_at_ = Timestamp::never();
  connect_deadline_ = Timestamp::never();
  next_check_ = now;
  if (!selected_) set_state(AgentState::New);
}

Agent::Host* Agent::host_of(const SocketAddress& address) {
  for (Host& host : hosts_) {
    if (host.address == address) return &host;
  }
  return nullptr;
}

void Agent::add_local_candidate(CandidateType type, const Host& host,
                                const SocketAddress& address) {
  // RFC 8445 §5.1.3: one that repeats an address is redundant.
  for (const Candidate& c : local_candidates_) {
    if (c.address == address) return;
  }
  Candidate c;
  c.type = type;
  c.address = address;
  c.priority = candidate_priority(type, host.local_preference);
  const bool reflexive = type != CandidateType::Host;
  const IpAddress server = reflexive && config_.stun_server ? config_.stun_server->ip : IpAddress{};
  c.foundation = candidate_foundation(type, host.address.ip, server);
  if (reflexive) c.related = host.address;
  if (local_candidates_.push_back(std::move(c))) candidates_event_ = true;
}

// RFC 8445 §6.1.2.2, §6.1.2.4: reflexive candidates send from their base, so hosts are all there is
// to pair.
CandidatePair* Agent::form_pair(const Host& host, const Candidate& remote, Timestamp now) {
  if (host.address.ip.is_v4() != remote.address.ip.is_v4() ||
      host.address.ip.is_loopback() != remote.address.ip.is_loopback()) {
    return nullptr;
  }
  CandidatePair* pair =
      checks_.add({host.address, remote.address}, host.priority, remote.priority, controlling_);
  // RFC 8445 §8.1.2: after a nomination only checks of the other side start new ones.
  if (pair && nominated_ && pair->state == PairState::Waiting) pair->state = PairState::Failed;
  note_work(now);
  return pair;
}

void Agent::note_work(Timestamp now) {
  if (!current_.remote || !checks_.has_work()) return;
  if (next_check_.is_never()) next_check_ = now;
  if (nominated_ || state_ == AgentState::Failed) return;
  if (connect_deadline_.is_never()) connect_deadline_ = now + config_.connect_timeout;
  if (state_ == AgentState::New) set_state(AgentState::Checking);
}

void Agent::select(const FlowPath& path, bool nominated, Timestamp now) {
  nominated_ = nominated;
  if (nominated) connect_deadline_ = Timestamp::never();
  const bool was_connected = selected_ == path && !previous_;
  previous_.reset();
  if (selected_ != path) path_event_ = true;
  selected_ = path;
  consent_.last_answer = now;
  if (!was_connected) consent_.next_check = now + draw_consent_interval();
  set_state(AgentState::Connected);
}

void Agent::set_state(AgentState state) {
  if (state_ == state) return;
  state_ = state;
  state_event_ = true;
}

void Agent::fail() {
  if (selected_) path_event_ = true;
  selected_.reset();
  previous_.reset();
  nominated_ = false;
  checks_.clear();
  connect_deadline_ = Timestamp::never();
  nominate_at_ = Timestamp::never();
  consent_ = Consent{};
  set_state(AgentState::Failed);
}

stun::TransactionId Agent::draw_id() {
  stun::TransactionId id;
  random_.fill(id);
  return id;
}

bool Agent::gathering_done() const {
  return std::ranges::none_of(hosts_, [](const Host& h) { return h.gathering; });
}

void Agent::handle_timeout(Timestamp now) {
  run_gathering(now);
  if (state_ == AgentState::Failed || outputs_.full()) return;
  run_consent(now);
  if (state_ == AgentState::Failed) return;
  if (now >= connect_deadline_) {
    connect_deadline_ = Timestamp::never();
    // A restart that didn't work ends the old path too: both sides have moved on.
    if (!selected_ || previous_) return fail();
  }
  run_nomination(now);
  run_checks(now);
}

void Agent::run_gathering(Timestamp now) {
  for (Host& host : hosts_) {
    if (!host.gathering || outputs_.full()) continue;
    if (host.schedule.expired(now)) {
      host.gathering = false;
      host.schedule.stop();
      candidates_event_ = true;
    } else if (host.schedule.take_due(now)) {
      OutDatagram out;
      out.path = {host.address, *config_.stun_server};
      stun::MessageBuilder b(out.bytes, stun::MessageClass::Request, stun::Method::Binding,
                             host.id);
      b.add_fingerprint();
      out.size = *b.finish();
      outputs_.push(out);
    }
  }
}

void Agent::run_checks(Timestamp now) {
  if (!current_.remote) return;
  for (CandidatePair& pair : checks_.pairs()) {
    if (pair.state != PairState::InProgress || outputs_.full()) continue;
    if (pair.schedule.expired(now)) {
      // RFC 8445 §7.2.5.2.3. A pair that worked before and doesn't now is no longer one to
      // nominate.
      pair.state = PairState::Failed;
      pair.valid = false;
      pair.nominate = false;
      pair.schedule.stop();
    } else if (pair.schedule.take_due(now)) {
      send_check(pair);
    }
  }
  if (now < next_check_ || outputs_.full()) return;
  if (CandidatePair* pair = checks_.next_to_check()) {
    start_check(*pair, now);
    next_check_ = now + config_.pacing;
  }
}

void Agent::start_check(CandidatePair& pair, Timestamp now) {
  pair.triggered = false;
  if (pair.state == PairState::InProgress && pair.sent_as_controlling == controlling_ &&
      pair.sent_nominating == (controlling_ && pair.nominate)) {
    // RFC 8445 §7.3.1.4 cancels the check and starts another; to send the same again at once does
    // the same, and its earlier answer counts.
    pair.schedule.hasten(now);
  } else {
    stun::RetransmitConfig retransmit = config_.retransmit;
    // RFC 8445 §14.3
    retransmit.rto =
        std::max(retransmit.rto, config_.pacing * static_cast<int64_t>(checks_.unfinished()));
    pair.id = draw_id();
    pair.schedule = stun::RetransmitSchedule(retransmit, now);
    pair.state = PairState::InProgress;
    pair.sent_as_controlling = controlling_;
    pair.sent_nominating = controlling_ && pair.nominate;
  }
  if (pair.schedule.take_due(now)) send_check(pair);
}

bool Agent::send_check(const CandidatePair& pair) {
  const Host* host = host_of(pair.path.local);
  // RFC 8445 §7.1.1: the priority a peer-reflexive candidate learnt from this check would have.
  const uint32_t priority =
      candidate_priority(CandidateType::PeerReflexive, host ? host->local_preference : uint16_t{0});
  return send_request(pair.path, pair.id, current_, priority, pair.sent_as_controlling,
                      pair.sent_nominating);
}

bool Agent::send_request(const FlowPath& path, const stun::TransactionId& id,
                         const Generation& generation, uint32_t priority, bool controlling,
                         bool nominating) {
  OutDatagram out;
  out.path = path;
  stun::MessageBuilder b(out.bytes, stun::MessageClass::Request, stun::Method::Binding, id);
  // RFC 8445 §7.2.2
  b.add_text(stun::Attribute::Username, generation.remote->ufrag + ':' + generation.local.ufrag);
  b.add_u32(stun::Attribute::Priority, priority);
  b.add_u64(controlling ? stun::Attribute::IceControlling : stun::Attribute::IceControlled,
            tie_breaker_);
  if (nominating) b.add_flag(stun::Attribute::UseCandidate);
  b.add_integrity(generation.remote_key);
  b.add_fingerprint();
  const auto size = b.finish();
  if (!size) return false;
  out.size = *size;
  return outputs_.push(out);
}

// RFC 8445 §8.1.1: regular nomination, of the best pair when no better one can come or enough time
// has passed.
void Agent::run_nomination(Timestamp now) {
  if (!controlling_ || nominated_) return;
  CandidatePair* best = checks_.best_valid();
  if (!best) {
    nominate_at_ = Timestamp::never();
    return;
  }
  for (const CandidatePair& p : checks_.pairs()) {
    if (p.nominate && (p.triggered || p.state == PairState::InProgress)) return;
  }
  if (now < nominate_at_ && checks_.better_may_come(*best)) return;
  for (CandidatePair& p : checks_.pairs()) p.nominate = false;
  best->nominate = true;
  checks_.trigger(*best);
  next_check_ = std::min(next_check_, now);
}

void Agent::run_consent(Timestamp now) {
  if (!selected_) return;
  const TimeDelta silence = now - consent_.last_answer;
  if (silence >= config_.consent_timeout) return fail();
  if (silence >= config_.disconnected_after) set_state(AgentState::Disconnected);
  if (now < consent_.next_check) return;
  // One that got lost is followed by up to four more soon, so that single losses aren't taken for a
  // dead path by either side.
  constexpr int kQuickRequests = 5;
  if (++consent_.unanswered < kQuickRequests) {
    consent_.next_check = now + config_.retransmit.rto;
  } else {
    consent_.next_check = now + draw_consent_interval();
    consent_.unanswered = 0;
  }
  auto& id = consent_.ids[consent_.next_id++ % consent_.ids.size()];
  id = draw_id();
  const Host* host = host_of(selected_->local);
  const uint32_t priority =
      candidate_priority(CandidateType::PeerReflexive, host ? host->local_preference : uint16_t{0});
  send_request(*selected_, id, previous_ ? *previous_ : current_, priority, controlling_, false);
}

// RFC 7675 §5.1: 0.8 to 1.2 times the interval.
TimeDelta Agent::draw_consent_interval() {
  const int64_t base = config_.consent_interval.us();
  const auto spread = static_cast<int64_t>(random_.below(static_cast<uint64_t>(base * 2 / 5 + 1)));
  return TimeDelta::micros(base * 4 / 5 + spread);
}

bool Agent::poll_output(OutDatagram& out) {
  auto next = outputs_.pop();
  if (!next) return false;
  out = *next;
  return true;
}

std::optional<AgentEvent> Agent::poll_event() {
  if (std::exchange(state_event_, false)) return AgentEvent::StateChanged;
  if (std::exchange(path_event_, false)) return AgentEvent::SelectedPathChanged;
  if (std::exchange(candidates_event_, false)) return AgentEvent::LocalCandidatesChanged;
  return std::nullopt;
}

Deadline Agent::poll_timeout() const {
  Deadline next;
  for (const Host& host : hosts_) {
    if (host.gathering) {
      next = Deadline::earliest(next, {.when = host.schedule.next(), .reason = "ice gathering"});
    }
  }
  if (state_ == AgentState::Failed) return next;
  next = Deadline::earliest(next, {.when = connect_deadline_, .reason = "ice connect timeout"});
  if (selected_) {
    next = Deadline::earliest(next, {.when = consent_.next_check, .reason = "ice consent check"});
    const auto limit =
        state_ == AgentState::Connected ? config_.disconnected_after : config_.consent_timeout;
    next =
        Deadline::earliest(next, {.when = consent_.last_answer + limit, .reason = "ice silence"});
  }
  if (!current_.remote) return next;
  if (checks_.has_work()) {
    next = Deadline::earliest(next, {.when = next_check_, .reason = "ice check"});
  }
  bool nominating = false;
  for (const CandidatePair& pair : checks_.pairs()) {
    nominating |= pair.nominate && (pair.triggered || pair.state == PairState::InProgress);
    if (pair.state != PairState::InProgress) continue;
    next = Deadline::earliest(next, {.when = pair.schedule.next(), .reason = "ice retransmission"});
  }
  if (controlling_ && !nominated_ && !nominating) {
    next = Deadline::earliest(next, {.when = nominate_at_, .reason = "ice nomination"});
  }
  return next;
}

}  // namespace parley::ice
