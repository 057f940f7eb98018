#include "control/presenter.h"

#include <algorithm>
#include <utility>

#include "room/roster_batch.h"

namespace parley::control {

namespace server = signaling::server;

int64_t quality_bars(const media::PeerQuality& event) {
  const float loss = std::max(event.uplink_loss, event.downlink_loss);
  if (loss < Presenter::kGoodLoss && event.round_trip < Presenter::kGoodRoundTrip) return 3;
  if (loss < Presenter::kFairLoss && event.round_trip < Presenter::kFairRoundTrip) return 2;
  return 1;
}

void Presenter::handle_slot(room::ParticipantId owner, const media::SlotSource& event) {
  const std::string* mid = legs_.mid_of(owner, event.slot);
  if (mid == nullptr) return;
  server::Slot slot{.mid = *mid, .participant = {}, .source = {}, .rtp_timestamp = 0};
  if (const PublishedTrack* track = legs_.track(event.track)) {
    slot.participant = room::to_text(registry_.track(track->id)->participant);
    slot.source = track->source;
    slot.rtp_timestamp = event.rtp_timestamp;
  }
  told_[owner].new_slots[*mid] = std::move(slot);
  untold_.insert(owner);
}

void Presenter::handle_layers(room::ParticipantId owner, const media::LayersWanted& event) {
  const PublishedTrack* track = legs_.track(event.track);
  const std::optional<TrackOwner> of = registry_.track(event.track);
  if (track == nullptr || of->participant != owner) return;
  std::vector<std::string> rids;
  for (size_t i = 0; i < track->rids.size() && i < 8; ++i) {
    if ((event.mask >> i & 1) != 0) rids.push_back(track->rids[i]);
  }
  // A single encoding has no rid; the empty one stands for it.
  if (track->rids.empty() && event.mask != 0) rids.emplace_back();
  told_[owner].new_layers[track->source] = std::move(rids);
  untold_.insert(owner);
}

void Presenter::handle_speaker(const media::DominantSpeaker& event) {
  const std::optional<TrackOwner> owner = registry_.track(event.track);
  speaker_.reset();
  if (owner) speaker_ = room::to_text(owner->participant);
}

void Presenter::handle_quality(room::ParticipantId owner, const media::PeerQuality& event) {
  set_bars(owner, quality_bars(event));
}

void Presenter::handle_connected(room::ParticipantId owner, bool connected) {
  if (!connected) {
    set_bars(owner, 0);
  } else if (told_[owner].bars == 0) {
    set_bars(owner, 3);  // until the first report
  }
}

void Presenter::handle_left(room::ParticipantId id) {
  told_.erase(id);
  untold_.erase(id);
  former_bars_.erase(id);
  if (speaker_ == room::to_text(id)) speaker_.reset();
}

void Presenter::handle_new_leg(room::ParticipantId id) {
  Told& told = told_[id];
  const std::optional<int64_t> bars = told.bars;
  told = Told();
  told.bars = bars;
}

std::vector<Presenter::Message> Presenter::take_changes(Timestamp now, size_t people) {
  std::vector<Message> messages;
  for (const room::ParticipantId id : std::exchange(untold_, {})) {
    Told& told = told_.at(id);
    if (!told.new_slots.empty()) {
      server::Slots slots;
      for (auto& [mid, slot] : std::exchange(told.new_slots, {})) {
        slots.slots.push_back(slot);
        told.slots[mid] = slot;
      }
      messages.push_back({id, std::move(slots)});
    }
    for (auto& [source, rids] : std::exchange(told.new_layers, {})) {
      const auto former = told.layers.find(source);
      if (former != told.layers.end() && former->second == rids) continue;
      told.layers[source] = rids;
      messages.push_back({id, server::Layers{source, rids}});
    }
  }
  const TimeDelta interval = room::broadcast_interval(people);
  if (speaker_ != told_speaker_ && now >= next_speaker_) {
    told_speaker_ = speaker_;
    next_speaker_ = now + interval;
    messages.push_back({{}, server::Speaker{speaker_}});
  }
  if (!former_bars_.empty() && now >= next_quality_) {
    server::Quality quality;
    for (const auto& [id, former] : std::exchange(former_bars_, {})) {
      const int64_t bars = *told_.at(id).bars;
      if (former != bars) quality.participants.push_back({room::to_text(id), bars});
    }
    if (!quality.participants.empty()) {
      next_quality_ = now + interval * kQualityIntervals;
      messages.push_back({{}, std::move(quality)});
    }
  }
  return messages;
}

Deadline Presenter::poll_timeout() const {
  Deadline deadline;
  if (speaker_ != told_speaker_) deadline = {next_speaker_, "speaker"};
  if (former_bars_.empty()) return deadline;
  return Deadline::earliest(deadline, {next_quality_, "quality"});
}

std::vector<Presenter::Message> Presenter::everything_for(room::ParticipantId id) const {
  std::vector<Message> messages;
  if (const auto it = told_.find(id); it != told_.end()) {
    server::Slots slots;
    for (const auto& [mid, slot] : it->second.slots) slots.slots.push_back(slot);
    if (!slots.slots.empty()) messages.push_back({id, std::move(slots)});
    for (const auto& [source, rids] : it->second.layers) {
      messages.push_back({id, server::Layers{source, rids}});
    }
  }
  if (speaker_) messages.push_back({id, server::Speaker{speaker_}});
  server::Quality quality;
  for (const auto& [other, told] : told_) {
    if (told.bars) quality.participants.push_back({room::to_text(other), *told.bars});
  }
  if (!quality.participants.empty()) messages.push_back({id, std::move(quality)});
  return messages;
}

void Presenter::set_bars(room::ParticipantId id, int64_t bars) {
  Told& told = told_[id];
  if (told.bars == bars) return;
  former_bars_.try_emplace(id, told.bars);
  told.bars = bars;
}

}  // namespace parley::control
