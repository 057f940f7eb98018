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
  seat.now.id = id;
  seat.now.name = std::move(name);
  seat.resume_token = random.base32(kResumeTokenLength);
  handle_state(id, state);
  dirty_ = true;
  topology_.handle_joined(id, now);
  return Admission{id, seat.resume_token};
}

std::optional<ParticipantId> Room::handle_resume(std::string_view token, Timestamp now) {
  const auto it = std::ranges::find_if(
      seats_, [token](const auto& entry) { return entry.second.resume_token == token; });
  if (it == seats_.end()) return std::nullopt;
  it->second.ends = Timestamp::never();
  topology_.handle_socket(it->first, true, now);
  return it->first;
}

void Room::handle_socket_lost(ParticipantId id, Timestamp now, TimeDelta keep) {
  Seat* lost = seat(id);
  if (lost == nullptr || !lost->ends.is_never()) return;
  lost->ends = now + keep;
  topology_.handle_socket(id, false, now);
}

void Room::handle_leave(ParticipantId id, LeftReason reason, Timestamp now) {
  Seat* leaving = seat(id);
  if (leaving == nullptr) return;
  set_hand(*leaving, false);
  if (leaving->announced) left_.push_back({id, reason});
  seats_.erase(id);
  dirty_ = true;
  topology_.handle_left(id, now);
}

void Room::handle_state(ParticipantId id, const StateChange& change) {
  Seat* changed = seat(id);
  if (changed == nullptr) return;
  Participant& person = changed->now;
  person.mic = change.mic.value_or(person.mic);
  person.camera = change.camera.value_or(person.camera);
  person.screen = change.screen.value_or(person.screen);
  if (change.hand) set_hand(*changed, *change.hand);
  dirty_ = true;
}

void Room::handle_rename(ParticipantId id, std::string name) {
  Seat* changed = seat(id);
  if (changed == nullptr) return;
  changed->now.name = std::move(name);
  dirty_ = true;
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
  std::vector<ParticipantId> ended;
  for (const auto& [id, entry] : seats_) {
    if (entry.ends <= now) ended.push_back(id);
  }
  for (const ParticipantId id : ended) handle_leave(id, LeftReason::kLost, now);
  topology_.handle_timeout(now);
}

bool Room::poll_output(RoomOutput& out) {
  if (dirty_) {
    RosterDiff diff = take_diff();
    if (!diff.empty()) {
      out = std::move(diff);
      return true;
    }
  }
  TopologyOutput topology;
  if (!topology_.poll_output(topology)) return false;
  std::visit([&out](const auto& output) { out = output; }, topology);
  return true;
}

Deadline Room::poll_timeout() const {
  Deadline deadline = topology_.poll_timeout();
  for (const auto& [id, entry] : seats_) {
    deadline = Deadline::earliest(deadline, {entry.ends, "seat of a lost participant"});
  }
  return deadline;
}

const Participant* Room::find(ParticipantId id) const {
  const auto it = seats_.find(id);
  return it == seats_.end() ? nullptr : &it->second.now;
}

std::string_view Room::resume_token(ParticipantId id) const {
  const auto it = seats_.find(id);
  return it == seats_.end() ? std::string_view() : it->second.resume_token;
}

bool Room::has_socket(ParticipantId id) const {
  const auto it = seats_.find(id);
  return it != seats_.end() && it->second.ends.is_never();
}

std::vector<Participant> Room::participants() const {
  std::vector<Participant> result;
  result.reserve(seats_.size());
  for (const auto& [id, entry] : seats_) result.push_back(entry.now);
  return result;
}

Room::Seat* Room::seat(ParticipantId id) {
  const auto it = seats_.find(id);
  return it == seats_.end() ? nullptr : &it->second;
}

// Hands up are numbered from 1 without gaps.
void Room::set_hand(Seat& seat, bool up) {
  uint32_t& hand = seat.now.hand;
  if (up == (hand != 0)) return;
  if (up) {
    hand = ++hands_up_;
    return;
  }
  const uint32_t lowered = std::exchange(hand, 0);
  --hands_up_;
  for (auto& [id, entry] : seats_) {
    if (entry.now.hand > lowered) --entry.now.hand;
  }
}

RosterDiff Room::take_diff() {
  dirty_ = false;
  RosterDiff diff;
  diff.left = std::exchange(left_, {});
  for (auto& [id, entry] : seats_) {
    if (!entry.announced) {
      diff.joined.push_back(entry.now);
    } else if (entry.now != entry.published) {
      diff.changed.push_back({.before = entry.published, .after = entry.now});
    }
    entry.announced = true;
    entry.published = entry.now;
  }
  return diff;
}

}  // namespace parley::room
