#include "ice/lite_agent.h"

#include <algorithm>
#include <utility>

namespace parley::ice {

LiteAgent::Generation::Generation(Credentials l, Credentials r)
    : local(std::move(l)), remote(std::move(r)), key(as_bytes(local.password)) {}

bool LiteAgent::Generation::matches(const CheckUser& user) const {
  return user.receiver == local.ufrag && user.sender == remote.ufrag;
}

LiteAgent::LiteAgent(Credentials local, Credentials remote, Timestamp now, const LiteConfig& config)
    : config_(config), current_(std::move(local), std::move(remote)), last_check_(now) {}

StunResult LiteAgent::handle_stun(const FlowPath& path, Bytes message, Timestamp now) {
  const auto view = stun::MessageView::parse(message);
  if (!view) return StunResult::Malformed;
  // A lite agent asks nothing, so no response is expected.
  if (view->message_class() != stun::MessageClass::Request) return StunResult::Unexpected;
  if (const auto frame = check_frame(*view); frame != StunResult::Answered) return frame;
  handle_timeout(now);  // consent that has run out isn't revived by a late check
  if (state_ == LiteState::Failed) return StunResult::Failed;
  if (outputs_.full()) return StunResult::QueueFull;
  return handle_request(path, *view, now);
}

StunResult LiteAgent::handle_request(const FlowPath& path, const stun::MessageView& message,
                                     Timestamp now) {
  // RFC 8489 §9.1.3: the order of the tests and their codes.
  const auto user = check_user(message);
  if (!user || !message.has(stun::Attribute::MessageIntegrity)) {
    return refuse(path, message, 400, StunResult::BadRequest);
  }
  const bool is_current = current_.matches(*user);
  if (!is_current && !(previous_ && previous_->matches(*user))) {
    return refuse(path, message, 401, StunResult::BadCredentials);
  }
  const stun::IntegrityKey& key = is_current ? current_.key : previous_->key;
  if (stun::check_integrity(message, key) != stun::Integrity::Valid) {
    return refuse(path, message, 401, StunResult::BadCredentials);
  }
  if (const auto unknown = unknown_in_check(message); !unknown.empty()) {
    outputs_.push(error_response(path, message, 420, &key, {unknown.data(), unknown.size()}));
    return StunResult::UnknownAttribute;
  }
  // RFC 8445 §6.1.1, §7.3.1.1: a lite agent is controlled, always, so it is the other side that
  // must give way.
  if (message.has(stun::Attribute::IceControlled)) {
    outputs_.push(error_response(path, message, 487, &key));
    return StunResult::RoleConflict;
  }

  outputs_.push(success_response(path, message, key));
  if (is_current && previous_) {
    // RFC 8445 §9: the new generation has begun to work.
    previous_.reset();
    paths_.clear();
    selected_.reset();
    nominated_ = false;
  }
  accept_check(path, message.has(stun::Attribute::UseCandidate), now);
  return StunResult::Answered;
}

StunResult LiteAgent::refuse(const FlowPath& path, const stun::MessageView& message, int code,
                             StunResult result) {
  outputs_.push(error_response(path, message, code, nullptr));
  return result;
}

void LiteAgent::accept_check(const FlowPath& path, bool use_candidate, Timestamp now) {
  const auto selected =
      std::ranges::find_if(paths_, [this](const Path& p) { return p.flow == selected_; });
  const bool selected_is_silent =
      selected == paths_.end() || now - selected->last_check >= config_.disconnected_after;
  last_check_ = now;
  if (use_candidate) {
    // RFC 8445 §7.3.1.5. A controlling side that nominates again (as browsers do when they move)
    // means the latest.
    select(path, true);
  } else if (!selected_ || (selected_ != path && selected_is_silent)) {
    select(path, false);
  }
  remember(path, now);
  set_state(LiteState::Connected);
}

void LiteAgent::remember(const FlowPath& path, Timestamp now) {
  for (Path& p : paths_) {
    if (p.flow == path) {
      p.last_check = now;
      return;
    }
  }
  if (paths_.full()) {
    size_t oldest = paths_.size();
    for (size_t i = 0; i < paths_.size(); ++i) {
      if (paths_[i].flow == selected_) continue;
      if (oldest == paths_.size() || paths_[i].last_check < paths_[oldest].last_check) oldest = i;
    }
    paths_.erase(oldest);
  }
  paths_.push_back({path, now});
}

void LiteAgent::select(const FlowPath& path, bool nominated) {
  nominated_ = nominated;
  if (selected_ == path) return;
  selected_ = path;
  path_event_ = true;
}

void LiteAgent::set_state(LiteState state) {
  if (state_ == state) return;
  state_ = state;
  state_event_ = true;
}

void LiteAgent::handle_timeout(Timestamp now) {
  if (state_ == LiteState::Failed) return;
  const TimeDelta silence = now - last_check_;
  if (silence >= config_.failed_after) {
    set_state(LiteState::Failed);
    if (selected_) path_event_ = true;
    selected_.reset();
    nominated_ = false;
    paths_.clear();
  } else if (state_ == LiteState::Connected && silence >= config_.disconnected_after) {
    set_state(LiteState::Disconnected);
  }
}

bool LiteAgent::poll_output(OutDatagram& out) {
  auto next = outputs_.pop();
  if (!next) return false;
  out = *next;
  return true;
}

std::optional<LiteEvent> LiteAgent::poll_event() {
  if (std::exchange(state_event_, false)) return LiteEvent::StateChanged;
  if (std::exchange(path_event_, false)) return LiteEvent::SelectedPathChanged;
  return std::nullopt;
}

Deadline LiteAgent::poll_timeout() const {
  switch (state_) {
    case LiteState::Waiting:
      return {.when = last_check_ + config_.failed_after, .reason = "ice first check"};
    case LiteState::Connected:
      return {.when = last_check_ + std::min(config_.disconnected_after, config_.failed_after),
              .reason = "ice silence"};
    case LiteState::Disconnected:
      return {.when = last_check_ + config_.failed_after, .reason = "ice consent"};
    case LiteState::Failed:
      break;
  }
  return {};
}

void LiteAgent::set_credentials(Credentials local, Credentials remote, Timestamp now) {
  if (current_.local == local && current_.remote == remote) return;
  if (state_ == LiteState::Failed || state_ == LiteState::Waiting) {
    // Nothing works with the old ones: start anew.
    previous_.reset();
    last_check_ = now;
    set_state(LiteState::Waiting);
  } else if (!previous_) {
    previous_ = std::move(current_);
  }
  current_ = Generation(std::move(local), std::move(remote));
}

std::optional<FlowPath> LiteAgent::selected_path() const {
  return selected_;
}

bool LiteAgent::knows_path(const FlowPath& path) const {
  return std::ranges::any_of(paths_, [&](const Path& p) { return p.flow == path; });
}

std::optional<std::string_view> LiteAgent::local_ufrag_of(Bytes message) {
  const auto view = stun::MessageView::parse(message);
  if (!view || !view->is(stun::MessageClass::Request, stun::Method::Binding)) return std::nullopt;
  const auto user = check_user(*view);
  if (!user) return std::nullopt;
  return user->receiver;
}

}  // namespace parley::ice
