// Turns pieces of many streams into one that a decoder can't tell from a single sender's.
//
// Rules:
//  1. A slot's output has one SSRC, sequence numbers without gaps of our making, and timestamps
//  that only move forward.
//  2. A piece ("segment") of one encoding begins at a key frame (video) or anywhere (audio). Its
//  first packet gets the next free sequence number.
//  3. A packet dropped on purpose gets no number: those after it move up. One that hasn't come
//  leaves its number free, so that its loss is seen and its NACK finds it.
//  4. A packet that comes into such a free number and is one to drop closes it with an empty packet
//  ("filler") there: receivers take a packet without payload for padding, so the number is no
//  longer missing and no frame is. Nothing else could take the number back once later ones are out.
//  5. The first timestamp of a segment is the last one sent plus the time that passed. What passed
//  is told by the capture times if both segments are of one track whose sender reports gave some,
//  else, or if those are off by more than kCaptureError, by our clock. Where that would go back in
//  time it is squeezed as in rule 6 until the new segment has caught up.
//  6. A segment that replays old packets is squeezed: its timestamps keep their order but span 1/32
//  of the time, so that the decoder runs through it and shows the present picture, and its clock
//  never learns the past. What the source would send just now is of the present, by when its last
//  packet came: what comes live is neither early nor late, however often a slot turns and however
//  long the source rested. A receiver would show a stream that runs ahead of its clock as much
//  later.
//  7. VP8 picture ids (RFC 7741 §4.2) are closed up like sequence numbers; of pictures that never
//  came the caller says which would have been dropped. A picture taken for dropped that isn't is
//  refused. VP9 picture ids and AV1 frame numbers keep their distances, since references are
//  counted in them. All of them, TL0PICIDX and KEYIDX go on from the last ones sent when a segment
//  begins.
//  8. A packet from before its segment (reordered across a switch) is refused, and so is a second
//  copy of one.
//  9. The last kSegments segments are remembered, of each the newest kSequences packets, so a
//  retransmission asked for is found and written exactly as first sent. A packet that comes only
//  after its segment has ended is rewritten or dropped like any other when it is asked for; once
//  its segment is kKnownSegments old and dropped any, it becomes a filler: what it belonged to is
//  not known any more. What a later segment holds again (a replay, or one that began at a key frame
//  that was overtaken) is found under its newer number only.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/prefetch.h"
#include "base/units.h"
#include "sfu/stream_rewriter_numbers.h"

namespace parley::sfu {

// Which stream a packet comes from; equal values mean one sequence number space.
struct StreamKey {
  uint32_t track = 0;
  uint8_t encoding = 0;
  bool operator==(const StreamKey&) const = default;
};

// What the rewriter needs of a packet; sequence, time and picture id unwrapped.
struct StreamPosition {
  int64_t sequence = 0;
  int64_t rtp_time = 0;
  int64_t picture_id = 0;       // VP8, VP9: picture id; dependency descriptor: frame number
  uint8_t tl0_pic_idx = 0;      // VP8, VP9, as on the wire
  uint8_t key_index = 0;        // VP8, as on the wire (5 bits)
  bool close_pictures = false;  // VP8 with picture ids: rule 7
  // When it was captured, in ticks of the RTP clock, the same for all encodings of its track;
  // empty: unknown.
  std::optional<int64_t> capture_time;
};

struct RewrittenPosition {
  uint16_t sequence = 0;
  uint32_t rtp_time = 0;
  uint16_t picture_id = 0;  // 16 bits; VP8 and VP9 use the low 15
  uint8_t tl0_pic_idx = 0;
  uint8_t key_index = 0;
  bool marked = false;  // what rewrite() was told
  bool filler = false;  // an empty packet is to be sent here
  bool operator==(const RewrittenPosition&) const = default;
};

// Where a packet that was sent came from.
struct SentOrigin {
  StreamKey stream;
  int64_t sequence = 0;
  bool operator==(const SentOrigin&) const = default;
};

class StreamRewriter {
 public:
  static constexpr int kSqueeze = 32;
  static constexpr TimeDelta kCaptureError = TimeDelta::millis(500);
  static constexpr size_t kSegments = 8;
  static constexpr int64_t kSequences = 512;  // as many as PacketCache keeps
  static constexpr int64_t kPictures = 256;   // four seconds at 60 frames per second
  // Segments whose owner still knows what belongs to them, the running one among them (rule 9).
  static constexpr size_t kKnownSegments = 4;

  // How a packet is to be sent.
  struct Sending {
    bool mark = false;  // kept for retransmissions
    // Of the pictures before this one, if they never came, those that would have been dropped: bit
    // 2k is the picture k + 1 before it.
    uint64_t dropped_pictures = 0;
  };

  // `first_sequence` and `first_time` are drawn at random by the owner (RFC 3550 §5.1).
  StreamRewriter(uint32_t clock_rate, uint16_t first_sequence, uint32_t first_time);

