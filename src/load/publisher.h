// What one participant publishes, in time: a microphone, and a camera in one or more encodings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/random.h"
#include "load/clip.h"
#include "load/media_sender.h"
#include "load/traffic.h"
#include "rtp/rtcp.h"

namespace parley::load {

// What all participants of a run publish; must outlive them.
struct Material {
  // Real pictures and a packet of real sound; without a clip both are blank, as `traffic` says.
  std::optional<Clip> clip;
  std::vector<uint8_t> sound;
  TrafficConfig traffic;

  size_t encodings() const { return clip ? clip->encodings() : traffic.encodings.size(); }
  const Encoding& encoding(size_t index) const {
    return clip ? clip->encoding(index) : traffic.encodings[index];
  }
  TimeDelta frame_interval() const {
    return clip ? clip->frame_interval() : TimeDelta::micros(1'000'000 / traffic.frames_per_second);
  }
};

struct PublisherConfig {
  bool camera = true;
  double speech = 0;  // the share of the time that its packets' audio level says it speaks
  // Unique in a run: stamps name the stream by it.
  uint32_t number = 0;
  // What to add to a Timestamp's microseconds to get those since 1970, for sender reports.
  TimeDelta ntp_offset;
  rtp::CodecParameters audio;
  rtp::CodecParameters video;
  rtp::HeaderExtensionIds extensions;
  std::string audio_mid;
  std::string video_mid;
};

// Does no IO and no encryption. Plays from start() to stop(); packets are polled plain.
class Publisher {
 public:
  static constexpr TimeDelta kSoundInterval = TimeDelta::millis(20);
  // Opus without transmission: RFC 7587 §3.1.3.
  static constexpr TimeDelta kSilentInterval = TimeDelta::millis(400);
  static constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);
  // Stamps of one publisher's streams: number * kStampStreams + stream.
  static constexpr uint32_t kStampStreams = 8;

  Publisher(PublisherConfig config, const Material& material, RandomSource& random, Timestamp now);

  void start(Timestamp now);
  void stop() { playing_ = false; }
  bool playing() const { return playing_; }
  // Which encodings anybody wants, by rid.
  void set_wanted(std::span<const std::string> rids);

  void handle_rtcp(const rtp::RtcpBlock& block) { sender_.handle_rtcp(block); }
  void handle_timeout(Timestamp now);
  // The next packet, plain, to the start of `buffer` (at least MediaSender::kMaxPacket bytes); its
  // size, or 0.
  size_t poll_packet(MutableBytes buffer, Timestamp now);
  // A compound packet of sender reports when one is due; 0 otherwise.
  size_t poll_report(MutableBytes buffer, Timestamp now);
  Deadline poll_timeout() const;

  bool has_camera() const { return config_.camera; }
  size_t encodings() const { return encodings_.size(); }
  bool wanted(size_t encoding) const { return encodings_[encoding].wanted; }
  rtp::SsrcPair sound_ssrc() const { return sender_.config(kSound).ssrc; }
  rtp::SsrcPair picture_ssrc(size_t encoding) const {
    return sender_.config(kFirstPicture + encoding).ssrc;
  }
  const StreamCounters& sound() const { return sender_.counters(kSound); }
  const StreamCounters& pictures(size_t encoding) const {
    return sender_.counters(kFirstPicture + encoding);
  }

 private:
  static constexpr size_t kSound = 0;
  static constexpr size_t kFirstPicture = 1;
  struct State {
    bool wanted = true;  // until the server says otherwise
    bool key_frame = true;
    size_t next_picture = 0;  // of the clip
    std::optional<PictureSizes> sizes;
  };

  void send_sound(Timestamp now);
  void send_pictures(Timestamp now);
  void send_picture(size_t encoding, bool key_frame, Timestamp now);
  DataRate wanted_rate() const;

  PublisherConfig config_;
  const Material& material_;
  RandomSource& random_;
  MediaSender sender_;
  TalkSpurts talk_;
  std::vector<State> encodings_;
  bool playing_ = false;
  // Participants of one run don't all do the same thing at the same moment.
  TimeDelta sound_phase_;
  TimeDelta picture_phase_;
  Timestamp next_sound_ = Timestamp::never();
  Timestamp next_silence_;  // with DTX
  Timestamp next_picture_ = Timestamp::never();
  Timestamp next_report_ = Timestamp::never();
  Timestamp next_packet_;  // with a pace
};

}  // namespace parley::load
