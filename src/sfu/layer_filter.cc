#include "sfu/layer_filter.h"

#include <algorithm>
#include <bit>

namespace parley::sfu {
namespace {

constexpr uint8_t bit_of(uint8_t layer) {
  return static_cast<uint8_t>(1u << layer);
}

constexpr bool holds(uint32_t set, int target) {
  return target >= 0 && (set >> target & 1) != 0;
}

}  // namespace

void LayerFilter::Frames::insert(int64_t number) {
  if (number < 0 || (newest_ >= 0 && number <= newest_ - kFrameHistory)) return;
  if (newest_ < 0 || number - newest_ >= kFrameHistory) {
    bits_ = {};
    newest_ = std::max(newest_, number);
  }
  for (; newest_ < number; ++newest_) {
    const int64_t next = newest_ + 1;
    bits_[word(next)] &= ~(uint64_t{1} << (next % 64));
  }
  bits_[word(number)] |= uint64_t{1} << (number % 64);
}

bool LayerFilter::Frames::contains(int64_t number) const {
  if (number < 0 || number > newest_ || number <= newest_ - kFrameHistory) return false;
  return (bits_[word(number)] >> (number % 64) & 1) != 0;
}

void LayerFilter::restart() {
  now_ = {};
  needs_key_frame_ = broken_ = false;
  intact_ = lowered_to_ = 0;
  highest_sent_ = FrameInfo::kMaxSpatial - 1;
  pictures_without_ = 0;
  last_forwarded_ = INT64_MIN / 2;
  structure_ = nullptr;
  frames_.clear();
  pictures_.clear();
}

void LayerFilter::set_target(uint8_t spatial, uint8_t temporal, bool stopgaps) {
  stopgaps_ = stopgaps;
  target_spatial_ = std::min<uint8_t>(spatial, FrameInfo::kMaxSpatial - 1);
  target_temporal_ = temporal;
}

uint8_t LayerFilter::wanted_spatial() const {
  return std::min(target_spatial_, highest_sent_);
}

LayerFilter::Verdict LayerFilter::decide(const FrameInfo& frame, int64_t rtp_time) {
  if (frame.layering == Layering::kNone) return {.forward = true};
  if (frame.spatial > highest_sent_) highest_sent_ = FrameInfo::kMaxSpatial - 1;
  Picture* picture = find(rtp_time);
  if (!picture) {
    const bool newest = pictures_.empty() || rtp_time > pictures_.back().time;
    picture = newest ? begin_picture(frame, rtp_time) : insert_late(rtp_time);
    if (!picture) return {};
  }
  const uint8_t bit = bit_of(frame.spatial);
  if ((picture->decided & bit) == 0) {
    const bool newest = picture == &pictures_.back();
    const bool forward = newest ? decide_newest(frame, *picture) : decide_late(frame, *picture);
    picture->decided |= bit;
    if (forward) {
      picture->forwarded |= bit;
      last_forwarded_ = std::max(last_forwarded_, rtp_time);
      if (frame.layering == Layering::kTargets) frames_.insert(frame.frame_number);
    }
    if (newest) update_need(frame);
  }
  return {.forward = (picture->forwarded & bit) != 0,
          .marker = frame.layering != Layering::kTemporal && frame.ends_frame &&
                    frame.spatial == picture->state.spatial};
}

void LayerFilter::on_frame_broken(const FrameInfo& frame) {
  if (frame.layering != Layering::kTemporal || frame.temporal == 0) {
    broken_ = needs_key_frame_ = true;
    return;
  }
  now_.temporal = std::min<uint8_t>(now_.temporal, frame.temporal - uint8_t{1});
  // Those that come between it and the next get the same.
  if (!pictures_.empty()) pictures_.back().state.temporal = now_.temporal;
}

LayerFilter::Picture* LayerFilter::find(int64_t time) {
  for (size_t i = pictures_.size(); i > 0; --i) {
    if (pictures_[i - 1].time == time) return &pictures_[i - 1];
    if (pictures_[i - 1].time < time) break;
  }
  return nullptr;
}

LayerFilter::Picture* LayerFilter::begin_picture(const FrameInfo& frame, int64_t time) {
  if (frame.layering != Layering::kTemporal) look_for_gone_layers();
  if (frame.layering == Layering::kTargets) follow_structure(frame);
  if (!frame.key_picture) start_delta_picture(frame, time);
  if (pictures_.full()) pictures_.erase(0);
  pictures_.push_back({.time = time, .state = now_});
  return &pictures_.back();
}

LayerFilter::Picture* LayerFilter::insert_late(int64_t time) {
  size_t at = pictures_.size();
  while (at > 0 && pictures_[at - 1].time > time) --at;
  if (at == 0) return nullptr;  // rule 2
  const State state = pictures_[at - 1].state;
  if (pictures_.full()) {
    pictures_.erase(0);
    if (--at == 0) return nullptr;
  }
  pictures_.push_back({});
  for (size_t i = pictures_.size() - 1; i > at; --i) pictures_[i] = pictures_[i - 1];
  pictures_[at] = {.time = time, .state = state};
  return &pictures_[at];
}

void LayerFilter::look_for_gone_layers() {
  if (pictures_.empty()) return;
  const Picture& last = pictures_.back();
  if (last.decided == 0 || (last.decided >> now_.spatial) != 0) {
    pictures_without_ = 0;
  } else if (++pictures_without_ >= kGonePictures) {
    highest_sent_ = static_cast<uint8_t>(std::bit_width(unsigned{last.decided}) - 1);
    pictures_without_ = 0;
  }
}

// Where upper layers came before the lowest, what was in force has decided on them: those dropped
// stay out of reach; and where some went out, with a marker or without, the picture goes on so.
void LayerFilter::start_key_picture(const FrameInfo& frame, Picture& picture) {
  broken_ = false;
  intact_ = lowered_to_ = 0;
  key_time_ = picture.time;
  const auto dropped = static_cast<uint8_t>(picture.decided & ~picture.forwarded);
  if (frame.layering == Layering::kSpatial && frame.spatial_layers > 0)
    highest_sent_ = static_cast<uint8_t>(frame.spatial_layers - 1);
  int wanted = picture.forwarded == 0 ? wanted_spatial() : now_.spatial;
  if (dropped != 0) wanted = std::min(wanted, std::countr_zero(dropped) - 1);
  if (frame.layering == Layering::kTargets) {
    enter(frame, best_target(frame, static_cast<uint8_t>(wanted)));
  } else {
    now_.spatial = frame.layering == Layering::kSpatial ? static_cast<uint8_t>(wanted) : uint8_t{0};
    now_.temporal = target_temporal_;
  }
  picture.key = true;
  picture.state = now_;
}

void LayerFilter::enter(const FrameInfo& frame, int8_t decode_target) {
  const auto& target = frame.structure->targets[static_cast<size_t>(decode_target)];
  now_ = {.spatial = target.spatial, .temporal = target.temporal, .decode_target = decode_target};
}

void LayerFilter::start_delta_picture(const FrameInfo& frame, int64_t time) {
  if (frame.layering == Layering::kTargets) {
    const int8_t best = best_target(frame, wanted_spatial());
    if (now_.decode_target < 0 || best < 0 || best == now_.decode_target) return;
    const auto from = static_cast<uint8_t>(now_.decode_target);
    if (holds(frame.structure->contained[from], best)) enter(frame, best);
    return;
  }
  now_.temporal = std::min(now_.temporal, target_temporal_);
  if (frame.layering == Layering::kTemporal) {
    const bool next = frame.temporal == now_.temporal + 1 && frame.temporal <= target_temporal_;
    if (next && frame.layer_sync) now_.temporal = frame.temporal;
    return;
  }
  if (frame.switch_up && frame.temporal <= now_.temporal) now_.temporal = target_temporal_;
  if (wanted_spatial() < now_.spatial) lower_spatial(time);
}

void LayerFilter::lower_spatial(int64_t time) {
  for (uint8_t s = wanted_spatial() + uint8_t{1}; s > 0; --s) {
    if ((intact_ & bit_of(s - uint8_t{1})) == 0) continue;
    now_.spatial = s - uint8_t{1};
    lowered_to_ |= bit_of(now_.spatial);
    lowered_at_ = time;
    return;
  }
}

bool LayerFilter::decide_newest(const FrameInfo& frame, Picture& picture) {
  if (frame.key_picture) start_key_picture(frame, picture);
  switch (frame.layering) {
    case Layering::kTemporal:
      return decide_temporal(frame, picture);
    case Layering::kSpatial:
      return decide_spatial(frame, picture);
    case Layering::kTargets:
      return decide_target(frame, picture);
    case Layering::kNone:
      break;
  }
  return true;
}

bool LayerFilter::decide_temporal(const FrameInfo& frame, const Picture& picture) const {
  if (frame.temporal <= picture.state.temporal) return true;
  return stopgaps_ && frame.layer_sync && picture.time - last_forwarded_ >= kStopgap;
}

bool LayerFilter::decide_spatial(const FrameInfo& frame, Picture& picture) {
  if (frame.temporal > picture.state.temporal) return false;
  const uint8_t s = frame.spatial;
  const uint8_t bit = bit_of(s);
  const bool below_sent =
      !frame.inter_layer || (s > 0 && (picture.forwarded & bit_of(s - uint8_t{1})) != 0);
  const bool starts_layer = !frame.inter_picture && below_sent;
  if (s > picture.state.spatial) {
    const bool raise = s == picture.state.spatial + 1 && s <= target_spatial_ && starts_layer &&
                       frame.temporal == 0 && !picture.key && picture.forwarded == 0 &&
                       (picture.decided >> s) == 0;
    if (!raise) {
      intact_ &= static_cast<uint8_t>(~bit);
      return false;
    }
    now_.spatial = s;
    if (!frame.switch_up) now_.temporal = 0;
    picture.state = now_;
  } else if (s < picture.state.spatial && !frame.for_upper && !picture.key) {
    intact_ &= static_cast<uint8_t>(~bit);
    return false;
  }
  if (starts_layer) {
    intact_ |= bit;
  } else if (frame.inter_picture && (intact_ & bit) == 0) {
    broken_ = true;  // something it needs was left out
  }
  return true;
}

void LayerFilter::follow_structure(const FrameInfo& frame) {
  if (frame.structure == structure_) return;
  structure_ = frame.structure;
  if (frame.key_picture || now_.decode_target < 0) return;
  // Another description of what flows: the same layers under other numbers.
  now_.decode_target = -1;
  for (size_t i = 0; i < structure_->targets.size(); ++i) {
    const auto& target = structure_->targets[i];
    if (target.spatial == now_.spatial && target.temporal == now_.temporal)
      now_.decode_target = static_cast<int8_t>(i);
  }
}

int8_t LayerFilter::best_target(const FrameInfo& frame, uint8_t spatial) const {
  const auto& targets = frame.structure->targets;
  int8_t best = -1;
  int8_t least = 0;
  const auto rank = [&](size_t i) { return targets[i].spatial * 8 + targets[i].temporal; };
  for (size_t i = 0; i < targets.size(); ++i) {
    if (rank(i) < rank(static_cast<size_t>(least))) least = static_cast<int8_t>(i);
    if (!holds(frame.active_targets, static_cast<int>(i))) continue;
    if (targets[i].spatial > spatial || targets[i].temporal > target_temporal_) continue;
    if (best < 0 || rank(i) > rank(static_cast<size_t>(best))) best = static_cast<int8_t>(i);
  }
  return best < 0 ? least : best;
}

bool LayerFilter::decide_target(const FrameInfo& frame, Picture& picture) {
  // A picture whose lower layers went by another description goes on with that.
  if (frame.structure != structure_)
    return holds(frame.indications.present, picture.state.decode_target);
  const int8_t best = best_target(frame, wanted_spatial());
  if (best != now_.decode_target && holds(frame.indications.switches, best) && !picture.key &&
      (picture.decided >> frame.spatial) == 0) {
    bool decodable = true;
    for (const uint16_t distance : frame.references)
      decodable = decodable && frames_.contains(frame.frame_number - distance);
    // What went out below already bears the marker.
    const auto& target = frame.structure->targets[static_cast<size_t>(best)];
    const bool marked = target.spatial > picture.state.spatial && picture.forwarded != 0;
    if (decodable && !marked) {
      enter(frame, best);
      picture.state = now_;
    }
  }
  return holds(frame.indications.present, picture.state.decode_target);
}

bool LayerFilter::lowered_since(uint8_t spatial, int64_t time) const {
  return (lowered_to_ & bit_of(spatial)) != 0 && time > key_time_ && time < lowered_at_;
}

bool LayerFilter::decide_late(const FrameInfo& frame, const Picture& picture) {
  const State& state = picture.state;
  switch (frame.layering) {
    case Layering::kTemporal:
      return frame.temporal <= state.temporal;
    case Layering::kSpatial:
      if (frame.temporal > state.temporal) return false;
      if (frame.spatial == state.spatial ||
          (frame.spatial < state.spatial && (frame.for_upper || picture.key)))
        return true;
      if (lowered_since(frame.spatial, picture.time)) return true;
      intact_ &= static_cast<uint8_t>(~bit_of(frame.spatial));
      return false;
    case Layering::kTargets:
      return holds(frame.indications.present, state.decode_target);
    case Layering::kNone:
      break;
  }
  return true;
}

void LayerFilter::update_need(const FrameInfo& frame) {
  bool waits = broken_;
  if (frame.layering == Layering::kSpatial) {
    waits = waits || wanted_spatial() != now_.spatial;
  } else if (frame.layering == Layering::kTargets) {
    const int8_t best = best_target(frame, wanted_spatial());
    waits = waits || now_.decode_target < 0 || best < 0 ||
            frame.structure->targets[static_cast<uint8_t>(best)].spatial != now_.spatial;
  }
  needs_key_frame_ = waits;
}

}  // namespace parley::sfu
