// A published medium as the server receives it: its encodings, their recent packets, what to report
// and to ask for. The router feeds it parsed packets and forwards what it accepts; the shard sends
// the feedback it collects.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/sequence.h"
#include "media/description.h"
#include "sfu/frame_describer.h"
#include "sfu/nack_generator.h"
#include "sfu/packet_cache.h"
#include "sfu/receive_statistics.h"
#include "sfu/stream_rewriter.h"

namespace parley::sfu {

// One media packet after decryption, RTX already undone; spans point into the receive buffer.
struct MediaPacket {
  uint16_t sequence = 0;
  uint32_t rtp_time = 0;
  bool marker = false;
  uint8_t payload_type = 0;
  Bytes payload;
  std::optional<uint8_t> audio_level;  // RFC 6464, 0..127
  std::optional<uint8_t> orientation;  // 3GPP TS 26.114 byte
  Bytes dependencies;                  // dependency descriptor, empty: none
  Bytes layers_allocation;             // video-layers-allocation, empty: none
  bool retransmitted = false;
};

// The same with what this track knows of it.
struct TrackPacket {
  StreamKey stream;
  StreamPosition position;
  rtp::Codec codec = rtp::Codec::kOpus;
  bool red = false;
  bool marker = false;
  bool key_frame_start = false;
  bool key_frame = false;       // any packet of one
  bool new_codec = false;       // the encoding goes on in another one from here on
  FrameInfo frame;              // video
  rtp::CounterPlaces counters;  // in the payload
  std::optional<uint8_t> audio_level;
  std::optional<uint8_t> orientation;
  Bytes dependencies;
  Bytes layers_allocation;
  Bytes payload;
  // Where the payload is kept, for whoever sends it later; kNone: nowhere.
  PacketPool::Handle kept = PacketPool::kNone;
};

struct UpEncoding {
  UpEncoding(uint32_t clock_rate, bool cached, PacketPool& pool);

  uint32_t ssrc = 0;  // 0: not seen yet
  uint32_t rtx_ssrc = 0;
  std::optional<rtp::Codec> codec;  // video; nullopt: not seen yet
  SeqUnwrapper sequence;
  RtpTimeUnwrapper time;
  std::unique_ptr<PacketCache> cache;         // video only
  std::unique_ptr<FrameDescriber> describer;  // likewise
  NackGenerator nack;
  ReceiveStatistics statistics;
  int64_t last_key_frame = -1;  // sequence of its first packet
  int64_t key_frame_time = -1;  // unwrapped RTP time
  uint16_t width = 0;           // of the last key frame; 0: unknown
  uint16_t height = 0;
  Timestamp last_packet;
  bool received_any = false;
  bool wanted_key_frame = false;
  bool holds_unread = false;  // in the cache, by FrameDescription::unread
  std::optional<Timestamp> key_frame_asked;
  // Of the latest sender report: the two clocks' common point.
  uint64_t report_ntp = 0;
  int64_t report_time = 0;  // unwrapped
  bool has_report = false;
  // By it, in ticks of the RTP clock since the NTP era began; nullopt before the first.
  std::optional<int64_t> capture_time(int64_t unwrapped_rtp_time) const;

 private:
  uint32_t clock_rate_;
};

class UpTrack {
 public:
  // A stream that sent nothing for so long counts as paused.
  static constexpr TimeDelta kPausedAfter = TimeDelta::millis(1500);
  // Encodings of one track carry the same frames: one that is silent for this long while a smaller
  // one goes on was stopped by its sender, so viewers need not wait to be moved to the other. The
  // other way round it only rests: senders stop the largest first, and an encoder leaves out
  // pictures after a key frame.
  static constexpr TimeDelta kStalledAfter = TimeDelta::millis(300);
  // One key frame request per encoding in this time, however many viewers ask (RFC 4585 §6.3 leaves
  // the rate to us).
  static constexpr TimeDelta kKeyFrameInterval = TimeDelta::millis(400);
  // A kept group of pictures older or longer than this is not replayed.
  static constexpr TimeDelta kReplayAge = TimeDelta::millis(2500);
  // Older packets are of no use to anybody: viewers give up repairs within a second.
  static constexpr TimeDelta kKeep = TimeDelta::seconds(3);
  static constexpr int64_t kReplayPackets = 400;

  UpTrack(const media::TrackDescription& description, PeerId owner, PacketPool& pool);

  const media::TrackDescription& description() const { return description_; }
  void update(const media::TrackDescription& description) { description_ = description; }
  PeerId owner() const { return owner_; }
  TrackId id() const { return description_.id; }
  bool is_video() const { return description_.kind == rtp::MediaKind::kVideo; }
  bool enabled() const { return enabled_; }
  void set_enabled(bool enabled);

  // Takes in a packet of encoding `index`; nullopt when its payload type is unknown, it is too old,
  // a duplicate of a kept one, or late and of the codec before the present one.
  std::optional<TrackPacket> accept(size_t index, const MediaPacket& packet, Timestamp now);
  // The kept packet in the form it was accepted in; nullopt if it is gone.
  std::optional<TrackPacket> cached(size_t index, int64_t sequence) const;
  // First sequence of a group of pictures that can be replayed without a hole up to the newest
  // packet, in at most `most` bytes.
  std::optional<int64_t> replayable(size_t index, DataSize most, Timestamp now) const;

  void on_sender_report(size_t index, uint64_t ntp, uint32_t rtp_time, Timestamp now);
  // Gives back what arrived before.
  void forget_older(Timestamp limit);
  void want_key_frame(size_t index) { encodings_[index].wanted_key_frame = true; }
  // True if a request is due now; counts it as made.
  bool take_key_frame_request(size_t index, Timestamp now);

  bool is_live(size_t index, Timestamp now) const;
  // The encoding that suits a tile of `height` device pixels best, were all of them sent; and the
  // best of those sent now.
  size_t ideal_encoding(uint16_t height) const;
  uint16_t assumed_height(size_t index) const;  // of the last picture, else of what is usual
  std::optional<size_t> best_live_encoding(size_t ideal, Timestamp now) const;

  std::vector<UpEncoding>& encodings() { return encodings_; }
  const std::vector<UpEncoding>& encodings() const { return encodings_; }
  bool announced_live() const { return announced_live_; }
  void set_announced_live(bool value) { announced_live_ = value; }

 private:
  const rtp::CodecParameters* codec_of(uint8_t payload_type, bool& red) const;
  // An encoding that goes on in another codec starts afresh at a key frame of it. False: late.
  static bool follow_codec(TrackPacket& packet, UpEncoding& encoding);
  static void describe_video(TrackPacket& packet, UpEncoding& encoding);
  // What came before the structure that `packet` brings, and was kept without a description.
  static void read_again(const TrackPacket& packet, UpEncoding& encoding);

  media::TrackDescription description_;
  PeerId owner_;
  bool enabled_ = true;
  bool announced_live_ = false;
  std::vector<UpEncoding> encodings_;
};

}  // namespace parley::sfu
