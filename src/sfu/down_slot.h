// One receiving place of a subscriber: which source feeds it, and the one clean stream made of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/prefetch.h"
#include "base/random.h"
#include "media/command.h"
#include "media/description.h"
#include "rtp/parameters.h"
#include "sfu/allocator.h"
#include "sfu/layer.h"
#include "sfu/layer_filter.h"
#include "sfu/raise_guard.h"
#include "sfu/stream_rewriter.h"
#include "sfu/up_track.h"

namespace parley::sfu {

// One packet to write, encrypt and send. Everything that differs between viewers is here; the
// payload is shared.
struct ForwardPlan {
  uint32_t endpoint = 0;  // the shard's index of the receiving peer
  uint32_t ssrc = 0;
  uint32_t csrc = 0;  // the source's TrackId
  uint32_t rtp_time = 0;
  uint16_t sequence = 0;
  uint8_t payload_type = 0;
  bool marker = false;
  bool video = false;
  bool supersedes = false;  // what waits of its slot is not worth showing before this
  const rtp::HeaderExtensionIds* extensions = nullptr;
  std::optional<uint8_t> audio_level;
  std::optional<uint8_t> orientation;
  // What patch_payload and patch_dependencies put into the fields that the packet has.
  rtp::CounterPlaces counters;  // in the payload
  uint16_t picture_id = 0;
  uint8_t tl0_pic_idx = 0;
  uint8_t key_index = 0;
  Bytes dependencies;  // the dependency descriptor before patching; empty: none to send
  std::optional<uint16_t>
      original_sequence;  // set: an RFC 4588 retransmission, this goes before the payload
  uint8_t padding = 0;    // bytes behind the payload (RFC 3550 §5.1)
  Bytes payload;
  PacketPool::Handle kept = PacketPool::kNone;  // where the payload lies if it may be sent later
};

// Rewrite the counters in a copy of the plan's payload, or of its dependency descriptor.
void patch_payload(const ForwardPlan& plan, MutableBytes payload);
void patch_dependencies(const ForwardPlan& plan, MutableBytes dependencies);

struct SenderReportPlan {
  uint32_t endpoint = 0;
  uint32_t ssrc = 0;
  uint64_t ntp = 0;
  uint32_t rtp_time = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;
};

class DownSlot {
 public:
  DownSlot(const media::SlotDescription& description, uint32_t endpoint, RandomSource& random);

  const media::SlotDescription& description() const { return description_; }
  void update(const media::SlotDescription& description);
  bool is_video() const { return video_; }

  // The source in charge; nullptr: none. Changing it stops what flows.
  UpTrack* track() const { return track_; }
  void assign(UpTrack* track);
  // Forgets a track that is about to go.
  void detach() { assign(nullptr); }

  media::ViewWish wish;   // video: what its viewer wants of the source
  Timestamp last_active;  // audio: when its source was last selected

  // What the allocator gave it; nullopt: nothing.
  std::optional<Layer> decided;
  bool fresh = true;     // nothing decided yet for this source
  bool limited = false;  // less than its tile deserves, for want of bandwidth
  void decide(const Allocation& decision);
  RaiseGuard raises;
  // Has a source but no bandwidth for it.
  bool dark() const { return !fresh && !decided; }
  // What to show: the encoding, and the layers within it. Until it is called all
  // layers are forwarded.
  void set_target_layer(Layer layer);
  // While pressed only the lowest temporal layer is forwarded, whatever the target.
  void set_pressed(bool pressed);
  bool pressed() const { return pressed_; }
  size_t target() const { return target_layer_.encoding; }
  // What is shown now.
  Layer current_layer() const {
    return filters_ ? Layer{encoding_, filter().spatial(), filter().temporal()} : Layer{encoding_};
  }
  // The layers wanted of the running encoding, or what was sent of it, need a key frame of it.
  bool needs_key_frame() const { return flowing_ && filters_ && filter().needs_key_frame(); }

  // The number of Opus within RED; nullopt: the viewer takes no RED.
  std::optional<uint8_t> opus_within_red() const;

  // Makes the pages known of what prefetch() asks for, and that begins to fetch what forward()
  // needs.
  void touch() const {
    parley::touch(static_cast<const void*>(&track_));
    rewriter_.touch();
  }
  void prefetch(const TrackPacket& packet) const {
    parley::prefetch(static_cast<const void*>(&track_), kHotBytes);
    rewriter_.prefetch(packet.position);
  }
  // The page of what prefetch_filter() asks for, once touch() has made known where that is.
  void touch_filter() const {
    if (filters_) parley::touch(&filter());
  }
  // And what a decision on its layers needs.
  void prefetch_decision() const { parley::prefetch(this, kDecisionBytes); }
  // What forward() needs of a stream with layers, once the above has come.
  void prefetch_filter() const {
    if (filters_) filter().prefetch();
  }

  bool flowing() const { return flowing_; }
  // On the way to a smaller encoding for want of bandwidth.
  bool sinks() const { return flowing_ && limited && target() < encoding_; }
  size_t encoding() const { return encoding_; }

  // Starts the assigned track's encoding `index` at `first`.
  void start(size_t index, const StreamPosition& first, Timestamp now);
  // The same with a group of pictures that was kept; its `last` packet came at `last_came`.
  void start_replay(size_t index, const StreamPosition& first, const StreamPosition& last,
                    Timestamp last_came, Timestamp now);

  // Stops until the next start.
  void pause() { flowing_ = false; }
  // The same, and what was sent so far is not sent again.
  void interrupt();

