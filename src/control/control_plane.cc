#include "control/control_plane.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "control/wire.h"
#include "signaling/codec.h"

namespace parley::control {
namespace {

namespace client = signaling::client;
namespace server = signaling::server;
using signaling::ErrorCode;

// The peer or router that an event is about.
struct Subject {
  PeerId peer;
  RouterId router;
};
Subject subject_of(const media::Event& event) {
  return std::visit(
      [](const auto& e) -> Subject {
        if constexpr (requires { e.peer; }) {
          return {.peer = e.peer, .router = {}};
        } else {
          return {.peer = {}, .router = e.router};
        }
      },
      event);
}

}  // namespace

ControlPlane::ControlPlane(ControlConfig config, RandomSource& random)
    : config_(std::move(config)),
      random_(random),
      loads_(config_.shards.size()),
      sessions_(config_.max_connections) {}

ControlPlane::~ControlPlane() = default;

void ControlPlane::handle_connected(ConnectionId id, const ConnectionInfo& info, Timestamp now) {
  now_ = now;
  if (!stopping_ && sessions_.add(id, info, now)) return;
  ++stats_.bad_input["connections"];
  refuse(id, ErrorCode::kServerFull,
         "This server has no room for more connections now. Try again later.", std::nullopt);
}

void ControlPlane::handle_message(ConnectionId id, std::string_view text, Timestamp now,
                                  int64_t wall_ms) {
  now_ = now;
  Session* session = sessions_.find(id);
  if (session == nullptr) return;  // on its way to being closed
  const Sessions::Admission admission = sessions_.admit(*session, now);
  if (admission != Sessions::Admission::kPass) {
    ++stats_.bad_input["rate"];
    if (admission == Sessions::Admission::kRefuse) {
      outbox_.send(id, error(ErrorCode::kTooMany,
                             "Too many messages in a short time; some were ignored. Slow down."));
    } else if (admission == Sessions::Admission::kClose) {
      outbox_.close(id, kCloseTooMany, "too many messages");
      handle_disconnected(id, now);
    }
    return;
  }
  auto message = signaling::parse_client_message(text);
  if (!message) {
    ++stats_.bad_input["signaling"];
    outbox_.send(id, error(message.error().code, message.error().message, message.error().id));
    return;
  }
  handle_parsed(id, *session, *std::move(message), {.now = now, .wall_ms = wall_ms});
}

void ControlPlane::handle_parsed(ConnectionId id, Session& session,
                                 signaling::ClientMessage message, Meeting::Clock clock) {
  if (const auto* ping = std::get_if<client::Ping>(&message)) {
    outbox_.send(id, server::Pong{.t = ping->t});
    return;
  }
  if (const auto* leave = std::get_if<client::Leave>(&message)) {
    handle_leave(id, session, leave->may_return, clock.now);
    return;
  }
  if (auto* join = std::get_if<client::Join>(&message)) {
    handle_join(id, session, std::move(*join), clock);
    return;
  }
  Meeting* meeting = find(session.router);
  if (meeting == nullptr) {
    ++stats_.bad_input["order"];
    outbox_.send(id, error(ErrorCode::kNotJoined, "Join a room first."));
    return;
  }
  const RouterId router = session.router;
  meeting->handle_message(session.participant, {.connection = id, .info = session.info},
                          std::move(message), clock);
  settle(router);
}

void ControlPlane::handle_join(ConnectionId id, Session& session, client::Join join,
                               Meeting::Clock clock) {
  if (session.router) {
    ++stats_.bad_input["order"];
    outbox_.send(id,
                 error(ErrorCode::kAlreadyJoined,
                       "You are in a room already. Leave it before you join another.", join.id));
    return;
  }
  if (join.protocol < config_.protocol_min || join.protocol > config_.protocol_max) {
    sessions_.remove(id);
    refuse(id, ErrorCode::kOldClient,
           "This page and the server are of different versions. Reload the page.", join.id);
    return;
  }
  Meeting* meeting = meeting_for(id, join);
  if (meeting == nullptr) return;
  const RouterId router = routers_.find(join.room)->second;
  const auto seated =
      meeting->handle_join({.connection = id, .info = session.info}, std::move(join), clock);
  if (seated) {
    session.router = router;
    session.participant = seated->id;
    sessions_.remove(seated->replaced);
  }
  settle(router);
}

Meeting* ControlPlane::meeting_for(ConnectionId id, const client::Join& join) {
  const auto known = routers_.find(join.room);
  if (known != routers_.end()) return find(known->second);
  if (meetings_.size() >= config_.max_rooms) {
    sessions_.remove(id);
    refuse(id, ErrorCode::kServerFull, "This server can't open another room now. Try again later.",
           join.id);
    return nullptr;
  }
  const RouterId router = registry_.next_router();
  const Meeting::Context context{.config = config_,
                                 .loads = loads_,
                                 .registry = registry_,
                                 .outbox = outbox_,
                                 .stats = stats_,
                                 .random = random_};
  routers_.emplace(join.room, router);
  auto meeting = std::make_unique<Meeting>(context, join.room, router);
  return (meetings_[router].meeting = std::move(meeting)).get();
}

void ControlPlane::handle_leave(ConnectionId id, const Session& session, bool may_return,
                                Timestamp now) {
  const RouterId router = session.router;
  const room::ParticipantId participant = session.participant;
  outbox_.send(id, server::Closing{.reason = signaling::ClosingReason::kLeft,
                                   .message = "You have left the room."});
  outbox_.close(id, kCloseNormal, "left");
  sessions_.remove(id);
  if (Meeting* meeting = find(router)) {
    if (may_return) {
      meeting->handle_page_gone(participant, now);
    } else {
      meeting->handle_leave(participant, now);
    }
    settle(router);
  }
}

void ControlPlane::handle_disconnected(ConnectionId id, Timestamp now) {
  now_ = now;
  const Session* session = sessions_.find(id);
  if (session == nullptr) return;
  const RouterId router = session->router;
  const room::ParticipantId participant = session->participant;
  sessions_.remove(id);
  Meeting* meeting = find(router);
  if (meeting == nullptr) return;
  meeting->handle_socket_lost(participant, now);
  settle(router);
}

void ControlPlane::handle_media_event(const media::Event& event, Timestamp now) {
  now_ = now;
  Subject subject = subject_of(event);
  room::ParticipantId participant;
  if (subject.peer) {
    const std::optional<PeerOwner> owner = registry_.peer(subject.peer);
    if (!owner) return;  // removed meanwhile
    subject.router = owner->router;
    participant = owner->participant;
  }
  Meeting* meeting = find(subject.router);
  if (meeting == nullptr) return;
  meeting->handle_media_event(participant, event, now);
  unflushed_.insert(subject.router);
}

void ControlPlane::handle_timeout(Timestamp now) {
  now_ = now;
  for (const ConnectionId id : sessions_.take_silent(now)) {
    outbox_.close(id, kCloseSilent, "nothing heard");
    handle_disconnected(id, now);
  }
  std::vector<RouterId> due;
  for (const auto& [when, router] : deadlines_) {
    if (when > now) break;
    due.push_back(router);
  }
  for (const RouterId router : due) {
    find(router)->handle_timeout(now);
    settle(router);
  }
}

void ControlPlane::stop(Timestamp now) {
  now_ = now;
  stopping_ = true;
  for (const ConnectionId id : sessions_.all()) {
    outbox_.send(id, server::Closing{.reason = signaling::ClosingReason::kStopping,
                                     .message = "The server is stopping. Try again in a minute."});
    outbox_.close(id, kCloseGoingAway, "stopping");
  }
  for (const ConnectionId id : sessions_.all()) handle_disconnected(id, now);
}

// Media events of one turn are told together.
bool ControlPlane::poll_output(Output& out) {
  if (outbox_.poll(out)) return true;
  for (const RouterId router : std::exchange(unflushed_, {})) {
    Meeting* meeting = find(router);
    if (meeting == nullptr) continue;
    meeting->flush(now_);
    settle(router);
  }
  return outbox_.poll(out);
}

Deadline ControlPlane::poll_timeout() const {
  Deadline deadline = sessions_.poll_timeout();
  if (deadlines_.empty()) return deadline;
  const auto& [when, router] = *deadlines_.begin();
  return Deadline::earliest(deadline, {when, meetings_.at(router).meeting->poll_timeout().reason});
}

size_t ControlPlane::participants() const {
  size_t count = 0;
  for (const auto& [router, room] : meetings_) count += room.meeting->size();
  return count;
}

size_t ControlPlane::rooms_in(room::TopologyMode mode) const {
  return static_cast<size_t>(std::ranges::count_if(
      meetings_, [mode](const auto& entry) { return entry.second.meeting->mode() == mode; }));
}

Meeting* ControlPlane::find(RouterId router) {
  const auto it = meetings_.find(router);
  return it == meetings_.end() ? nullptr : it->second.meeting.get();
}

void ControlPlane::settle(RouterId router) {
  const auto it = meetings_.find(router);
  if (it == meetings_.end()) return;
  Room& room = it->second;
  const Meeting& meeting = *room.meeting;
  const bool empty = meeting.size() == 0;
  const Timestamp due = empty ? Timestamp::never() : meeting.poll_timeout().when;
  if (due != room.due) {
    if (!room.due.is_never()) deadlines_.erase({room.due, router});
    if (!due.is_never()) deadlines_.emplace(due, router);
    room.due = due;
  }
  if (!empty) return;
  routers_.erase(meeting.name());
  meetings_.erase(it);
}

void ControlPlane::refuse(ConnectionId id, ErrorCode code, std::string message,
                          std::optional<int64_t> request) {
  outbox_.send(id, error(code, std::move(message), request, /*fatal=*/true));
  outbox_.close(id, kCloseRefused, "refused");
}

}  // namespace parley::control
