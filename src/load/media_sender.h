// The sending half of a client: its RTP streams, what it keeps for repairs, what receivers ask of
// it, its sender reports. Shared by the load generator and the simulated browsers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"
#include "load/stamp.h"
#include "rtp/header_extensions.h"
#include "rtp/parameters.h"
#include "rtp/rtcp.h"
#include "rtp/vp8_descriptor.h"

namespace parley::load {

struct StreamConfig {
  rtp::CodecParameters codec;
  rtp::SsrcPair ssrc;
  std::string mid;
  std::string rid;  // empty for a source of one encoding
  uint16_t first_sequence = 0;
  uint32_t first_rtp_time = 0;
  uint16_t first_picture_id = 0;  // 15 bits; pictures only
  uint32_t stamp_source = 0;      // of what is sent blank
  // Of pictures, for repairs; 0: MediaSender::kKeptPackets.
  size_t kept_packets = 0;
};

struct StreamCounters {
  uint64_t packets = 0;  // repairs not counted
  uint64_t bytes = 0;    // their payloads
  uint64_t pictures = 0;
  uint64_t key_frames = 0;
  uint64_t key_frame_requests = 0;
  uint64_t nacked = 0;    // packets asked for again
  uint64_t repaired = 0;  // those of them that were still kept
};

// One VP8 picture as an encoder gives it.
struct Picture {
  Bytes data;  // must live as long as the sender: repairs are made from it
  bool key_frame = false;
  uint8_t temporal = 0;     // layer
  bool layer_sync = false;  // of an upper layer: depends on the base layer only
};

// One VP8 picture that no decoder can show: a true frame header, and stamps (stamp.h) in every
// packet.
struct BlankPicture {
  size_t bytes = 0;    // of all packets without headers; raised to what the stamps need
  size_t packets = 1;  // their sizes differ by at most one byte
  bool key_frame = false;
  uint16_t width = 0;
  uint16_t height = 0;
};

// Does no IO and no encryption: packets are planned by the send_ functions and written one at a
// time, plain, by poll_packet(). The media itself is never copied before that, so many senders can
// share one clip.
class MediaSender {
 public:
  // Leaves room for header, extensions, descriptor and authentication within 1,200 bytes.
  static constexpr size_t kPayload = 1100;
  // About five seconds of the largest encoding; a NACK comes within one.
  static constexpr size_t kKeptPackets = 1024;
  // A receiver that asks for more than this at once gets the rest when it asks again.
  static constexpr size_t kMaxPlans = 4096;
  // VP8 descriptor, frame header and stamp of a blank packet.
  static constexpr size_t kBlankHead = rtp::kMaxVp8DescriptorSize + 10 + kStampSize;
  // More than poll_packet() and write_reports() ever write.
  static constexpr size_t kMaxPacket = 1400;

  // `start`: RTP times count from here. `ntp_offset`: what to add to a Timestamp's microseconds to
  // get those since 1970, for sender reports.
  MediaSender(const rtp::HeaderExtensionIds& ids, Timestamp start, TimeDelta ntp_offset)
      : ids_(ids), start_(start), ntp_offset_(ntp_offset) {}

  // Streams are numbered from 0 in the order they are added.
  size_t add_stream(StreamConfig config);
  void set_audio_level(rtp::AudioLevel level) { audio_level_ = level; }

  // Plans one packet of sound; `payload` must live as long as the sender.
  void send_sound(size_t stream, Bytes payload, Timestamp now);
  // The same for a payload that is RED (RFC 2198), which the stream's codec must have a number for.
  void send_redundant_sound(size_t stream, Bytes payload, Timestamp now);
  // Plans the packets of a picture, with the next picture id.
  void send_picture(size_t stream, const Picture& picture, Timestamp now);

  // The same for packets that bear stamps. The time in them is that of their first poll_packet().
  // Sound doesn't wait behind pictures.
  // `bytes` of payload, raised to what the stamp needs.
  void send_blank_sound(size_t stream, size_t bytes, Timestamp now);
  void send_blank_picture(size_t stream, const BlankPicture& picture, Timestamp now);

  // NACK: plans the repairs (RFC 4588). PLI and FIR: see take_key_frame_request(). Anything else is
  // ignored.
  void handle_rtcp(const rtp::RtcpBlock& block);
  // True once for any number of requests since it was last asked.
  bool take_key_frame_request(size_t stream);

  // Writes the next planned packet to the start of `buffer` (at least kMaxPacket bytes). Gives its
  // size; 0 when nothing is planned. Without an id for transport-wide numbers it bears `now` as its
  // abs-send-time.
  size_t poll_packet(MutableBytes buffer, Timestamp now);
  bool has_packets() const { return !plans_.empty(); }
  // Sender reports of all streams that have sent something; 0 when there are none.
  size_t write_reports(MutableBytes buffer, Timestamp now) const;

  size_t streams() const { return streams_.size(); }
  bool sends(uint32_t ssrc) const;
  const StreamConfig& config(size_t stream) const { return streams_[stream].config; }
  const StreamCounters& counters(size_t stream) const { return streams_[stream].counters; }

 private:
  struct Kept {
    uint16_t sequence = 0;
    bool used = false;
    bool marker = false;
    bool red = false;
    uint8_t head_size = 0;
    uint8_t stamp_offset = 0;  // in `head`, until the time is written; 0: none
    std::array<uint8_t, kBlankHead> head{};
    uint32_t rtp_time = 0;
    Bytes body;
  };
  struct Stream {
    StreamConfig config;
    StreamCounters counters;
    uint16_t next_sequence = 0;
    uint16_t next_rtx_sequence = 0;
    uint16_t picture_id = 0;
    uint8_t tl0_pic_idx = 0;
    uint8_t last_fir = 0;
    bool saw_fir = false;
    uint32_t next_stamp = 0;
    bool key_frame_requested = false;
    std::vector<Kept> kept;  // by sequence number
    Kept& place(uint16_t sequence) { return kept[sequence % kept.size()]; }
  };
  struct Plan {
    size_t stream = 0;
    uint16_t sequence = 0;
    bool repair = false;
  };

  uint32_t rtp_time(const Stream& stream, Timestamp now) const;
  Stream* find(uint32_t ssrc);
  // The descriptor of the next picture's first packet.
  rtp::Vp8Descriptor begin_picture(Stream& stream, bool key_frame, uint8_t temporal,
                                   bool layer_sync);
  static void append_stamp(Stream& stream, Kept& packet, size_t payload);
  void plan(size_t stream, Kept packet);
  size_t write(const Stream& stream, const Kept& packet, bool repair, MutableBytes buffer,
               Timestamp now);

  rtp::HeaderExtensionIds ids_;
  Timestamp start_;
  TimeDelta ntp_offset_;
  rtp::AudioLevel audio_level_;
  uint16_t transport_sequence_ = 0;
  std::vector<Stream> streams_;
  std::deque<Plan> plans_;
};

}  // namespace parley::load
