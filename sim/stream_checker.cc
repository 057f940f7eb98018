#include "sim/stream_checker.h"

#include <fmt/format.h>

#include <utility>

#include "rtp/vp8_descriptor.h"

namespace parley::sim {

void StreamChecker::fault(std::string what) {
  if (faults.size() < 20) faults.push_back(std::move(what));
}

void StreamChecker::on_packet(StreamPacket packet, bool retransmitted, Timestamp now) {
  const int64_t sequence = unwrap_.unwrap(packet.sequence);
  // A retransmission may overtake its original, or come besides it; two originals may not.
  const auto [seen, first] = seen_.try_emplace(sequence, retransmitted);
  if (!first) {
    if (!retransmitted && !std::exchange(seen->second, false))
      fault(fmt::format("sequence number {} sent twice", packet.sequence));
    return;
  }
  while (seen_.size() > 4000) seen_.erase(seen_.begin());
  ++packets;
  asked_.erase(sequence);
  if (!next_) next_ = sequence;
  if (sequence < *next_) return;  // too late to play
  held_[sequence] = {std::move(packet), now};
  play(now);
}

void StreamChecker::play(Timestamp now) {
  while (!held_.empty()) {
    auto first = held_.begin();
    if (first->first != *next_) {
      if (!hole_since_) hole_since_ = now;
      if (now - *hole_since_ < kGiveUp) return;
      next_ = first->first;
      frame_.clear();
      frame_broken_ = true;
      if (video_) needs_key_frame_ = true;
    }
    hole_since_.reset();
    consume(first->second.packet, now);
    held_.erase(first);
    ++*next_;
  }
}

void StreamChecker::consume(const StreamPacket& packet, Timestamp now) {
  if (last_time_ && static_cast<int32_t>(packet.rtp_time - *last_time_) < 0) {
    fault(fmt::format("timestamp went back from {} to {} at {}", *last_time_, packet.rtp_time,
                      packet.sequence));
  }
  if (!video_) {
    last_time_ = packet.rtp_time;
    ++frames;
    ++frames_of[packet.csrc];
    if (last_frame) longest_gap = std::max(longest_gap, now - *last_frame);
    last_frame = now;
    return;
  }
  if (packet.payload.empty()) return;  // fills the place of a packet that was dropped
  const auto descriptor = rtp::parse_vp8_descriptor(packet.payload);
  if (!descriptor) return fault("VP8 descriptor unreadable");
  if (descriptor->starts_frame()) {
    // A switch may cut the old source's last frame short; nothing but a key frame may follow then.
    if (!frame_.empty() && !rtp::is_vp8_key_frame(packet.payload))
      fault(fmt::format("frame begun at {} before the last one ended", packet.sequence));
    frame_.clear();
    frame_broken_ = false;
  } else if (!frame_.empty() && frame_.front().rtp_time != packet.rtp_time) {
    fault(fmt::format("timestamp changed within a frame at {}", packet.sequence));
  }
  last_time_ = packet.rtp_time;
  frame_.push_back(packet);
  if (packet.marker) finish_frame(now);
}

void StreamChecker::finish_frame(Timestamp now) {
  const std::vector<StreamPacket> frame = std::move(frame_);
  frame_.clear();
  if (frame_broken_) {
    frame_broken_ = false;
    return;
  }
  const auto descriptor = rtp::parse_vp8_descriptor(frame.front().payload);
  const auto header = rtp::parse_vp8_frame_header(frame.front().payload, *descriptor);
  const uint16_t picture = descriptor->picture_id.value_or(0);
  const bool key = header && header->key_frame;
  const bool follows = last_picture_ && picture == ((*last_picture_ + 1) & 0x7fff);
  if (key) {
    width = header->width;
    needs_key_frame_ = false;
    announced_need_.reset();
    if (last_picture_ && picture == *last_picture_)
      fault(fmt::format("picture id {} used twice", picture));
  } else if (needs_key_frame_ || !follows) {
    ++broken_frames;
    needs_key_frame_ = true;
    return;
  }
  last_picture_ = picture;
  ++frames;
  ++frames_of[frame.front().csrc];
  if (last_frame) longest_gap = std::max(longest_gap, now - *last_frame);
  last_frame = now;
}

std::vector<uint16_t> StreamChecker::missing(Timestamp now) {
  std::vector<uint16_t> out;
  if (!next_ || held_.empty()) return out;
  for (int64_t s = *next_; s < held_.rbegin()->first && out.size() < 60; ++s) {
    if (held_.contains(s)) continue;
    auto [asked, first] = asked_.try_emplace(s, now);
    if (!first && now - asked->second < TimeDelta::millis(80)) continue;
    asked->second = now;
    out.push_back(static_cast<uint16_t>(s));
  }
  return out;
}

bool StreamChecker::take_key_frame_need(Timestamp now) {
  if (!video_ || !needs_key_frame_ || packets == 0) return false;
  if (announced_need_ && now - *announced_need_ < TimeDelta::millis(300)) return false;
  announced_need_ = now;
  return true;
}

}  // namespace parley::sim
