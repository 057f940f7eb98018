#include "sfu/down_slot.h"

#include <algorithm>
#include <utility>

#include "rtp/dependency_descriptor.h"

namespace parley::sfu {
namespace {

// Before a round trip is known, and on the shortest ones.
constexpr TimeDelta kLeastRepeat = TimeDelta::millis(10);

uint32_t clock_rate_of(const media::SlotDescription& description) {
  return description.codecs.empty() ? 90'000 : description.codecs.front().clock_rate;
}

// Fields, two bits each, of the pictures before this one: the low bit set where the temporal id is
// above `temporal`.
uint64_t above(uint64_t earlier_temporal, uint8_t temporal) {
  constexpr uint64_t kLowBits = 0x5555'5555'5555'5555;
  const uint64_t low = earlier_temporal & kLowBits;
  const uint64_t high = (earlier_temporal >> 1) & kLowBits;
  if (temporal == 0) return low | high;
  if (temporal == 1) return high;
  return temporal == 2 ? low & high : 0;
}

}  // namespace

void patch_payload(const ForwardPlan& plan, MutableBytes payload) {
  rtp::set_picture_id(payload, plan.counters, plan.picture_id);
  rtp::set_tl0_pic_idx(payload, plan.counters, plan.tl0_pic_idx);
  rtp::set_key_index(payload, plan.counters, plan.key_index);
}

void patch_dependencies(const ForwardPlan& plan, MutableBytes dependencies) {
  rtp::set_frame_number(dependencies, plan.picture_id);
}

DownSlot::DownSlot(const media::SlotDescription& description, uint32_t endpoint,
                   RandomSource& random)
    : description_(description),
      video_(description.kind == rtp::MediaKind::kVideo),
      endpoint_(endpoint),
      ssrc_(description.ssrc.ssrc),
      filters_(is_video() ? std::make_unique<Filters>() : nullptr),
      rewriter_(clock_rate_of(description), static_cast<uint16_t>(random.u32()), random.u32()),
      rtx_sequence_(static_cast<uint16_t>(random.u32())),
      repeats_(is_video() ? kRepeats : 0),
      reported_({.numbers = rewriter_.numbers()}) {
  read_description();
}

void DownSlot::update(const media::SlotDescription& description) {
  description_ = description;
  read_description();
}

void DownSlot::assign(UpTrack* track) {
  if (track == track_) return;
  track_ = track;
  track_id_ = track ? track->id().value : 0;
  encoding_ = 0;  // the other may have fewer
  flowing_ = false;
  decided.reset();
  fresh = true;
  limited = false;
  raises = RaiseGuard();
  set_target_layer({.encoding = 0, .spatial = UINT8_MAX, .temporal = UINT8_MAX});
}

void DownSlot::decide(const Allocation& decision) {
  decided = decision.layer;
  limited = decision.limited;
  fresh = false;
  if (!decided) flowing_ = false;
}

void DownSlot::set_target_layer(Layer layer) {
  target_layer_ = layer;
  aim_filter();
}

void DownSlot::set_pressed(bool pressed) {
  pressed_ = pressed;
  aim_filter();
}

void DownSlot::aim_filter() {
  if (!filters_) return;
  filter().set_target(target_layer_.spatial, pressed_ ? uint8_t{0} : target_layer_.temporal,
                      !pressed_);
}

void DownSlot::next_filter() {
  if (!filters_) return;
  // The rewriter forgets a segment that sent nothing.
  if (packets_ != packets_at_start_)
    newest_filter_ = (newest_filter_ + filters_->size() - 1) % filters_->size();
  packets_at_start_ = packets_;
  filter().restart();
  aim_filter();
}

StreamPosition DownSlot::with_capture_time(StreamPosition position) const {
  if (track_)
    position.capture_time = track_->encodings()[encoding_].capture_time(position.rtp_time);
  return position;
}

// A camera is shown before it has sent a report.
void DownSlot::learn_capture_time() {
  if (!track_) return;
  const UpEncoding& source = track_->encodings()[encoding_];
  if (const auto captured = source.capture_time(source.report_time))
    rewriter_.learn_capture_time(stream(), source.report_time, *captured);
}

void DownSlot::begin(size_t index) {
  learn_capture_time();
  // A smaller picture goes on until the first frame of a larger one is there.
  supersedes_ = index < encoding_;
  if (supersedes_) {
    smaller_began_ = 0;
  } else if (smaller_began_ < StreamRewriter::kSegments) {
    ++smaller_began_;
  }
  encoding_ = static_cast<uint8_t>(index);
  flowing_ = true;
  next_filter();
}

void DownSlot::start(size_t index, const StreamPosition& first, Timestamp now) {
  begin(index);
  rewriter_.begin(stream(), with_capture_time(first), now);
}

void DownSlot::start_replay(size_t index, const StreamPosition& first, const StreamPosition& last,
                            Timestamp last_came, Timestamp now) {
  begin(index);
  rewriter_.begin_replay(stream(), first, with_capture_time(last), last_came, now);
}

void DownSlot::interrupt() {
  flowing_ = false;
  rewriter_.forget();
}

// The first of each codec counts.
void DownSlot::read_description() {
  video_ = description_.kind == rtp::MediaKind::kVideo;
  ssrc_ = description_.ssrc.ssrc;
  extensions_ = description_.extensions;
  payload_types_ = {};
  for (const auto& codec : description_.codecs) {
    PayloadTypes& types = payload_types_[static_cast<size_t>(codec.codec)];
    if (types.plain == 0) types = {codec.payload_type, codec.red_payload_type};
  }
}

std::optional<uint8_t> DownSlot::opus_within_red() const {
  for (const auto& codec : description_.codecs) {
    if (codec.codec == rtp::Codec::kOpus && codec.red_payload_type != 0) return codec.payload_type;
  }
  return std::nullopt;
}

bool DownSlot::plan(const TrackPacket& packet, const RewrittenPosition& position,
                    ForwardPlan& out) const {
  const uint8_t payload_type = payload_type_for(packet);
  if (payload_type == 0) return false;
  out = {.endpoint = endpoint_,
         .ssrc = ssrc_,
         .csrc = packet.stream.track,
         .rtp_time = position.rtp_time,
         .sequence = position.sequence,
         .payload_type = payload_type,
         .video = video_,
         .extensions = &extensions_};
  if (position.filler) return true;
  out.marker = packet.marker || position.marked;
  out.audio_level = packet.audio_level;
  out.orientation = packet.orientation;
  out.counters = packet.counters;
  out.picture_id = position.picture_id;
  out.tl0_pic_idx = position.tl0_pic_idx;
  out.key_index = position.key_index;
  out.dependencies = packet.dependencies;
  out.payload = packet.payload;
  out.kept = packet.kept;
  return true;
}

std::optional<RewrittenPosition> DownSlot::place(const TrackPacket& packet, Timestamp now) {
  const auto age = rewriter_.age_of(packet.stream, packet.position.sequence);
  if (!age || (video_ && *age >= filters_->size())) return std::nullopt;
  return place(packet, *age, now);
}

std::optional<RewrittenPosition> DownSlot::place(const TrackPacket& packet, size_t age,
                                                 Timestamp now) {
  if (!video_) return rewriter_.rewrite(packet.stream, packet.position, now);
  LayerFilter& layers = filter(age);
  // Without temporal layers the filter need not be looked at.
  const uint64_t earlier = packet.frame.earlier_temporal;
  const uint64_t dropped = earlier == 0 ? 0 : above(earlier, layers.temporal());
  const auto verdict = layers.decide(packet.frame, packet.position.rtp_time);
  if (verdict.forward) {
    const auto out = rewriter_.rewrite(packet.stream, packet.position, now,
                                       {.mark = verdict.marker, .dropped_pictures = dropped});
    if (out) return out;
  }
  const auto filler = rewriter_.drop(packet.stream, packet.position, now, dropped);
  if (verdict.forward && filler) layers.on_frame_broken(packet.frame);
  return filler;
}

bool DownSlot::forward(const TrackPacket& packet, Timestamp now, ForwardPlan& out) {
  if (!flowing_ || packet.stream != stream()) return false;
  if (payload_type_for(packet) == 0) return false;
  if (!rewriter_.is_running(packet.stream, packet.position.sequence)) return false;
  const auto position = place(packet, 0, now);
  if (!position || !plan(packet, *position, out)) return false;
  out.supersedes = std::exchange(supersedes_, false);
  if (packet.key_frame) key_frame_at_ = now;
  ++packets_;
  octets_ += static_cast<uint32_t>(out.payload.size());
  return true;
}

std::optional<ForwardPlan> DownSlot::retransmit(const TrackPacket& packet) {
  if (description_.ssrc.rtx_ssrc == 0) return std::nullopt;
  auto position = rewriter_.locate(packet.stream, packet.position);
  // What came before its stream was started here (behind a key frame that was late itself) or after
  // another was has a number but hasn't been looked at. It isn't the newest, so the time has no
  // part in its place.
  if (!position) position = place(packet, Timestamp());
  if (!position) return std::nullopt;
  ForwardPlan out;
  if (!plan(packet, *position, out)) return std::nullopt;
  for (const auto& codec : description_.codecs) {
    if (codec.payload_type != out.payload_type || codec.rtx_payload_type == 0) continue;
    out.payload_type = codec.rtx_payload_type;
    out.ssrc = description_.ssrc.rtx_ssrc;
    out.original_sequence = out.sequence;
    out.sequence = ++rtx_sequence_;
    return out;
  }
  return std::nullopt;
}

bool DownSlot::may_repeat(uint16_t sequence, TimeDelta round_trip, Timestamp now) {
  Repeat& last = repeats_[sequence % kRepeats];
  const TimeDelta spacing = std::max(round_trip, kLeastRepeat);
  if (last.at != Timestamp() && last.sequence == sequence && now - last.at < spacing) return false;
  last = {sequence, now};
  return true;
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
                     .extensions = &extensions_,
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

double DownSlot::take_loss(int32_t cumulative_lost) {
  const Reported now{.numbers = rewriter_.numbers(), .packets = packets_, .lost = cumulative_lost};
  const Reported before = std::exchange(reported_, now);
  const int64_t numbers = now.numbers - before.numbers;
  if (numbers <= 0) return 0;
  const int64_t never_sent = numbers - int64_t{now.packets - before.packets};
  const int64_t lost = int64_t{now.lost} - before.lost - never_sent;
  return std::clamp(static_cast<double>(lost) / static_cast<double>(numbers), 0.0, 1.0);
}

}  // namespace parley::sfu