  // The plan for sending `packet` of the running stream now, or something empty in its place;
  // nullopt when it doesn't belong there or to the layers to show, or the viewer can't take the
  // codec.
  std::optional<ForwardPlan> forward(const TrackPacket& packet, Timestamp now) {
    ForwardPlan out;
    return forward(packet, now, out) ? std::optional(out) : std::nullopt;
  }
  // The same, written where it is to stay; false: none, and `out` is spoilt.
  bool forward(const TrackPacket& packet, Timestamp now, ForwardPlan& out);
  // The plan for answering a NACK with a kept packet; nullopt when the slot has no RTX.
  std::optional<ForwardPlan> retransmit(const TrackPacket& packet);
  // False if the packet sent as `sequence` was repeated less than a round trip ago; counts it as
  // repeated otherwise.
  bool may_repeat(uint16_t sequence, TimeDelta round_trip, Timestamp now);
  // A smaller picture began in its place since: not worth a repair.
  bool superseded(const SentOrigin& sent) const {
    const auto age = rewriter_.age_of(sent.stream, sent.sequence);
    return age && *age > smaller_began_;
  }
  // A packet without content on the retransmission stream, for a probe; nullopt without RTX.
  std::optional<ForwardPlan> padding();
  std::optional<SentOrigin> origin_of(uint16_t sequence) const {
    return rewriter_.origin_of(sequence);
  }
  // The sender report that translates the track's own; nullopt while nothing flows or none came.
  std::optional<SenderReportPlan> sender_report(Timestamp now);
  // Round trip from a receiver report about this slot (RFC 3550 §6.4.1); nullopt if it echoes none
  // of our reports.
  std::optional<TimeDelta> round_trip(uint32_t last_report, uint32_t delay_since,
                                      Timestamp now) const;
  // Share lost on the way to the viewer since this was last asked, 0..1, by its word on how many it
  // lost so far. Numbers that stayed free since their packets never came up look lost to it, too,
  // but say nothing of its path.
  double take_loss(int32_t cumulative_lost);

  // When a key frame was forwarded last.
  Timestamp key_frame_at() const { return key_frame_at_; }
  uint16_t last_sequence() const { return rewriter_.last_sequence(); }
  uint32_t current_rtp_time() const { return rewriter_.last_time(); }
  StreamKey stream() const { return {track_id_, encoding_}; }

 private:
  // More than are asked for within a round trip at a loss of 20 %.
  static constexpr size_t kRepeats = 128;
  struct Repeat {
    uint16_t sequence = 0;
    Timestamp at;
  };

  // From the wish to the source's layers; rarely more.
  static constexpr size_t kDecisionBytes = 192;
  // What forward() reads and writes before the rewriter.
  static constexpr size_t kHotBytes = 80;

  // 0: the viewer can't take the packet's codec.
  uint8_t payload_type_for(const TrackPacket& packet) const {
    const PayloadTypes& types = payload_types_[static_cast<size_t>(packet.codec)];
    return packet.red ? types.red : types.plain;
  }
  void begin(size_t index);
  void read_description();
  // False if the viewer can't take the packet's codec.
  bool plan(const TrackPacket& packet, const RewrittenPosition& position, ForwardPlan& out) const;
  StreamPosition with_capture_time(StreamPosition position) const;
  std::optional<RewrittenPosition> place(const TrackPacket& packet, Timestamp now);
  std::optional<RewrittenPosition> place(const TrackPacket& packet, size_t age, Timestamp now);

  media::SlotDescription description_;
  // What each packet needs is together, from here to the rewriter's running segment: all of it has
  // left the caches since the last frame.
  UpTrack* track_ = nullptr;
  uint32_t track_id_ = 0;
  uint8_t encoding_ = 0;
  bool flowing_ = false;
  bool supersedes_ = false;  // of the next packet, as in its plan
  bool video_;
  uint32_t endpoint_;
  uint32_t ssrc_;
  uint32_t packets_ = 0;
  uint32_t octets_ = 0;
  rtp::HeaderExtensionIds extensions_;
  struct PayloadTypes {
    uint8_t plain = 0;
    uint8_t red = 0;
  };
  std::array<PayloadTypes, rtp::kCodecs> payload_types_{};  // by codec
  // Of the running segment and those before it, for what comes late; video only.
  using Filters = std::array<LayerFilter, StreamRewriter::kKnownSegments>;
  std::unique_ptr<Filters> filters_;
  size_t newest_filter_ = 0;
  StreamRewriter rewriter_;

  LayerFilter& filter(size_t age = 0) {
    return (*filters_)[(newest_filter_ + age) % filters_->size()];
  }
  const LayerFilter& filter() const { return (*filters_)[newest_filter_]; }
  void learn_capture_time();
  void next_filter();
  void aim_filter();
  Layer target_layer_{.encoding = 0, .spatial = UINT8_MAX, .temporal = UINT8_MAX};
  bool pressed_ = false;
  Timestamp key_frame_at_;
  size_t smaller_began_ = SIZE_MAX;  // so many segments ago
  uint32_t packets_at_start_ = 0;
  uint16_t rtx_sequence_;
  std::vector<Repeat> repeats_;  // video: kRepeats, by sequence
  uint32_t reported_ntp_ = 0;
  Timestamp reported_at_;
  // As of the viewer's last report.
  struct Reported {
    int64_t numbers = 0;
    uint32_t packets = 0;
    int32_t lost = 0;
  };
  Reported reported_;
};

}  // namespace parley::sfu
