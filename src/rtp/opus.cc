#include "rtp/opus.h"

namespace parley::rtp {

// RFC 6716 §3.1
//    0 1 2 3 4 5 6 7
//   | config  |s| c |
std::optional<OpusToc> parse_opus_toc(Bytes payload) {
  if (payload.empty()) return std::nullopt;
  return OpusToc{.config = static_cast<uint8_t>(payload[0] >> 3),
                 .stereo = (payload[0] & 0x04) != 0,
                 .frame_count_code = static_cast<uint8_t>(payload[0] & 0x03)};
}

std::optional<TimeDelta> opus_duration(Bytes payload) {
  const auto toc = parse_opus_toc(payload);
  if (!toc) return std::nullopt;

  // RFC 6716 §3.1 table 2.
  int64_t frame_us = 0;
  if (toc->config < 12) {
    constexpr int64_t silk[] = {10'000, 20'000, 40'000, 60'000};
    frame_us = silk[toc->config % 4];
  } else if (toc->config < 16) {
    frame_us = toc->config % 2 == 0 ? 10'000 : 20'000;
  } else {
    frame_us = int64_t{2'500} << (toc->config % 4);
  }

  int64_t frames = toc->frame_count_code == 0 ? 1 : 2;
  if (toc->frame_count_code == 3) {
    if (payload.size() < 2) return std::nullopt;
    frames = payload[1] & 0x3f;
  }
  const TimeDelta duration = TimeDelta::micros(frame_us * frames);
  if (frames == 0 || duration > TimeDelta::millis(120)) return std::nullopt;  // RFC 6716 §3.2.5
  return duration;
}

}  // namespace parley::rtp
