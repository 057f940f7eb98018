// What a decoder would say of the stream in one slot: order, time, references. A simulated viewer
// feeds it every packet, in any order; it plays them in sequence and counts what a viewer would
// see, and everything that must never happen.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/sequence.h"
#include "base/units.h"

namespace parley::sim {

struct StreamPacket {
  uint16_t sequence = 0;
  uint32_t rtp_time = 0;
  uint32_t csrc = 0;
  bool marker = false;
  std::vector<uint8_t> payload;
};

class StreamChecker {
 public:
  explicit StreamChecker(bool video) : video_(video) {}

  void on_packet(StreamPacket packet, bool retransmitted, Timestamp now);
  // Plays what is complete. A hole in sound is given up after kSilence. One in a picture is waited
  // for as Chromium does: until a frame that needs nothing of what is missing is complete (a key
  // frame, or the next one of the lowest temporal layer), else until it was asked for kMostAsks
  // times or kGiveUp has passed; then a key frame is needed.
  void play(Timestamp now);
  static constexpr TimeDelta kSilence = TimeDelta::millis(400);
  static constexpr TimeDelta kGiveUp = TimeDelta::seconds(3);
  static constexpr int kMostAsks = 10;

  // Numbers to ask for again now.
  std::vector<uint16_t> missing(Timestamp now);
  // True when the decoder needs a key frame, again and again while it does: a request may be lost.
  bool take_key_frame_need(Timestamp now);

  uint64_t packets = 0;
  uint64_t frames = 0;                     // decoded
  uint64_t broken_frames = 0;              // refused for want of a reference
  std::map<uint32_t, uint64_t> frames_of;  // by source (CSRC): frames, or packets of audio
  std::optional<Timestamp> last_frame;
  TimeDelta longest_gap = TimeDelta::zero();
  uint32_t highest_ssrc_time = 0;
  uint16_t width = 0;  // of the last key frame
  // What no loss excuses.
  std::vector<std::string> faults;

 private:
  struct Held {
    StreamPacket packet;
    Timestamp at;
  };
  struct Asked {
    Timestamp at;
    int times = 0;
  };
  bool given_up(Timestamp now) const;
  // First packet of a complete frame beyond the hole that can be decoded without it.
  std::optional<int64_t> decodable() const;
  bool stands_alone(const StreamPacket& first) const;
  void consume(const StreamPacket& packet, Timestamp now);
  void finish_frame(Timestamp now);
  void fault(std::string what);

  bool video_;
  SeqUnwrapper unwrap_;
  std::map<int64_t, Held> held_;
  std::map<int64_t, bool> seen_;  // true: so far only as a retransmission
  std::map<int64_t, Asked> asked_;
  std::optional<int64_t> next_;
  std::optional<Timestamp> hole_since_;
  bool needs_key_frame_ = true;
  std::optional<Timestamp> announced_need_;
  // The frame being put together.
  std::vector<StreamPacket> frame_;
  bool frame_broken_ = false;
  std::optional<uint16_t> last_picture_;
  std::optional<uint8_t> last_base_;  // TL0PICIDX
  std::optional<uint32_t> last_time_;
};

}  // namespace parley::sim
