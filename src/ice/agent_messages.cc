// What the full agent does with datagrams: RFC 8445 §7.2.5 (responses) and §7.3 (requests).
#include <algorithm>

#include "ice/agent.h"

namespace parley::ice {

StunResult Agent::handle_stun(const FlowPath& path, Bytes message, Timestamp now) {
  const auto view = stun::MessageView::parse(message);
  if (!view) return StunResult::Malformed;
  if (handle_gathering_response(path, *view)) return StunResult::ResponseAccepted;
  if (const auto frame = check_frame(*view); frame != StunResult::Answered) return frame;
  if (state_ == AgentState::Failed) return StunResult::Failed;
  if (!host_of(path.local)) return StunResult::UnknownPath;
  if (view->message_class() != stun::MessageClass::Request)
    return handle_response(path, *view, now);
  if (outputs_.full()) return StunResult::QueueFull;
  return handle_request(path, *view, now);
}

StunResult Agent::handle_request(const FlowPath& path, const stun::MessageView& message,
                                 Timestamp now) {
  const auto user = check_user(message);
  if (!user || !message.has(stun::Attribute::MessageIntegrity)) {
    outputs_.push(error_response(path, message, 400, nullptr));
    return StunResult::BadRequest;
  }
  const bool is_current = user->receiver == current_.local.ufrag &&
                          (!current_.remote || user->sender == current_.remote->ufrag);
  const bool is_previous = !is_current && previous_ && user->receiver == previous_->local.ufrag;
  const stun::IntegrityKey& key = is_previous ? previous_->local_key : current_.local_key;
  if ((!is_current && !is_previous) ||
      stun::check_integrity(message, key) != stun::Integrity::Valid) {
    outputs_.push(error_response(path, message, 401, nullptr));
    return StunResult::BadCredentials;
  }
  if (const auto unknown = unknown_in_check(message); !unknown.empty()) {
    outputs_.push(error_response(path, message, 420, &key, {unknown.data(), unknown.size()}));
    return StunResult::UnknownAttribute;
  }
  if (is_current && !settle_role(message)) {
    outputs_.push(error_response(path, message, 487, &key));
    return StunResult::RoleConflict;
  }
  outputs_.push(success_response(path, message, key));
  // Before the other side's description is here there is nothing to check back with: its checks are
  // answered, and repeat themselves.
  if (is_current && current_.remote) learn_from_request(path, message, now);
  return StunResult::Answered;
}

// RFC 8445 §7.3.1.1: the larger tie-breaker controls.
bool Agent::settle_role(const stun::MessageView& message) {
  if (controlling_) {
    const auto theirs = message.u64(stun::Attribute::IceControlling);
    if (!theirs) return true;
    if (tie_breaker_ >= *theirs) return false;
    switch_role();
    return true;
  }
  const auto theirs = message.u64(stun::Attribute::IceControlled);
  if (!theirs) return true;
  if (tie_breaker_ < *theirs) return false;
  switch_role();
  return true;
}

void Agent::switch_role() {
  controlling_ = !controlling_;
  for (CandidatePair& p : checks_.pairs()) p.nominate = false;
  checks_.reprioritise(controlling_);
}

// RFC 8445 §7.3.1.3 to §7.3.1.5
void Agent::learn_from_request(const FlowPath& path, const stun::MessageView& message,
                               Timestamp now) {
  CandidatePair* pair = checks_.find(path);
  if (!pair) {
    const auto known = std::ranges::find(remote_candidates_, path.remote, &Candidate::address);
    Candidate remote;
    if (known != remote_candidates_.end()) {
      remote = *known;
    } else {
      remote.type = CandidateType::PeerReflexive;
      remote.address = path.remote;
      remote.priority = message.u32(stun::Attribute::Priority).value_or(0);
      remote.foundation = std::to_string(random_.u32());
      remote_candidates_.push_back(remote);  // one too many still gets its pair
    }
    pair = form_pair(*host_of(path.local), remote, now);
    if (!pair) return;
  }
  const bool use_candidate = !controlling_ && message.has(stun::Attribute::UseCandidate);
  if (pair->state == PairState::Succeeded) {
    if (use_candidate) {
      select(path, true, now);
      checks_.conclude();
    }
    return;
  }
  if (use_candidate) pair->nominate = true;
  checks_.trigger(*pair);
  note_work(now);
}

StunResult Agent::handle_response(const FlowPath& path, const stun::MessageView& message,
                                  Timestamp now) {
  if (CandidatePair* pair = checks_.find(message.transaction_id())) {
    return handle_check_response(*pair, path, message, now);
  }
  return handle_consent_response(path, message, now);
}

// RFC 8445 §7.2.5
StunResult Agent::handle_check_response(CandidatePair& pair, const FlowPath& path,
                                        const stun::MessageView& message, Timestamp now) {
  // RFC 8489 §9.1.4: what isn't authentic is as if it had not come. 400 and 401 never are; the
  // check then just runs out of time.
  if (stun::check_integrity(message, current_.remote_key) != stun::Integrity::Valid) {
    return StunResult::Unexpected;
  }
  pair.schedule.stop();
  if (message.message_class() == stun::MessageClass::Error) {
    const auto error = message.error_code();
    if (error && error->code == 487) {
      // RFC 8445 §7.2.5.1: give way, unless a request of theirs has settled it since, and check
      // again.
      if (pair.sent_as_controlling == controlling_) switch_role();
      pair.state = PairState::Waiting;
      checks_.trigger(pair);
      note_work(now);
    } else {
      pair.state = PairState::Failed;
    }
    return StunResult::ResponseAccepted;
  }
  // RFC 8445 §7.2.5.2.1: the answer comes back the way the question went, or the pair isn't one.
  const auto mapped = message.xor_address(stun::Attribute::XorMappedAddress);
  if (path != pair.path || !mapped) {
    pair.state = PairState::Failed;
    return StunResult::ResponseAccepted;
  }
  // RFC 8445 §7.2.5.3.1: a mapping nobody told us of is a peer-reflexive candidate.
  add_local_candidate(CandidateType::PeerReflexive, *host_of(path.local), *mapped);
  pair_succeeded(pair, now);
  return StunResult::ResponseAccepted;
}

void Agent::pair_succeeded(CandidatePair& pair, Timestamp now) {
  pair.state = PairState::Succeeded;
  pair.valid = true;
  const bool nominated = controlling_ ? pair.sent_nominating : pair.nominate;
  if (nominated) {
    pair.nominate = false;
    pair.triggered = false;
    select(pair.path, true, now);
    checks_.conclude();
    return;
  }
  if (nominated_) return;
  // Until the nomination, the best pair that works carries the traffic.
  if (checks_.best_valid() == &pair) select(pair.path, false, now);
  if (nominate_at_.is_never()) nominate_at_ = now + config_.nomination_delay;
  run_nomination(now);
}

// RFC 7675 §5.1: only an authentic success response, over the path it was asked on, renews consent.
StunResult Agent::handle_consent_response(const FlowPath& path, const stun::MessageView& message,
                                          Timestamp now) {
  const Generation& generation = previous_ ? *previous_ : current_;
  const bool ours = std::ranges::find(consent_.ids, message.transaction_id()) != consent_.ids.end();
  if (!selected_ || path != *selected_ || !ours || consent_.next_id == 0 ||
      message.message_class() != stun::MessageClass::Success ||
      stun::check_integrity(message, generation.remote_key) != stun::Integrity::Valid) {
    return StunResult::Unexpected;
  }
  consent_.last_answer = now;
  consent_.unanswered = 0;
  consent_.next_check = now + draw_consent_interval();
  set_state(AgentState::Connected);
  return StunResult::ResponseAccepted;
}

bool Agent::handle_gathering_response(const FlowPath& path, const stun::MessageView& message) {
  if (!config_.stun_server || path.remote != *config_.stun_server) return false;
  Host* host = host_of(path.local);
  if (!host || !host->gathering || message.transaction_id() != host->id) return false;
  const bool success = message.is(stun::MessageClass::Success, stun::Method::Binding);
  if (!success && !message.is(stun::MessageClass::Error, stun::Method::Binding)) return false;
  host->gathering = false;
  host->schedule.stop();
  candidates_event_ = true;
  if (!success) return true;
  auto mapped = message.xor_address(stun::Attribute::XorMappedAddress);
  if (!mapped) mapped = message.address(stun::Attribute::MappedAddress);  // RFC 5389 servers of old
  if (mapped) add_local_candidate(CandidateType::ServerReflexive, *host, *mapped);
  return true;
}

}  // namespace parley::ice
