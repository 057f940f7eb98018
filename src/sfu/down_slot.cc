#include "sfu/down_slot.h"

#include <algorithm>

namespace parley::sfu {
namespace {

uint32_t clock_rate_of(const media::SlotDescription& description) {
  return description.codecs.empty() ? 90'000 : description.codecs.front().clock_rate;
}

}  // namespace

DownSlot::DownSlot(const media::SlotDescription& description, uint32_t endpoint,
                   RandomSource& random)
    : description_(description),
      endpoint_(endpoint),
      rewriter_(clock_rate_of(description), static_cast<uint16_t>(random.u32()), random.u32()),
      rtx_sequence_(static_cast<uint16_t>(random.u32())) {}

void DownSlot::update(const media::SlotDescription& description) {
  description_ = description;
}

void DownSlot::assign(UpTrack* track) {
  if (track == track_) return;
  track_ = track;
  flowing_ = false;
  target = 0;
  decided.reset();
  fresh = true;
  limited = false;
}

void DownSlot::decide(const Allocation& decision) {
  decided = decision.layer;
  limited = decision.limited;
  fresh = false;
  if (!decided) flowing_ = false;
}

void DownSlot::start(size_t index, const StreamPosition& first, Timestamp now) {
  encoding_ = index;
  flowing_ = true;
  rewriter_.begin(stream(), first, now);
}

void DownSlot::start_replay(size_t index, const StreamPosition& first, const StreamPosition& last,
                            Timestamp now) {
  encoding_ = index;
  flowing_ = true;
  rewriter_.begin_replay(stream(), first, last, now);
}

void DownSlot::interrupt() {
  flowing_ = false;
  rewriter_.forget();
}

StreamKey DownSlot::stream() const {
  return {track_ ? track_->id().value : 0, static_cast<uint8_t>(encoding_)};
}

const rtp::CodecParameters* DownSlot::codec_for(const TrackPacket& packet,
                                                uint8_t& payload_type) const {
  for (const auto& codec : description_.codecs) {
    if (codec.codec != packet.codec) continue;
    payload_type = packet.red ? codec.red_payload_type : codec.payload_type;
    return payload_type != 0 ? &codec : nullptr;
  }
  return nullptr;
}

std::optional<ForwardPlan> DownSlot::plan(const TrackPacket& packet,
                                          const RewrittenPosition& position) const {
  uint8_t payload_type = 0;
  if (!codec_for(packet, payload_type)) return std::nullopt;
  return ForwardPlan{.endpoint = endpoint_,
                     .ssrc = description_.ssrc.ssrc,
                     .csrc = packet.stream.track,
                     .rtp_time = position.rtp_time,
                     .sequence = position.sequence,
                     .payload_type = payload_type,
                     .marker = packet.marker,
                     .video = is_video(),
                     .extensions = &description_.extensions,
                     .audio_level = packet.audio_level,
                     .orientation = packet.orientation,
                     .patch_vp8 = packet.codec == rtp::Codec::kVp8,
                     .picture_id = position.picture_id,
                     .tl0_pic_idx = position.tl0_pic_idx,
                     .payload = packet.payload,
                     .kept = packet.kept};
}

std::optional<ForwardPlan> DownSlot::forward(const TrackPacket& packet, Timestamp now) {
  if (!flowing_ || packet.stream != stream()) return std::nullopt;
  uint8_t payload_type = 0;
  if (!codec_for(packet, payload_type)) return std::nullopt;
  const auto position = rewriter_.rewrite(packet.stream, packet.position, now);
  if (!position) return std::nullopt;
  ++packets_;
  octets_ += static_cast<uint32_t>(packet.payload.size());
  return plan(packet, *position);
}

std::optional<ForwardPlan> DownSlot::retransmit(const TrackPacket& packet) {
  if (description_.ssrc.rtx_ssrc == 0) return std::nullopt;
  const auto position = rewriter_.locate(packet.stream, packet.position);
  if (!position) return std::nullopt;
  auto out = plan(packet, *position);
  if (!out) return std::nullopt;
  for (const auto& codec : description_.codecs) {
    if (codec.payload_type != out->payload_type || codec.rtx_payload_type == 0) continue;
    out->payload_type = codec.rtx_payload_type;
    out->ssrc = description_.ssrc.rtx_ssrc;
    out->original_sequence = out->sequence;
    out->sequence = ++rtx_sequence_;
    return out;
  }
  return std::nullopt;
}

std::optional<ForwardPlan> DownSlot::padding() {
  const auto codec = std::ranges::find_if(description_.codecs,
                                          [](const auto& c) { return c.rtx_payload_type != 0; });
  if (description_.ssrc.rtx_ssrc == 0 || codec == description_.codecs.end()) return std::nullopt;
  return ForwardPlan{.endpoint = endpoint_,
                     .ssrc = description_.ssrc.rtx_ssrc,
                     .rtp_time = rewriter_.last_time(),
                     .sequence = ++rtx_sequence_,
                     .payload_type = codec->rtx_payload_type,
                     .video = true,
                     .extensions = &description_.extensions,
                     .padding = UINT8_MAX};
}

std::optional<SenderReportPlan> DownSlot::sender_report(Timestamp now) {
  if (!flowing_ || !track_) return std::nullopt;
  const UpEncoding& source = track_->encodings()[encoding_];
  if (!source.has_report) return std::nullopt;
  const auto time = rewriter_.map_time(stream(), source.report_time);
  if (!time) return std::nullopt;
  reported_ntp_ = static_cast<uint32_t>(source.report_ntp >> 16);
  reported_at_ = now;
  return SenderReportPlan{.endpoint = endpoint_,
                          .ssrc = description_.ssrc.ssrc,
                          .ntp = source.report_ntp,
                          .rtp_time = *time,
                          .packets = packets_,
                          .octets = octets_};
}

std::optional<TimeDelta> DownSlot::round_trip(uint32_t last_report, uint32_t delay_since,
                                              Timestamp now) const {
  if (last_report == 0 || last_report != reported_ntp_) return std::nullopt;
  const TimeDelta held = TimeDelta::micros(int64_t{delay_since} * 1'000'000 / 65536);
  const TimeDelta trip = now - reported_at_ - held;
  return trip >= TimeDelta::zero() ? std::optional(trip) : std::nullopt;
}

}  // namespace parley::sfu