  // Starts a segment whose first packet is `first`. `now` paces the timestamp (rule 5).
  void begin(StreamKey stream, const StreamPosition& first, Timestamp now);
  // Starts a squeezed segment [first, last] followed by the live one; `last` is the newest packet
  // there is, and came at `last_came` (rule 6).
  void begin_replay(StreamKey stream, const StreamPosition& first, const StreamPosition& last,
                    Timestamp last_came, Timestamp now);

  // When something of the running segment was captured, for one whose sender had not reported when
  // it began: the track's next segment is placed by it (rule 5).
  void learn_capture_time(StreamKey stream, int64_t rtp_time, int64_t capture_time);

  // The packet's place in the output, or nullopt (rules 7 and 8, or no segment of that stream).
  std::optional<RewrittenPosition> rewrite(StreamKey stream, const StreamPosition& packet,
                                           Timestamp now, Sending sending);
  std::optional<RewrittenPosition> rewrite(StreamKey stream, const StreamPosition& packet,
                                           Timestamp now) {
    return rewrite(stream, packet, now, Sending());
  }
  // Leaves the packet out (rule 3). Gives the place of the filler to send where a number had been
  // left for it (rule 4), otherwise nullopt.
  std::optional<RewrittenPosition> drop(StreamKey stream, const StreamPosition& packet,
                                        Timestamp now, uint64_t dropped_pictures = 0);
  // How many segments have begun since the packet's own: 0 while it runs; nullopt if it has none.
  std::optional<size_t> age_of(StreamKey stream, int64_t sequence) const;
  // The same as an age of 0.
  bool is_running(StreamKey stream, int64_t sequence) const {
    return segment_count_ > 0 && segments_[0].holds(stream, sequence);
  }
  // The place the packet has, without counting it as sent again: for retransmissions (rule 9).
  std::optional<RewrittenPosition> locate(StreamKey stream, const StreamPosition& packet);

  void touch() const { parley::touch(&segments_[0].pictures); }
  // Begins to fetch what rewrite() needs for a packet of the running segment.
  void prefetch(const StreamPosition& packet) const {
    parley::prefetch(&clock_rate_, kHotBytes);
    segments_[0].sequences.prefetch(packet.sequence);
    if (packet.close_pictures) segments_[0].pictures.prefetch(packet.picture_id);
  }

  // Ends everything: nothing sent before is found again.
  void forget() { segment_count_ = 0; }

  // Which packet has the number `sequence`; nullopt if none was sent there or beyond, or it is too
  // old.
  std::optional<SentOrigin> origin_of(uint16_t sequence) const;
  // Where an input time of the running segment stands on the output's clock, for sender reports:
  // not squeezed, since it tells of the live stream. nullopt when `stream` is not what runs.
  std::optional<uint32_t> map_time(StreamKey stream, int64_t rtp_time) const;

  uint16_t last_sequence() const { return static_cast<uint16_t>(last_sequence_); }
  // The same unwrapped: how many numbers were given, free ones (rule 3) included, from an arbitrary
  // start.
  int64_t numbers() const { return last_sequence_; }
  uint32_t last_time() const { return static_cast<uint32_t>(last_time_); }
  bool started() const { return line_.has_value(); }

 private:
  // First what each packet needs.
  struct Segment {
    StreamKey stream;
    int squeeze = 1;  // of what lies before the anchor
    int64_t in_anchor_time = 0;
    int64_t out_anchor_time = 0;
    int64_t replayed_to = INT64_MIN;  // input time of the newest packet that isn't live
    int64_t picture_offset = 0;
    uint8_t tl0_offset = 0;
    uint8_t key_offset = 0;
    bool ended = false;
    bool dropped_any = false;
    ClosedNumbers<kSequences> sequences;
    ClosedNumbers<kPictures> pictures;  // with close_pictures
    // Of the newest picture that a filler was sent for: the last place before it, and the counters
    // as of its time.
    int64_t before_filler = INT64_MIN;
    uint8_t tl0_at_filler = 0;
    uint8_t key_at_filler = 0;

    bool holds(StreamKey key, int64_t sequence) const {
      return stream == key && sequence >= sequences.in_first() &&
             (!ended || sequence <= sequences.newest_in());
    }
  };
  // From clock_rate_ to the numbers of the running segment.
  static constexpr size_t kHotBytes = 112;

