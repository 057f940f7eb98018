#include "sfu/stream_rewriter.h"

#include <algorithm>

namespace parley::sfu {
namespace {

// Newer on the circle of 15-bit picture ids.
bool picture_newer(uint16_t a, uint16_t b) {
  const int distance = (a - b) & 0x7fff;
  return distance != 0 && distance < 0x4000;
}

}  // namespace

StreamRewriter::StreamRewriter(uint32_t clock_rate, uint16_t first_sequence, uint32_t first_time)
    // One lap ahead, so that the unwrapped output never falls below zero.
    : clock_rate_(clock_rate),
      last_sequence_(int64_t{first_sequence} + 65536),
      last_time_(first_time) {}

int64_t StreamRewriter::next_time(Timestamp now) const {
  if (!last_sent_) return last_time_ + 1;
  const int64_t passed = (now - *last_sent_).us() * clock_rate_ / 1'000'000;
  return last_time_ + std::max<int64_t>(passed, 1);
}

void StreamRewriter::append(Segment segment) {
  if (!segments_.empty()) {
    Segment& previous = segments_.back();
    // What the previous segment sent ends at the last number; more of it would collide with the new
    // one.
    previous.in_last =
        std::min(previous.in_last, previous.in_first + (last_sequence_ - previous.out_first));
    if (previous.in_last < previous.in_first) segments_.pop_back();
  }
  if (segments_.full()) segments_.erase(0);
  segments_.push_back(segment);
}

void StreamRewriter::begin(StreamKey stream, const StreamPosition& first, Timestamp now) {
  append(
      {.stream = stream,
       .in_first = first.sequence,
       .out_first = last_sequence_ + 1,
       .in_anchor_time = first.rtp_time,
       .out_anchor_time = next_time(now),
       .picture_offset = static_cast<uint16_t>((last_picture_id_ + 1 - first.picture_id) & 0x7fff),
       .tl0_offset = static_cast<uint8_t>(last_tl0_ + 1 - first.tl0_pic_idx)});
}

void StreamRewriter::begin_replay(StreamKey stream, const StreamPosition& first,
                                  const StreamPosition& last, Timestamp now) {
  begin(stream, first, now);
  Segment& replay = segments_.back();
  replay.squeeze = kSqueeze;
  replay.in_last = last.sequence;
  replay.in_anchor_time = last.rtp_time;
  replay.out_anchor_time += (last.rtp_time - first.rtp_time) / kSqueeze;
  Segment live = replay;
  live.in_first = last.sequence + 1;
  live.in_last = INT64_MAX;
  live.out_first = replay.out_first + (live.in_first - replay.in_first);
  live.squeeze = 1;
  if (segments_.full()) segments_.erase(0);
  segments_.push_back(live);
}

const StreamRewriter::Segment* StreamRewriter::find(StreamKey stream, int64_t sequence) const {
  for (size_t i = segments_.size(); i > 0; --i) {
    const Segment& segment = segments_[i - 1];
    if (segment.stream == stream && sequence >= segment.in_first && sequence <= segment.in_last)
      return &segment;
  }
  return nullptr;
}

int64_t StreamRewriter::out_time(const Segment& segment, int64_t in_time) {
  return segment.out_anchor_time + (in_time - segment.in_anchor_time) / segment.squeeze;
}

RewrittenPosition StreamRewriter::place(const Segment& segment,
                                        const StreamPosition& packet) const {
  return {
      .sequence = static_cast<uint16_t>(segment.out_first + (packet.sequence - segment.in_first)),
      .rtp_time = static_cast<uint32_t>(out_time(segment, packet.rtp_time)),
      .picture_id = static_cast<uint16_t>((packet.picture_id + segment.picture_offset) & 0x7fff),
      .tl0_pic_idx = static_cast<uint8_t>(packet.tl0_pic_idx + segment.tl0_offset)};
}

std::optional<RewrittenPosition> StreamRewriter::locate(StreamKey stream,
                                                        const StreamPosition& packet) const {
  const Segment* segment = find(stream, packet.sequence);
  return segment ? std::optional(place(*segment, packet)) : std::nullopt;
}

std::optional<RewrittenPosition> StreamRewriter::rewrite(StreamKey stream,
                                                         const StreamPosition& packet,
                                                         Timestamp now) {
  const Segment* segment = find(stream, packet.sequence);
  if (!segment) return std::nullopt;
  const RewrittenPosition position = place(*segment, packet);
  const int64_t sequence = segment->out_first + (packet.sequence - segment->in_first);
  if (sequence > last_sequence_) {
    last_sequence_ = sequence;
    last_time_ = std::max(last_time_, out_time(*segment, packet.rtp_time));
    last_sent_ = now;
  }
  if (picture_newer(position.picture_id, last_picture_id_)) last_picture_id_ = position.picture_id;
  if (static_cast<int8_t>(position.tl0_pic_idx - last_tl0_) > 0) last_tl0_ = position.tl0_pic_idx;
  return position;
}

std::optional<SentOrigin> StreamRewriter::origin_of(uint16_t sequence) const {
  const auto back = static_cast<uint16_t>(static_cast<uint16_t>(last_sequence_) - sequence);
  if (back >= 0x8000) return std::nullopt;  // ahead of what was sent
  const int64_t wanted = last_sequence_ - back;
  for (size_t i = segments_.size(); i > 0; --i) {
    const Segment& segment = segments_[i - 1];
    if (wanted < segment.out_first) continue;
    const int64_t in = segment.in_first + (wanted - segment.out_first);
    if (in > segment.in_last) return std::nullopt;
    return SentOrigin{segment.stream, in};
  }
  return std::nullopt;
}

std::optional<uint32_t> StreamRewriter::map_time(StreamKey stream, int64_t rtp_time) const {
  if (segments_.empty() || segments_.back().stream != stream) return std::nullopt;
  return static_cast<uint32_t>(out_time(segments_.back(), rtp_time));
}

}  // namespace parley::sfu
