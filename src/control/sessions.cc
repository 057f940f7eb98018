#include "control/sessions.h"

namespace parley::control {

bool Sessions::add(ConnectionId id, const ConnectionInfo& info, Timestamp now) {
  if (sessions_.size() >= max_) return false;
  if (sessions_.empty()) next_check_ = now + kCheckInterval;
  return sessions_
      .emplace(id, Session{.info = info,
                           .rate = signaling::RateLimit(now),
                           .last_heard = now,
                           .router = {},
                           .participant = {}})
      .second;
}

Session* Sessions::find(ConnectionId id) {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : &it->second;
}

Sessions::Admission Sessions::admit(Session& session, Timestamp now) {
  session.last_heard = now;
  if (session.rate.allow(now)) {
    session.refused_in_a_row = 0;
    return Admission::kPass;
  }
  if (++session.refused_in_a_row > kMaxRefused) return Admission::kClose;
  return session.refused_in_a_row == 1 ? Admission::kRefuse : Admission::kRefuseSilently;
}

std::vector<ConnectionId> Sessions::take_silent(Timestamp now) {
  std::vector<ConnectionId> silent;
  if (now < next_check_) return silent;
  next_check_ = now + kCheckInterval;
  for (const auto& [id, session] : sessions_) {
    if (now - session.last_heard >= kSilence) silent.push_back(id);
  }
  return silent;
}

Deadline Sessions::poll_timeout() const {
  if (sessions_.empty()) return {};
  return {next_check_, "silent sockets"};
}

std::vector<ConnectionId> Sessions::all() const {
  std::vector<ConnectionId> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) ids.push_back(id);
  return ids;
}

}  // namespace parley::control
