#include "load/traffic.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace parley::load {

std::vector<Encoding> page_encodings() {
  return {{"l", 320, 180, DataRate::kbps(150)},
          {"m", 640, 360, DataRate::kbps(500)},
          {"h", 1280, 720, DataRate::kbps(1500)}};
}

std::vector<Encoding> scaled_encodings(size_t count, DataRate rate) {
  PARLEY_CHECK(count >= 1 && count <= 3);
  if (count == 1) return {{"", 1280, 720, rate}};
  std::vector<Encoding> all = {{"l", 320, 180, DataRate::bps(rate.bps() / 9)},
                               {"m", 640, 360, DataRate::bps(rate.bps() / 3)},
                               {"h", 1280, 720, rate}};
  return {all.end() - static_cast<ptrdiff_t>(count), all.end()};
}

PictureSizes::PictureSizes(const TrafficConfig& config, const Encoding& encoding)
    : mean_(std::max<int64_t>(1, encoding.rate.bps() / 8 / config.frames_per_second)),
      packet_(static_cast<int64_t>(config.packet_bytes)),
      even_(config.even) {
  PARLEY_CHECK(config.packet_bytes > 2 * kForwardedHeader && config.frames_per_second > 0);
}

PictureSizes::Size PictureSizes::next(bool key_frame, RandomSource& random) {
  int64_t wanted = mean_;
  if (!even_) {
    const auto spread = static_cast<int64_t>(random.below(2 * kSpread + 1)) - kSpread;
    wanted = mean_ * (100 + spread) / 100;
  }
  if (key_frame) {
    wanted *= kKeyFrame;
  } else {
    // An encoder's rate control: what was taken too much comes back over about ten pictures.
    wanted = std::max(mean_ / 4, wanted - (even_ ? owed_ : owed_ / 10));
  }
  int64_t packets = even_ ? (wanted + packet_ / 2) / packet_ : (wanted + packet_ - 1) / packet_;
  packets = std::max<int64_t>(packets, 1);
  const int64_t bytes = even_ ? packets * packet_ : wanted;
  // The rest of this picture is only corrected where nothing else can take it up.
  owed_ = std::clamp(owed_ + bytes - mean_, -mean_, kKeyFrame * mean_);
  const auto headers = static_cast<int64_t>(kForwardedHeader) * packets;
  return {.packets = static_cast<size_t>(packets),
          .bytes = static_cast<size_t>(std::max(bytes - headers, packets))};
}

TalkSpurts::TalkSpurts(double share, RandomSource& random, Timestamp now)
    : share_(share), random_(random) {
  speaking_ = static_cast<double>(random.below(1'000'000)) < share * 1e6;
  until_ = now + draw(mean());
}

// Of the spurt or the pause that it is in.
TimeDelta TalkSpurts::mean() const {
  if (speaking_ || share_ <= 0) return kMeanSpurt;
  const double pause = static_cast<double>(kMeanSpurt.us()) * (1 - share_) / share_;
  return TimeDelta::micros(static_cast<int64_t>(pause));
}

TimeDelta TalkSpurts::draw(TimeDelta mean) {
  const double uniform = (static_cast<double>(random_.below(1'000'000)) + 1) / 1e6;
  return TimeDelta::micros(
      static_cast<int64_t>(-std::log(uniform) * static_cast<double>(mean.us())));
}

bool TalkSpurts::speaks(Timestamp now) {
  if (share_ <= 0 || share_ >= 1) return share_ >= 1;
  while (now >= until_) {
    speaking_ = !speaking_;
    until_ = until_ + draw(mean());
  }
  return speaking_;
}

rtp::AudioLevel TalkSpurts::level(Timestamp now) {
  const bool voice = speaks(now);
  return {.level = voice ? kSpeech : kSilence, .voice = voice};
}

}  // namespace parley::load
