// Cameras and microphones without an encoder: how large pictures are and when somebody speaks, by
// the shape that encoders and people give them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/units.h"
#include "rtp/header_extensions.h"

namespace parley::load {

struct Encoding {
  std::string rid;  // empty where there is only one
  uint16_t width = 0;
  uint16_t height = 0;
  DataRate rate;
};

// Those of Parley's own page (web/packages/browser/src/layer-plan.ts), smallest first.
std::vector<Encoding> page_encodings();
// The first `count` (1 to 3) of a camera whose largest has `rate`: quarters of the picture, each
// with a third of the rate of the next.
std::vector<Encoding> scaled_encodings(size_t count, DataRate rate);

struct TrafficConfig {
  std::vector<Encoding> encodings = page_encodings();
  int frames_per_second = 30;
  // Of the largest RTP packet at its receiver, before encryption.
  size_t packet_bytes = 1200;
  // All packets have that size; otherwise those of a picture differ by at most one byte, as a
  // browser makes them, and pictures differ in size.
  bool even = false;
  size_t sound_bytes = 100;  // of a packet, likewise
  // Who doesn't speak sends a packet in kSilentInterval only, as browsers do that were answered
  // usedtx=1.
  bool dtx = false;
  // Pictures leave at so many times the rate of what is sent, packet by packet, as browsers' pacers
  // do (2.5); 0: each as one burst.
  double pace = 0;
};

// RTP header with CSRC and one extension, as the server sends it.
inline constexpr size_t kForwardedHeader = 24;

// The sizes of one encoding's pictures. On average they keep to the rate: what a key frame takes
// more, the pictures after it take less.
class PictureSizes {
 public:
  // A key frame is this many times as large as the pictures between.
  static constexpr int kKeyFrame = 5;
  // Their sizes lie this far apart from the mean, in percent.
  static constexpr int kSpread = 30;

  PictureSizes(const TrafficConfig& config, const Encoding& encoding);

  // How many payloads the next picture has and how many bytes they have together.
  struct Size {
    size_t packets = 0;
    size_t bytes = 0;
  };
  Size next(bool key_frame, RandomSource& random);

 private:
  int64_t mean_;    // bytes of a picture on the wire
  int64_t packet_;  // bytes of a full packet on the wire
  bool even_;
  int64_t owed_ = 0;  // bytes sent above the rate so far; below zero: not yet sent
};

// When somebody speaks: spurts and pauses of random length.
class TalkSpurts {
 public:
  static constexpr TimeDelta kMeanSpurt = TimeDelta::seconds(2);
  static constexpr uint8_t kSpeech = 30;    // -dBov
  static constexpr uint8_t kSilence = 127;  // likewise

  // `share` of the time, 0 to 1, is speech.
  TalkSpurts(double share, RandomSource& random, Timestamp now);

  rtp::AudioLevel level(Timestamp now);
  bool speaks(Timestamp now);

 private:
  TimeDelta mean() const;
  TimeDelta draw(TimeDelta mean);

  double share_;
  RandomSource& random_;
  bool speaking_ = false;
  Timestamp until_;
};

}  // namespace parley::load
