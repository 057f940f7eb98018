#include "room/room.h"

#include <algorithm>
#include <utility>

namespace parley::room {

Room::Room(const RoomOptions& options)
    : options_(options), topology_(options.p2p, options.quiet_time) {}

std::expected<Room::Admission, JoinError> Room::handle_join(std::string name,
                                                            const StateChange& state,
                                                            RandomSource& random, Timestamp now) {
  if (seats_.size() >= options_.capacity) return std::unexpected(JoinError::kFull);
  const ParticipantId id{++last_number_};
  Seat& seat = seats_[id];
  seat.person.id = id;
  seat.person.name = std::move(name);
  seat.resume_token = random.base32(kResumeTokenLength);
  by_token_.emplace(seat.resume_token, id);
  batch_.handle_joined(id);
  handle_state(id, state);
  topology_.handle_joined(id, now);
  return Admission{id, seat.resume_token};
}

std::optional<ParticipantId> Room::handle_resume(std::string_view token, Timestamp now) {
  const auto it = by_token_.find(token);
  if (it == by_token_.end()) return std::nullopt;
  const ParticipantId id = it->second;
  set_end(id, seats_.at(id), Timestamp::never());
  topology_.handle_socket(id, true, now);
  return id;
}

void Room::handle_socket_lost(ParticipantId id, Timestamp now, TimeDelta keep) {
  Seat* lost = seat(id);
  if (lost == nullptr || !lost->ends.is_never()) return;
  set_end(id, *lost, now + keep);
  topology_.handle_socket(id, false, now);
}

void Room::handle_leave(ParticipantId id, LeftReason reason, Timestamp now) {
  Seat* leaving = seat(id);
  if (leaving == nullptr) return;
  set_end(id, *leaving, Timestamp::never());
  set_hand(leaving->person, false);
  batch_.handle_left(leaving->person, reason);
  by_token_.erase(leaving->resume_token);
  seats_.erase(id);
  ended_.push_back({id});
  topology_.handle_left(id, now);
}

void Room::handle_state(ParticipantId id, const StateChange& change) {
  Seat* changed = seat(id);
  if (changed == nullptr) return;
  Participant& person = changed->person;
  batch_.handle_change(person);
  person.mic = change.mic.value_or(person.mic);
  person.camera = change.camera.value_or(person.camera);
  person.screen = change.screen.value_or(person.screen);
  if (change.hand) set_hand(person, *change.hand);
}

void Room::handle_rename(ParticipantId id, std::string name) {
  Seat* changed = seat(id);
  if (changed == nullptr) return;
  batch_.handle_change(changed->person);
  changed->person.name = std::move(name);
}

bool Room::handle_reload(ParticipantId id, Timestamp now) {
  return topology_.handle_reload(id, now);
}

void Room::handle_server_leg(ParticipantId id, bool connected, Timestamp now) {
  topology_.handle_server_leg(id, connected, now);
}

bool Room::handle_ready(ParticipantId id, int64_t epoch, Timestamp now) {
  return topology_.handle_ready(id, epoch, now);
}

bool Room::handle_failed(ParticipantId id, int64_t epoch, Timestamp now) {
  return topology_.handle_failed(id, epoch, now);
}

void Room::handle_lan_refused(int64_t epoch, Timestamp now) {
  topology_.handle_lan_refused(epoch, now);
}

void Room::handle_timeout(Timestamp now) {
  while (!ending_.empty() && ending_.begin()->first <= now) {
    handle_leave(ending_.begin()->second, LeftReason::kLost, now);
  }
  topology_.handle_timeout(now);
}

bool Room::poll_output(RoomOutput& out, Timestamp now) {
  if (!ended_.empty()) {
    out = ended_.front();
    ended_.pop_front();
    return true;
  }
  if (!next_topology_) {
    TopologyOutput topology;
    if (topology_.poll_output(topology)) next_topology_ = topology;
  }
  if (next_topology_) {
    const auto* message = std::get_if<TopologyMessage>(&*next_topology_);
    if (message != nullptr && message->peer) batch_.handle_named(message->peer);
  }
  if (diffs_.empty()) {
    for (RosterDiff& diff :
         batch_.take(now, seats_.size(), [this](ParticipantId id) { return find(id); })) {
      diffs_.push_back(std::move(diff));
    }
  }
  if (!diffs_.empty()) {
    out = std::move(diffs_.front());
    diffs_.pop_front();
    return true;
  }
  if (!next_topology_) return false;
  std::visit([&out](const auto& output) { out = output; },
             *std::exchange(next_topology_, std::nullopt));
  return true;
}

Deadline Room::poll_timeout() const {
  Deadline deadline = Deadline::earliest(topology_.poll_timeout(), batch_.poll_timeout());
  if (ending_.empty()) return deadline;
  return Deadline::earliest(deadline, {ending_.begin()->first, "seat of a lost participant"});
}

const Participant* Room::find(ParticipantId id) const {
  const auto it = seats_.find(id);
  return it == seats_.end() ? nullptr : &it->second.person;
}

std::string_view Room::resume_token(ParticipantId id) const {
  const auto it = seats_.find(id);
  return it == seats_.end() ? std::string_view() : it->second.resume_token;
}

bool Room::has_socket(ParticipantId id) const {
  const auto it = seats_.find(id);
  return it != seats_.end() && it->second.ends.is_never();
}

std::vector<Participant> Room::roster_for(ParticipantId id) {
  batch_.handle_told(id);
  std::vector<Participant> result;
  result.reserve(seats_.size());
  for (const auto& [other, entry] : seats_) result.push_back(entry.person);
  return result;
}

Room::Seat* Room::seat(ParticipantId id) {
  const auto it = seats_.find(id);
  return it == seats_.end() ? nullptr : &it->second;
}

void Room::set_end(ParticipantId id, Seat& seat, Timestamp ends) {
  if (!seat.ends.is_never()) ending_.erase({seat.ends, id});
  seat.ends = ends;
  if (!ends.is_never()) ending_.emplace(ends, id);
}

// Hands up are numbered from 1 without gaps.
void Room::set_hand(Participant& person, bool up) {
  if (up == (person.hand != 0)) return;
  if (up) {
    hands_.push_back(person.id);
    person.hand = static_cast<uint32_t>(hands_.size());
    return;
  }
  auto next = hands_.erase(hands_.begin() + (person.hand - 1));
  person.hand = 0;
  for (; next != hands_.end(); ++next) {
    Participant& moved = seat(*next)->person;
    batch_.handle_change(moved);
    --moved.hand;
  }
}

}  // namespace parley::room
