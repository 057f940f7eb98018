#include "sfu/stream_rewriter.h"

#include <algorithm>

namespace parley::sfu {

using State = ClosedNumbers<StreamRewriter::kSequences>::State;

StreamRewriter::StreamRewriter(uint32_t clock_rate, uint16_t first_sequence, uint32_t first_time)
    // One lap ahead, so that the unwrapped output never falls below zero.
    : clock_rate_(clock_rate),
      last_sequence_(int64_t{first_sequence} + 65536),
      last_time_(first_time) {}

int64_t StreamRewriter::present(Timestamp now) const {
  if (!line_) return last_time_ + 1;
  const int64_t farthest = kCaptureError.us() * clock_rate_ / 1'000'000;
  const int64_t passed = (now - line_->at).us() * clock_rate_ / 1'000'000;
  return std::max(line_->time + passed, last_time_ + 1 - farthest);
}

void StreamRewriter::catch_up(Segment& segment, int64_t first) const {
  const int64_t behind = last_time_ + 1 - out_time(segment, first);
  if (behind <= 0) return;
  segment.squeeze = kSqueeze;
  const int64_t ticks = behind * kSqueeze / (kSqueeze - 1) + kSqueeze;
  segment.in_anchor_time += ticks;
  segment.out_anchor_time += ticks;
}

void StreamRewriter::anchor(Segment& segment, const StreamPosition& first, Timestamp now) {
  segment.in_anchor_time = first.rtp_time;
  segment.out_anchor_time = present(now);
  if (first.capture_time) {
    const int64_t farthest = kCaptureError.us() * clock_rate_ / 1'000'000;
    const bool same_track = capture_clock_ && capture_clock_->track == segment.stream.track;
    const int64_t captured = same_track ? *first.capture_time + capture_clock_->offset : 0;
    if (same_track && std::abs(captured - segment.out_anchor_time) <= farthest) {
      segment.out_anchor_time = captured;
    } else {
      capture_clock_ = {segment.stream.track, segment.out_anchor_time - *first.capture_time};
    }
  } else {
    capture_clock_.reset();
  }
  catch_up(segment, first.rtp_time);
}

void StreamRewriter::learn_capture_time(StreamKey stream, int64_t rtp_time, int64_t capture_time) {
  if (capture_clock_ || segment_count_ == 0 || segments_[0].stream != stream) return;
  capture_clock_ = {stream.track, on_line(segments_[0], rtp_time) - capture_time};
}

void StreamRewriter::begin(StreamKey stream, const StreamPosition& first, Timestamp now) {
  bool forget_previous = false;
  if (segment_count_ > 0) {
    Segment& previous = segments_[0];
    // Numbers left free behind the last one sent are given to the new segment.
    previous.sequences.close();
    previous.ended = true;
    skip_unrepaired(previous);
    forget_previous = previous.sequences.newest_in() < previous.sequences.in_first();
  }
  if (!forget_previous) {
    segment_count_ = std::min(segment_count_ + 1, kSegments);
    std::move_backward(segments_.begin(), segments_.begin() + segment_count_ - 1,
                       segments_.begin() + segment_count_);
  }
  Segment& segment = segments_[0];
  segment = {.stream = stream,
             .picture_offset = last_picture_id_ + 1 - first.picture_id,
             .sequences = {first.sequence, last_sequence_ + 1},
             .pictures = {first.picture_id, last_picture_id_ + 1}};
  anchor(segment, first, now);
  segment.tl0_offset = static_cast<uint8_t>(last_tl0_ + 1 - first.tl0_pic_idx);
  segment.key_offset = static_cast<uint8_t>(last_key_index_ + 1 - first.key_index);
}

void StreamRewriter::begin_replay(StreamKey stream, const StreamPosition& first,
                                  const StreamPosition& last, Timestamp last_came, Timestamp now) {
  begin(stream, first, now);
  Segment& replay = segments_[0];
  replay.squeeze = kSqueeze;
  replay.in_anchor_time = last.rtp_time + (now - last_came).us() * clock_rate_ / 1'000'000;
  replay.out_anchor_time = present(now);
  replay.replayed_to = last.rtp_time;
  line_ = Line{replay.out_anchor_time, now};
  if (last.capture_time)
    capture_clock_ = {stream.track, on_line(replay, last.rtp_time) - *last.capture_time};
  catch_up(replay, first.rtp_time);
}

std::optional<size_t> StreamRewriter::age_of(StreamKey stream, int64_t sequence) const {
  for (size_t i = 0; i < segment_count_; ++i) {
    if (segments_[i].holds(stream, sequence)) return i;
  }
  return std::nullopt;
}

StreamRewriter::Segment* StreamRewriter::find(StreamKey stream, int64_t sequence) {
  const auto age = age_of(stream, sequence);
  return age ? &segments_[*age] : nullptr;
}

std::optional<RewrittenPosition> StreamRewriter::place(const Segment& segment,
                                                       const StreamPosition& packet) {
  RewrittenPosition out{
      .rtp_time = static_cast<uint32_t>(out_time(segment, packet.rtp_time)),
      .picture_id = static_cast<uint16_t>(packet.picture_id + segment.picture_offset),
      .tl0_pic_idx = static_cast<uint8_t>(packet.tl0_pic_idx + segment.tl0_offset),
      .key_index = static_cast<uint8_t>((packet.key_index + segment.key_offset) & 0x1f)};
  if (packet.close_pictures) {
    const auto id = segment.pictures.place(packet.picture_id);
    if (!id) return std::nullopt;
    out.picture_id = static_cast<uint16_t>(*id);
  }
  return out;
}

RewrittenPosition StreamRewriter::place_filler(const Segment& segment, const StreamPosition& packet,
                                               int64_t out) {
  return {.sequence = static_cast<uint16_t>(out),
          .rtp_time = static_cast<uint32_t>(out_time(segment, packet.rtp_time)),
          .filler = true};
}

void StreamRewriter::take_in(Segment& segment, const StreamPosition& packet,
                             uint64_t dropped_pictures) const {
  const auto never = [](int64_t) { return false; };
  if (packet.sequence > segment.sequences.newest_in())
    segment.sequences.advance(packet.sequence, never);
  if (!packet.close_pictures || packet.picture_id <= segment.pictures.newest_in()) return;
  segment.pictures.advance(packet.picture_id, [&](int64_t skipped) {
    const int64_t back = packet.picture_id - skipped - 1;
    return back < 32 && (dropped_pictures >> (2 * back) & 1) != 0;
  });
}

std::optional<RewrittenPosition> StreamRewriter::rewrite_any(StreamKey stream,
                                                             const StreamPosition& packet,
                                                             Timestamp now, Sending sending) {
  Segment* segment = find(stream, packet.sequence);
  if (!segment) return std::nullopt;
  take_in(*segment, packet, sending.dropped_pictures);
  const auto number = segment->sequences.place(packet.sequence);
  if (!number || segment->sequences.state(packet.sequence) != State::kMissing) return std::nullopt;
  auto out = place(*segment, packet);
  if (!out) return std::nullopt;
  segment->sequences.set_sent(packet.sequence, sending.mark);
  if (packet.close_pictures) segment->pictures.set_sent(packet.picture_id, false);
  out->sequence = static_cast<uint16_t>(*number);
  out->marked = sending.mark;
  count_sent(*segment, packet, *number, now);
  const int64_t picture = packet.close_pictures ? *segment->pictures.place(packet.picture_id)
                                                : packet.picture_id + segment->picture_offset;
  count_picture(picture, out->tl0_pic_idx, out->key_index);
  return out;
}

void StreamRewriter::note_filler(Segment& segment, const StreamPosition& packet) const {
  if (!packet.close_pictures) return;
  const auto before = segment.pictures.place_before(packet.picture_id);
  if (!before || *before <= segment.before_filler) return;
  segment.before_filler = *before;
  segment.tl0_at_filler = static_cast<uint8_t>(packet.tl0_pic_idx + segment.tl0_offset);
  segment.key_at_filler = static_cast<uint8_t>((packet.key_index + segment.key_offset) & 0x1f);
}

// The number of a picture that is still to be repaired stays free before a filler that was sent;
// its picture id and TL0PICIDX must stay so, too.
void StreamRewriter::skip_unrepaired(const Segment& previous) {
  if (previous.before_filler > last_picture_id_ && previous.sequences.any_missing())
    count_picture(previous.before_filler, previous.tl0_at_filler, previous.key_at_filler);
}

std::optional<RewrittenPosition> StreamRewriter::drop(StreamKey stream,
                                                      const StreamPosition& packet, Timestamp now,
                                                      uint64_t dropped_pictures) {
  Segment* segment = find(stream, packet.sequence);
  if (!segment) return std::nullopt;
  const bool is_newest = packet.sequence > segment->sequences.newest_in();
  const bool new_picture =
      packet.close_pictures && packet.picture_id > segment->pictures.newest_in();
  take_in(*segment, packet, dropped_pictures);
  if (new_picture) segment->pictures.drop_newest();
  if (is_newest) {
    segment->dropped_any = true;
    segment->sequences.drop_newest();
    return std::nullopt;
  }
  const auto number = segment->sequences.place(packet.sequence);
  if (!number || segment->sequences.state(packet.sequence) != State::kMissing) return std::nullopt;
  segment->dropped_any = true;
  segment->sequences.set_filled(packet.sequence);
  count_sent(*segment, packet, *number, now);
  note_filler(*segment, packet);
  return place_filler(*segment, packet, *number);
}

std::optional<RewrittenPosition> StreamRewriter::locate(StreamKey stream,
                                                        const StreamPosition& packet) {
  Segment* segment = find(stream, packet.sequence);
  if (!segment) return std::nullopt;
  const auto number = segment->sequences.place(packet.sequence);
  if (!number) return std::nullopt;
  State state = segment->sequences.state(packet.sequence);
  auto out = place(*segment, packet);
  if (state == State::kMissing && *age_of(stream, packet.sequence) >= kKnownSegments) {
    state = segment->dropped_any || !out ? State::kFilled : State::kSent;
    if (state == State::kFilled) segment->sequences.set_filled(packet.sequence);
    if (state == State::kSent) segment->sequences.set_sent(packet.sequence, false);
  }
  if (state == State::kFilled) return place_filler(*segment, packet, *number);
  if (state != State::kSent || !out) return std::nullopt;
  out->sequence = static_cast<uint16_t>(*number);
  out->marked = segment->sequences.marked(packet.sequence);
  return out;
}

std::optional<SentOrigin> StreamRewriter::origin_of(uint16_t sequence) const {
  const auto back = static_cast<uint16_t>(static_cast<uint16_t>(last_sequence_) - sequence);
  if (back >= 0x8000) return std::nullopt;  // ahead of what was sent
  const int64_t wanted = last_sequence_ - back;
  for (size_t i = 0; i < segment_count_; ++i) {
    const Segment& segment = segments_[i];
    if (wanted > segment.sequences.newest_out()) return std::nullopt;
    const auto in = segment.sequences.origin(wanted);
    if (!in) continue;
    const bool sent_again = age_of(segment.stream, *in) != i;
    return sent_again ? std::nullopt : std::optional(SentOrigin{segment.stream, *in});
  }
  return std::nullopt;
}

std::optional<uint32_t> StreamRewriter::map_time(StreamKey stream, int64_t rtp_time) const {
  if (segment_count_ == 0 || segments_[0].stream != stream) return std::nullopt;
  return static_cast<uint32_t>(on_line(segments_[0], rtp_time));
}

}  // namespace parley::sfu
