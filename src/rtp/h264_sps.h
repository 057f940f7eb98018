// The picture size from an H.264 sequence parameter set (ITU-T H.264 §7.3.2.1.1).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace parley::rtp {

struct H264Resolution {
  uint16_t width = 0;  // pixels, after cropping
  uint16_t height = 0;
  bool operator==(const H264Resolution&) const = default;
};

// `nal`: the unit with its header byte, or as much of its beginning as there is; what lies behind
// the size isn't looked at. nullopt if it is cut short, malformed, or larger than 16384 on a side.
std::optional<H264Resolution> parse_h264_resolution(Bytes nal);

}  // namespace parley::rtp
