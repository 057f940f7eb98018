#include "sfu/audio_selection.h"

#include <cmath>

namespace parley::sfu {
namespace {
constexpr double kRiseSeconds = 0.04;
constexpr double kFallSeconds = 0.6;
}  // namespace

void SpeechMeter::add(uint8_t level, Timestamp now) {
  const double target = 127.0 - level;
  const double seconds = (now - updated_).seconds_f();
  const double constant = target > loudness_ ? kRiseSeconds : kFallSeconds;
  loudness_ += (target - loudness_) * (1 - std::exp(-seconds / constant));
  updated_ = now;
  if (level > kVoiceLevel) return;
  if (!last_voice_ || now - *last_voice_ > kPause) began_ = now;
  last_voice_ = now;
}

double SpeechMeter::loudness(Timestamp now) const {
  return loudness_ * std::exp(-(now - updated_).seconds_f() / kFallSeconds);
}

bool SpeechMeter::is_speaking(Timestamp now) const {
  return last_voice_ && now - *last_voice_ <= kPause;
}

bool SpeechMeter::is_beginning(Timestamp now) const {
  return began_ && now - *began_ <= kBeginning;
}

}  // namespace parley::sfu
