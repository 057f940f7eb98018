#include "sim/layered_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "rtp/vp8_descriptor.h"
#include "rtp/vp9_descriptor.h"

namespace parley::sim {

void LayeredDecoder::fault(std::string what) {
  if (faults.size() < 20) faults.push_back(std::move(what));
}

void LayeredDecoder::on_packet(const DecoderPacket& packet, bool retransmitted, Timestamp now) {
  const int64_t sequence = unwrap_.unwrap(packet.sequence);
  PARLEY_CHECK(next_.has_value());
  if (kept_.empty()) progress_ = now;
  if (!retransmitted && !originals_.insert(sequence).second)
    fault(fmt::format("sequence number {} sent twice", packet.sequence));
  const auto [kept, first] = kept_.try_emplace(sequence, packet);
  if (!first) {
    ++retransmissions_compared;
    if (kept->second != packet)
      fault(fmt::format("{} written differently the second time", packet.sequence));
    return;
  }
  asked_.erase(sequence);
  while (kept_.contains(*next_)) {
    consume(kept_[*next_]);
    ++*next_;
    progress_ = now;
  }
  while (!kept_.empty() && kept_.begin()->first < *next_ - 2000) {
    originals_.erase(kept_.begin()->first);
    kept_.erase(kept_.begin());
  }
}

TimeDelta LayeredDecoder::waiting(Timestamp now) const {
  return next_ && !kept_.empty() && kept_.rbegin()->first >= *next_ ? now - progress_
                                                                    : TimeDelta::zero();
}

std::vector<uint16_t> LayeredDecoder::missing(Timestamp now) {
  std::vector<uint16_t> out;
  if (!next_ || kept_.empty()) return out;
  for (int64_t s = *next_; s < kept_.rbegin()->first && out.size() < 60; ++s) {
    if (kept_.contains(s)) continue;
    auto [asked, first] = asked_.try_emplace(s, now);
    if (!first && now - asked->second < TimeDelta::millis(80)) continue;
    asked->second = now;
    out.push_back(static_cast<uint16_t>(s));
  }
  return out;
}

void LayeredDecoder::consume(const DecoderPacket& packet) {
  if (packet.payload.empty()) {
    ++fillers;
    if (last_time_) {
      filler_time_ =
          std::max(filler_time_, time_ + static_cast<int32_t>(packet.rtp_time - *last_time_));
    }
    return;
  }
  const auto truth = FrameTruth::read(packet.payload);
  if (!truth) return fault("payload without its end");
  // A switch of encodings may cut the old one's last frame or picture short.
  const bool cut = last_ && truth->key && truth->encoding != last_->encoding;
  check_time(packet, *truth, cut);
  if (truth->index == 0) {
    if (open_ && !cut)
      fault(fmt::format("frame {} not finished before {}", open_->frame, truth->frame));
  } else if (!open_ || open_->frame != truth->frame || open_->encoding != truth->encoding ||
             open_->index + 1 != truth->index) {
    fault(fmt::format("frame {}: packet {} without those before", truth->frame, truth->index));
  }
  open_ = truth;
  last_ = truth;
  last_marker_ = packet.marker;
  if (truth->index == 0 && codec_ == rtp::Codec::kVp8) check_vp8(packet, *truth);
  if (truth->index == 0 && codec_ == rtp::Codec::kVp9) check_vp9(packet, *truth);
  if (codec_ == rtp::Codec::kAv1) check_dependencies(packet, *truth);
  if (truth->index + 1 == truth->count) finish_frame(*truth);
}

void LayeredDecoder::check_time(const DecoderPacket& packet, const FrameTruth& truth, bool cut) {
  if (last_time_) {
    const auto step = static_cast<int32_t>(packet.rtp_time - *last_time_);
    if (step < 0) fault(fmt::format("timestamp went back by {}", -step));
    time_ += step;
    // A switch may lead to pictures older than those that were shown, or left out by a filler; time
    // then stands still.
    newest_picture_ = std::max(newest_picture_, truth.picture);
    constexpr int64_t kTicks = LayeredPublisher::kTicks;
    const int64_t captured = int64_t{newest_picture_ - first_picture_} * kTicks;
    const int64_t error = judges_time_ ? time_ - std::max(captured, filler_time_) : 0;
    worst_time_error = std::max(worst_time_error, std::abs(error));
    if (std::abs(error) > kTicks) {
      fault(fmt::format("timestamp {} off by {} after a step of {}{}", packet.rtp_time, error, step,
                        cut ? " at a switch" : ""));
    }
    if (!cut && step == 0 && last_marker_) fault("a picture goes on behind its marker");
    if (!cut && step != 0 && !last_marker_)
      fault(fmt::format("picture without marker before frame at {}", packet.sequence));
  }
  if (!last_time_) newest_picture_ = first_picture_ = truth.picture;
  last_time_ = packet.rtp_time;
}

void LayeredDecoder::finish_frame(const FrameTruth& truth) {
  open_.reset();
  if (truth.key) decoded_.clear();
  for (const uint32_t reference : truth.references) {
    if (!decoded_.contains(reference)) {
      fault(fmt::format("frame {} (encoding {}, S{} T{}) refers to {}, which wasn't decoded",
                        truth.frame, truth.encoding, truth.spatial, truth.temporal, reference));
    }
  }
  if (!truth.key && decoded_.empty()) fault("no key frame to begin with");
  decoded_.insert(truth.frame);
  ++frames;
  ++frames_of[{truth.encoding * 8 + truth.spatial, truth.temporal}];
}

void LayeredDecoder::check_vp8(const DecoderPacket& packet, const FrameTruth& truth) {
  const auto d = rtp::parse_vp8_descriptor(packet.payload);
  if (!d || !d->picture_id || !d->tl0_pic_idx || !d->key_index) return fault("VP8 fields missing");
  if (picture_id_ && *d->picture_id != ((*picture_id_ + 1) & 0x7fff))
    fault(fmt::format("picture id {} after {}", *d->picture_id, *picture_id_));
  const int base = truth.temporal == 0 ? 1 : 0;
  if (tl0_ && *d->tl0_pic_idx != static_cast<uint8_t>(*tl0_ + base))
    fault(fmt::format("TL0PICIDX {} after {}", *d->tl0_pic_idx, *tl0_));
  if (key_index_ && *d->key_index != ((*key_index_ + (truth.key ? 1 : 0)) & 0x1f))
    fault(fmt::format("KEYIDX {} after {}", *d->key_index, *key_index_));
  picture_id_ = d->picture_id;
  tl0_ = d->tl0_pic_idx;
  key_index_ = d->key_index;
}

void LayeredDecoder::check_vp9(const DecoderPacket& packet, const FrameTruth& truth) {
  const auto d = rtp::parse_vp9_descriptor(packet.payload);
  if (!d || !d->picture_id) return fault("VP9 fields missing");
  const auto key_of = [](uint16_t picture, uint8_t spatial) {
    return uint32_t{picture} * 8 + spatial;
  };
  if (picture_id_ && *d->picture_id != *picture_id_ &&
      ((*d->picture_id - *picture_id_) & 0x7fff) > 8)
    fault(fmt::format("picture id {} after {}", *d->picture_id, *picture_id_));
  if (d->tl0_pic_idx) {
    const bool new_base = truth.temporal == 0 && picture_id_ != d->picture_id;
    if (tl0_ && *d->tl0_pic_idx != static_cast<uint8_t>(*tl0_ + (new_base ? 1 : 0)))
      fault(fmt::format("TL0PICIDX {} after {}", *d->tl0_pic_idx, *tl0_));
    tl0_ = d->tl0_pic_idx;
  }
  for (const uint8_t diff : d->p_diffs) {
    const auto at = static_cast<uint16_t>((*d->picture_id - diff) & 0x7fff);
    const auto found = frame_at_picture_.find(key_of(at, truth.spatial));
    if (found == frame_at_picture_.end() ||
        std::ranges::find(truth.references, found->second) == truth.references.end())
      fault(fmt::format("P_DIFF {} of picture {} leads elsewhere", diff, *d->picture_id));
  }
  picture_id_ = d->picture_id;
  frame_at_picture_[key_of(*d->picture_id, truth.spatial)] = truth.frame;
}

void LayeredDecoder::check_dependencies(const DecoderPacket& packet, const FrameTruth& truth) {
  const auto d = parser_.parse(packet.dependencies);
  if (!d) return fault("dependency descriptor unreadable");
  for (const uint16_t diff : d->diffs) {
    const auto found = frame_at_number_.find(d->unwrapped_frame - diff);
    if (found == frame_at_number_.end() ||
        std::ranges::find(truth.references, found->second) == truth.references.end())
      fault(fmt::format("frame number {} less {} leads elsewhere", d->frame_number, diff));
  }
  if (d->diffs.size() != truth.references.size()) fault("dependency descriptor of another frame");
  frame_at_number_[d->unwrapped_frame] = truth.frame;
}

}  // namespace parley::sim
