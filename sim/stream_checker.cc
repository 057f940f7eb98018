#include "sim/stream_checker.h"

#include <fmt/format.h>

#include <utility>

#include "rtp/vp8_descriptor.h"

namespace parley::sim {
namespace {

constexpr TimeDelta kAskAgain = TimeDelta::millis(80);

}  // namespace

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
      const auto beyond = video_ ? decodable() : std::nullopt;
      if (!beyond && !given_up(now)) return;
      next_ = beyond.value_or(first->first);
      held_.erase(held_.begin(), held_.lower_bound(*next_));
      frame_.clear();
      frame_broken_ = !beyond;
      if (video_ && !beyond) needs_key_frame_ = true;
      first = held_.begin();
    }
    hole_since_.reset();
    consume(first->second.packet, now);
    held_.erase(first);
    ++*next_;
  }
}

bool StreamChecker::given_up(Timestamp now) const {
  if (!video_) return now - *hole_since_ >= kSilence;
  const auto asked = asked_.find(*next_);
  return now - *hole_since_ >= kGiveUp ||
         (asked != asked_.end() && asked->second.times >= kMostAsks &&
          now - asked->second.at >= kAskAgain);
}

bool StreamChecker::stands_alone(const StreamPacket& first) const {
  const auto descriptor = rtp::parse_vp8_descriptor(first.payload);
  if (!descriptor || !descriptor->starts_frame()) return false;
  if (rtp::is_vp8_key_frame(first.payload)) return true;
  return !needs_key_frame_ && descriptor->temporal_id == uint8_t{0} && last_base_ &&
         descriptor->tl0_pic_idx == static_cast<uint8_t>(*last_base_ + 1);
}

std::optional<int64_t> StreamChecker::decodable() const {
  std::optional<int64_t> start;
  int64_t expected = 0;
  for (const auto& [sequence, held] : held_) {
    if (sequence != expected) start.reset();
    expected = sequence + 1;
    if (held.packet.payload.empty()) continue;
    const auto descriptor = rtp::parse_vp8_descriptor(held.packet.payload);
    if (descriptor && descriptor->starts_frame())
      start = stands_alone(held.packet) ? std::optional(sequence) : std::nullopt;
    if (start && held.packet.marker) return start;
  }
  return std::nullopt;
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
  const bool base = !needs_key_frame_ && stands_alone(frame.front());
  const bool follows = base || (last_picture_ && picture == ((*last_picture_ + 1) & 0x7fff));
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
  if (descriptor->tl0_pic_idx) last_base_ = descriptor->tl0_pic_idx;
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
    auto [asked, first] = asked_.try_emplace(s);
    if (!first && (now - asked->second.at < kAskAgain || asked->second.times >= kMostAsks))
      continue;
    asked->second = {now, asked->second.times + 1};
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
