#include "sfu/up_track.h"

#include <algorithm>

namespace parley::sfu {

UpEncoding::UpEncoding(uint32_t clock_rate, bool cached, PacketPool& pool)
    : cache(cached ? std::make_unique<PacketCache>(pool) : nullptr),
      describer(cached ? std::make_unique<FrameDescriber>() : nullptr),
      statistics(clock_rate),
      clock_rate_(clock_rate) {}

std::optional<int64_t> UpEncoding::capture_time(int64_t unwrapped_rtp_time) const {
  if (!has_report) return std::nullopt;
  const auto seconds = static_cast<int64_t>(report_ntp >> 32);
  const auto ticks = static_cast<int64_t>(((report_ntp & 0xffff'ffff) * clock_rate_) >> 32);
  return seconds * clock_rate_ + ticks + unwrapped_rtp_time - report_time;
}

UpTrack::UpTrack(const media::TrackDescription& description, PeerId owner, PacketPool& pool)
    : description_(description), owner_(owner) {
  const uint32_t clock_rate =
      description.codecs.empty() ? 90'000 : description.codecs.front().clock_rate;
  const size_t count = std::max<size_t>(1, description.rids.size());
  encodings_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    encodings_.emplace_back(clock_rate, is_video(), pool);
    if (i < description.ssrcs.size()) {
      encodings_[i].ssrc = description.ssrcs[i].ssrc;
      encodings_[i].rtx_ssrc = description.ssrcs[i].rtx_ssrc;
    }
  }
}

void UpTrack::set_enabled(bool enabled) {
  enabled_ = enabled;
  if (!enabled) announced_live_ = false;
}

const rtp::CodecParameters* UpTrack::codec_of(uint8_t payload_type, bool& red) const {
  for (const auto& codec : description_.codecs) {
    red = codec.red_payload_type != 0 && codec.red_payload_type == payload_type;
    if (red || codec.payload_type == payload_type) return &codec;
  }
  return nullptr;
}

std::optional<TrackPacket> UpTrack::accept(size_t index, const MediaPacket& packet, Timestamp now) {
  bool red = false;
  const rtp::CodecParameters* codec = codec_of(packet.payload_type, red);
  if (!codec) return std::nullopt;
  UpEncoding& encoding = encodings_[index];
  TrackPacket out{.stream = {description_.id.value, static_cast<uint8_t>(index)},
                  .codec = codec->codec,
                  .red = red,
                  .marker = packet.marker,
                  .audio_level = packet.audio_level,
                  .orientation = packet.orientation,
                  .dependencies = uses_dependencies(codec->codec) ? packet.dependencies : Bytes(),
                  .layers_allocation = packet.layers_allocation,
                  .payload = packet.payload};
  out.position.sequence = encoding.sequence.unwrap(packet.sequence);
  out.position.rtp_time = encoding.time.unwrap(packet.rtp_time);
  if (encoding.cache && encoding.cache->find(out.position.sequence)) return std::nullopt;
  if (is_video() && !follow_codec(out, encoding)) return std::nullopt;

  encoding.nack.on_packet(out.position.sequence, now);
  if (!packet.retransmitted)
    encoding.statistics.on_packet(out.position.sequence, packet.rtp_time, now);
  encoding.last_packet = now;
  encoding.received_any = true;
  if (is_video()) {
    describe_video(out, encoding);
    if (out.key_frame_start && out.position.sequence > encoding.last_key_frame) {
      encoding.last_key_frame = out.position.sequence;
      encoding.key_frame_time = out.position.rtp_time;
      encoding.wanted_key_frame = false;
    }
    out.key_frame = out.position.rtp_time == encoding.key_frame_time;
    out.kept = encoding.cache->insert({.sequence = out.position.sequence,
                                       .position = out.position,
                                       .frame = out.frame,
                                       .counters = out.counters,
                                       .arrival = now,
                                       .codec = out.codec,
                                       .orientation = packet.orientation.value_or(0),
                                       .has_orientation = packet.orientation.has_value(),
                                       .marker = packet.marker,
                                       .key_frame_start = out.key_frame_start},
                                      packet.payload, out.dependencies);
  }
  return out;
}

bool UpTrack::follow_codec(TrackPacket& packet, UpEncoding& encoding) {
  if (encoding.codec == packet.codec) return true;
  if (encoding.codec) {
    if (packet.position.sequence < encoding.cache->newest()) return false;
    packet.new_codec = true;
    encoding.describer->restart();
    encoding.holds_unread = false;
    encoding.last_key_frame = -1;
    encoding.key_frame_time = -1;
    encoding.wanted_key_frame = true;
  }
  encoding.codec = packet.codec;
  return true;
}

void UpTrack::describe_video(TrackPacket& packet, UpEncoding& encoding) {
  const FrameDescription found =
      encoding.describer->describe(packet.codec, packet.payload, packet.dependencies);
  packet.frame = found.info;
  packet.key_frame_start = found.key_frame_start;
  packet.position.picture_id = found.picture_id;
  packet.position.tl0_pic_idx = found.tl0_pic_idx;
  packet.position.key_index = found.key_index;
  packet.position.close_pictures = found.close_pictures;
  packet.counters = found.counters;
  if (found.width != 0) {
    encoding.width = found.width;
    encoding.height = found.height;
  }
  if (found.unread) {
    encoding.holds_unread = true;
  } else if (encoding.holds_unread && found.key_frame_start) {
    read_again(packet, encoding);
  }
}

void UpTrack::read_again(const TrackPacket& packet, UpEncoding& encoding) {
  encoding.holds_unread = false;
  encoding.cache->amend_after(packet.position.sequence, [&](CachedPacket& kept) {
    if (kept.codec != packet.codec || kept.dependencies_size == 0 ||
        kept.frame.layering != FrameInfo::Layering::kNone)
      return;
    const FrameDescription found = encoding.describer->describe(
        kept.codec, encoding.cache->payload(kept), encoding.cache->dependencies(kept));
    kept.frame = found.info;
    kept.position.picture_id = found.picture_id;
  });
}

std::optional<TrackPacket> UpTrack::cached(size_t index, int64_t sequence) const {
  const UpEncoding& encoding = encodings_[index];
  const CachedPacket* kept = encoding.cache ? encoding.cache->find(sequence) : nullptr;
  if (!kept) return std::nullopt;
  TrackPacket out{.stream = {description_.id.value, static_cast<uint8_t>(index)},
                  .position = kept->position,
                  .codec = kept->codec,
                  .marker = kept->marker,
                  .key_frame_start = kept->key_frame_start,
                  .frame = kept->frame,
                  .counters = kept->counters,
                  .dependencies = encoding.cache->dependencies(*kept),
                  .payload = encoding.cache->payload(*kept),
                  .kept = kept->handle};
  if (kept->has_orientation) out.orientation = kept->orientation;
  return out;
}

std::optional<int64_t> UpTrack::replayable(size_t index, DataSize most, Timestamp now) const {
  const UpEncoding& encoding = encodings_[index];
  if (!encoding.cache || encoding.last_key_frame < 0) return std::nullopt;
  const int64_t newest = encoding.cache->newest();
  if (newest - encoding.last_key_frame >= kReplayPackets) return std::nullopt;
  const CachedPacket* first = encoding.cache->find(encoding.last_key_frame);
  if (!first || now - first->arrival > kReplayAge) return std::nullopt;
  DataSize size;
  for (int64_t s = encoding.last_key_frame; s <= newest; ++s) {
    const CachedPacket* packet = encoding.cache->find(s);
    if (!packet) return std::nullopt;
    size += DataSize::bytes(static_cast<int64_t>(encoding.cache->payload(*packet).size()));
    if (size > most) return std::nullopt;
  }
  return encoding.last_key_frame;
}

void UpTrack::forget_older(Timestamp limit) {
  for (auto& encoding : encodings_) {
    if (encoding.cache) encoding.cache->expire(limit);
  }
}

void UpTrack::on_sender_report(size_t index, uint64_t ntp, uint32_t rtp_time, Timestamp now) {
  UpEncoding& encoding = encodings_[index];
  encoding.report_ntp = ntp;
  encoding.report_time = encoding.time.peek(rtp_time);
  encoding.has_report = true;
  encoding.statistics.on_sender_report(static_cast<uint32_t>(ntp >> 16), now);
}

bool UpTrack::take_key_frame_request(size_t index, Timestamp now) {
  UpEncoding& encoding = encodings_[index];
  if (!encoding.wanted_key_frame || encoding.ssrc == 0 || !is_live(index, now)) return false;
  if (encoding.key_frame_asked && now - *encoding.key_frame_asked < kKeyFrameInterval) return false;
  encoding.key_frame_asked = now;
  return true;  // stays wanted until it comes
}

bool UpTrack::is_live(size_t index, Timestamp now) const {
  const UpEncoding& encoding = encodings_[index];
  if (!encoding.received_any) return false;
  const TimeDelta silent = now - encoding.last_packet;
  if (silent <= kStalledAfter) return true;
  if (silent > kPausedAfter) return false;
  const auto smaller = std::span(encodings_).first(index);
  return std::ranges::none_of(smaller, [&](const UpEncoding& other) {
    return other.received_any && other.last_packet - encoding.last_packet > kStalledAfter;
  });
}

uint16_t UpTrack::assumed_height(size_t index) const {
  if (encodings_[index].height != 0) return encodings_[index].height;
  // Not seen yet: the usual halving from 720 lines down.
  return static_cast<uint16_t>(720 >> (encodings_.size() - 1 - index));
}

size_t UpTrack::ideal_encoding(uint16_t height) const {
  for (size_t i = 0; i < encodings_.size(); ++i) {
    // A picture of 85 % of the tile's lines is indistinguishable on it, and costs half of the next
    // one.
    if (assumed_height(i) * 100 >= height * 85) return i;
  }
  return encodings_.size() - 1;
}

std::optional<size_t> UpTrack::best_live_encoding(size_t ideal, Timestamp now) const {
  for (size_t i = ideal + 1; i > 0; --i) {
    if (is_live(i - 1, now)) return i - 1;
  }
  for (size_t i = ideal + 1; i < encodings_.size(); ++i) {
    if (is_live(i, now)) return i;
  }
  return std::nullopt;
}

}  // namespace parley::sfu