  std::span<const Segment> segments() const { return {segments_.data(), segment_count_}; }
  Segment* find(StreamKey stream, int64_t sequence);
  // Whether the packet is the running segment's next one, of the newest picture or the next.
  bool goes_on(StreamKey stream, const StreamPosition& packet) const;
  // What rewrite() does with such a packet, without looking for anything; and with any.
  RewrittenPosition append(const StreamPosition& packet, Timestamp now, bool mark);
  std::optional<RewrittenPosition> rewrite_any(StreamKey stream, const StreamPosition& packet,
                                               Timestamp now, Sending sending);
  static int64_t out_time(const Segment& segment, int64_t in_time);
  // Everything but the sequence number; nullopt if the picture has no id.
  static std::optional<RewrittenPosition> place(const Segment& segment,
                                                const StreamPosition& packet);
  // What a filler needs.
  static RewrittenPosition place_filler(const Segment& segment, const StreamPosition& packet,
                                        int64_t out);
  void note_filler(Segment& segment, const StreamPosition& packet) const;
  // Lets the segment that begins go on behind what the last one may still send.
  void skip_unrepaired(const Segment& previous);
  void count_picture(int64_t picture_id, uint8_t tl0, uint8_t key_index);
  void take_in(Segment& segment, const StreamPosition& packet, uint64_t dropped_pictures) const;
  void count_sent(const Segment& segment, const StreamPosition& packet, int64_t out, Timestamp now);
  // Where the output's clock stands (rule 5).
  int64_t present(Timestamp now) const;
  // Output time without squeezing.
  static int64_t on_line(const Segment& segment, int64_t in_time);
  // Squeezes what would go back in time from `first` on, until the segment is on its line.
  void catch_up(Segment& segment, int64_t first) const;
  void anchor(Segment& segment, const StreamPosition& first, Timestamp now);

  uint32_t clock_rate_;
  uint8_t last_tl0_ = 0;
  uint8_t last_key_index_ = 0;
  int64_t last_sequence_;
  int64_t last_time_;
  int64_t last_picture_id_ = 0;
  // Where the output's clock was when last something was sent that had just come.
  struct Line {
    int64_t time = 0;
    Timestamp at;
  };
  std::optional<Line> line_;
  size_t segment_count_ = 0;
  // Newest first, so that the running one has a place of its own beside the above: a packet's way
  // finds it without having read anything.
  std::array<Segment, kSegments> segments_{};
  // Output time less capture time of the track shown last.
  struct CaptureClock {
    uint32_t track = 0;
    int64_t offset = 0;
  };
  std::optional<CaptureClock> capture_clock_;
};

// The way of most packets, from here on in one piece with their slot's.

inline int64_t StreamRewriter::out_time(const Segment& segment, int64_t in_time) {
  const int64_t distance = in_time - segment.in_anchor_time;
  return segment.out_anchor_time + (distance < 0 ? distance / segment.squeeze : distance);
}

inline int64_t StreamRewriter::on_line(const Segment& segment, int64_t in_time) {
  return segment.out_anchor_time + in_time - segment.in_anchor_time;
}

inline void StreamRewriter::count_sent(const Segment& segment, const StreamPosition& packet,
                                       int64_t out, Timestamp now) {
  if (out <= last_sequence_) return;
  last_sequence_ = out;
  last_time_ = std::max(last_time_, out_time(segment, packet.rtp_time));
  if (packet.rtp_time > segment.replayed_to) line_ = Line{on_line(segment, packet.rtp_time), now};
}

inline void StreamRewriter::count_picture(int64_t picture_id, uint8_t tl0, uint8_t key_index) {
  last_picture_id_ = std::max(last_picture_id_, picture_id);
  if (static_cast<int8_t>(tl0 - last_tl0_) > 0) last_tl0_ = tl0;
  if (((key_index - last_key_index_) & 0x1f) < 16) last_key_index_ = key_index;
}

inline bool StreamRewriter::goes_on(StreamKey stream, const StreamPosition& packet) const {
  const Segment& segment = segments_[0];
  if (segment_count_ == 0 || segment.stream != stream ||
      packet.sequence != segment.sequences.newest_in() + 1)
    return false;
  if (!packet.close_pictures) return true;
  const int64_t newest = segment.pictures.newest_in();
  return packet.picture_id == newest + 1 ||
         (packet.picture_id == newest && segment.pictures.was_sent(newest));
}

inline RewrittenPosition StreamRewriter::append(const StreamPosition& packet, Timestamp now,
                                                bool mark) {
  Segment& segment = segments_[0];
  segment.sequences.append_sent(mark);
  int64_t picture = packet.picture_id + segment.picture_offset;
  if (packet.close_pictures) {
    if (packet.picture_id > segment.pictures.newest_in()) segment.pictures.append_sent(false);
    picture = segment.pictures.newest_out();
  }
  const int64_t number = segment.sequences.newest_out();
  const RewrittenPosition out{
      .sequence = static_cast<uint16_t>(number),
      .rtp_time = static_cast<uint32_t>(out_time(segment, packet.rtp_time)),
      .picture_id = static_cast<uint16_t>(picture),
      .tl0_pic_idx = static_cast<uint8_t>(packet.tl0_pic_idx + segment.tl0_offset),
      .key_index = static_cast<uint8_t>((packet.key_index + segment.key_offset) & 0x1f),
      .marked = mark};
  count_sent(segment, packet, number, now);
  count_picture(picture, out.tl0_pic_idx, out.key_index);
  return out;
}

inline std::optional<RewrittenPosition> StreamRewriter::rewrite(StreamKey stream,
                                                                const StreamPosition& packet,
                                                                Timestamp now, Sending sending) {
  if (goes_on(stream, packet)) return append(packet, now, sending.mark);
  return rewrite_any(stream, packet, now, sending);
}

}  // namespace parley::sfu
