// How loud somebody is and whether they just begin to speak, from RFC 6464 levels alone.
//
// Rules:
//  1. The kLoudest tracks by smoothed loudness are forwarded, whatever their loudness: in a small
//  room everyone is.
//  2. Whoever began to speak within kBeginning is forwarded too, so that the first word is heard
//  before the ranking follows.
// Who the dominant speaker is, SpeakerDetector decides.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/units.h"

namespace parley::sfu {

class SpeechMeter {
 public:
  // -50 dBov: quieter is background in RFC 6464's terms of headset microphones.
  static constexpr uint8_t kVoiceLevel = 50;
  static constexpr TimeDelta kBeginning = TimeDelta::millis(1500);
  static constexpr TimeDelta kPause = TimeDelta::millis(400);

  // One packet's level: 0 (loudest) to 127 (silence), in -dBov.
  void add(uint8_t level, Timestamp now);

  // 0 (silence) to 127; follows a rise within about 60 ms and a fall within about 1 s.
  double loudness(Timestamp now) const;
  bool is_speaking(Timestamp now) const;
  // Spoke up after a pause less than kBeginning ago.
  bool is_beginning(Timestamp now) const;

 private:
  double loudness_ = 0;
  Timestamp updated_;
  std::optional<Timestamp> last_voice_;
  std::optional<Timestamp> began_;
};

constexpr size_t kLoudest = 3;

}  // namespace parley::sfu
