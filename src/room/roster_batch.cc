#include "room/roster_batch.h"

#include <utility>

namespace parley::room {

void RosterBatch::handle_joined(ParticipantId id) {
  settled_.try_emplace(id);
  for (auto& [to, audience] : newcomers_) audience.try_emplace(id);
}

void RosterBatch::handle_change(const Participant& before) {
  const Touched touched{.before = before, .left = {}};
  settled_.try_emplace(before.id, touched);
  for (auto& [to, audience] : newcomers_) audience.try_emplace(before.id, touched);
}

void RosterBatch::handle_left(const Participant& before, LeftReason reason) {
  newcomers_.erase(before.id);
  note_left(settled_, before, reason);
  for (auto& [to, audience] : newcomers_) note_left(audience, before, reason);
}

void RosterBatch::handle_told(ParticipantId id) {
  newcomers_[id].clear();
  if (newcomers_.size() >= kMaxNewcomers) early_ = true;
}

void RosterBatch::handle_named(ParticipantId id) {
  const auto it = settled_.find(id);
  if (it != settled_.end() && !it->second.before) early_ = true;
}

std::vector<RosterDiff> RosterBatch::take(Timestamp now, size_t people, const Find& find) {
  if (!due(now)) return {};
  std::vector<RosterDiff> diffs;
  RosterDiff common = diff_of(settled_, find);
  for (const auto& [id, audience] : newcomers_) {
    common.except.push_back(id);
    RosterDiff own = diff_of(audience, find);
    own.to = id;
    if (!own.empty()) diffs.push_back(std::move(own));
  }
  if (!common.empty() && people > newcomers_.size()) diffs.push_back(std::move(common));
  settled_.clear();
  newcomers_.clear();
  early_ = false;
  if (!diffs.empty()) next_ = now + broadcast_interval(people);
  return diffs;
}

Deadline RosterBatch::poll_timeout() const {
  if (!pending()) return {};
  return {early_ ? Timestamp() : next_, "roster batch"};
}

RosterDiff RosterBatch::diff_of(const Audience& audience, const Find& find) {
  RosterDiff diff;
  for (const auto& [id, touched] : audience) {
    if (touched.left) {
      diff.left.push_back({id, *touched.left});
      continue;
    }
    const Participant& now = *find(id);
    if (!touched.before) {
      diff.joined.push_back(now);
    } else if (now != *touched.before) {
      diff.changed.push_back({.before = *touched.before, .after = now});
    }
  }
  return diff;
}

void RosterBatch::note_left(Audience& audience, const Participant& before, LeftReason reason) {
  const auto [it, fresh] = audience.try_emplace(before.id, Touched{.before = before, .left = {}});
  if (it->second.before) {
    it->second.left = reason;
  } else {
    audience.erase(it);
  }
}

}  // namespace parley::room
