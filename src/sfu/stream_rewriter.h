// Turns pieces of many streams into one that a decoder can't tell from a single sender's.
//
// Rules:
//  1. A slot's output has one SSRC, sequence numbers without gaps of our making, and timestamps
//  that only move forward.
//  2. A piece ("segment") of one encoding begins at a key frame (video) or anywhere (audio). Its
//  first packet gets the next
//     free sequence number; every other keeps its distance to that one, so loss stays visible to
//     the viewer's NACKs.
//  3. The first timestamp of a segment is the last one sent plus the time that passed, at least one
//  tick.
//  4. A segment that replays old packets is squeezed: its timestamps keep their order but span 1/32
//  of the time, so that
//     the decoder runs through it and shows the present picture, and its clock never learns the
//     past.
//  5. VP8 picture ids and TL0PICIDX (RFC 7741 §4.2) go on from the last ones sent.
//  6. A packet from before its segment (reordered across a switch) is refused.
//  7. The last kSegments segments are remembered, so a retransmission asked for is found and
//  written exactly as first sent.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "base/units.h"

namespace parley::sfu {

// Which stream a packet comes from; equal values mean one sequence number space.
struct StreamKey {
  uint32_t track = 0;
  uint8_t encoding = 0;
  bool operator==(const StreamKey&) const = default;
};

// What the rewriter needs of a packet; sequence and time unwrapped.
struct StreamPosition {
  int64_t sequence = 0;
  int64_t rtp_time = 0;
  // VP8 only, as on the wire (15 bits, 8 bits).
  uint16_t picture_id = 0;
  uint8_t tl0_pic_idx = 0;
};

struct RewrittenPosition {
  uint16_t sequence = 0;
  uint32_t rtp_time = 0;
  uint16_t picture_id = 0;
  uint8_t tl0_pic_idx = 0;
};

// Where a packet that was sent came from.
struct SentOrigin {
  StreamKey stream;
  int64_t sequence = 0;
};

class StreamRewriter {
 public:
  static constexpr int kSqueeze = 32;
  static constexpr size_t kSegments = 8;

  // `first_sequence` and `first_time` are drawn at random by the owner (RFC 3550 §5.1).
  StreamRewriter(uint32_t clock_rate, uint16_t first_sequence, uint32_t first_time);

  // Starts a segment whose first packet is `first`. `now` paces the timestamp (rule 3).
  void begin(StreamKey stream, const StreamPosition& first, Timestamp now);
  // Starts a squeezed segment [first, last] followed by the live one; `last` is the newest packet
  // there is (rule 4).
  void begin_replay(StreamKey stream, const StreamPosition& first, const StreamPosition& last,
                    Timestamp now);

  // The packet's place in the output, or nullopt (rule 6, or no segment of that stream).
  std::optional<RewrittenPosition> rewrite(StreamKey stream, const StreamPosition& packet,
                                           Timestamp now);
  // The same without counting it as sent: for retransmissions and sender reports.
  std::optional<RewrittenPosition> locate(StreamKey stream, const StreamPosition& packet) const;

  // Ends everything: nothing sent before is found again.
  void forget() { segments_.clear(); }

  // Which packet went out as `sequence`; nullopt if it was never sent or is too old.
  std::optional<SentOrigin> origin_of(uint16_t sequence) const;
  // Output time for an input time of the running segment; nullopt when `stream` is not what runs.
  std::optional<uint32_t> map_time(StreamKey stream, int64_t rtp_time) const;

  uint16_t last_sequence() const { return static_cast<uint16_t>(last_sequence_); }
  uint32_t last_time() const { return static_cast<uint32_t>(last_time_); }
  bool started() const { return last_sent_.has_value(); }

 private:
  struct Segment {
    StreamKey stream;
    int64_t in_first = 0;
    int64_t in_last = INT64_MAX;  // the running segment is open
    int64_t out_first = 0;
    int64_t in_anchor_time = 0;
    int64_t out_anchor_time = 0;
    int squeeze = 1;
    uint16_t picture_offset = 0;
    uint8_t tl0_offset = 0;
  };

  const Segment* find(StreamKey stream, int64_t sequence) const;
  static int64_t out_time(const Segment& segment, int64_t in_time);
  RewrittenPosition place(const Segment& segment, const StreamPosition& packet) const;
  void append(Segment segment);
  int64_t next_time(Timestamp now) const;

  uint32_t clock_rate_;
  BoundedVector<Segment, kSegments> segments_;  // oldest first
  int64_t last_sequence_;
  int64_t last_time_;
  std::optional<Timestamp> last_sent_;
  uint16_t last_picture_id_ = 0;
  uint8_t last_tl0_ = 0;
};

}  // namespace parley::sfu
