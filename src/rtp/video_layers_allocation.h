// The video-layers-allocation header extension (libwebrtc, docs/native-code/rtp-hdrext/
// video-layers-allocation00): which layers of a source its sender encodes at the moment and what
// it lets each of them cost. Sent with key frames and when it changes; every encoding's stream may
// tell it of all.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "base/bytes.h"
#include "base/units.h"

namespace parley::rtp {

struct VideoLayersAllocation {
  static constexpr size_t kMaxStreams = 4;   // NS has 2 bits
  static constexpr size_t kMaxSpatial = 4;   // a bitmask has 4
  static constexpr size_t kMaxTemporal = 4;  // #tl has 2 bits
  // More is refused, as libwebrtc does.
  static constexpr DataRate kMostTarget = DataRate::kbps(1'000'000);

  struct SpatialLayer {
    uint8_t stream = 0;  // simulcast encoding, in the order of the offer's rids
    uint8_t spatial = 0;
    // Of each temporal layer, the base first, in whole kbit/s: with all that it is predicted from,
    // so with the lower temporal layers, and where lower spatial layers are needed, with those.
    BoundedVector<DataRate, kMaxTemporal> targets;
    // 0 without has_pictures.
    uint32_t width = 0;  // 1..65,536
    uint32_t height = 0;
    uint8_t fps = 0;  // at most
  };

  uint8_t sent_on = 0;  // the stream it came with
  uint8_t streams = 1;  // 1..kMaxStreams
  bool has_pictures = false;
  // By stream, then by spatial layer; empty: nothing is encoded.
  BoundedVector<SpatialLayer, kMaxStreams * kMaxSpatial> layers;
};

// nullopt if it is truncated, has bytes left over that are no picture sizes, or a target beyond
// kMostTarget.
std::optional<VideoLayersAllocation> parse_video_layers_allocation(Bytes data);

// Header and bitmasks, numbers of temporal layers, 16 × 4 targets of up to 3 bytes, picture sizes.
inline constexpr size_t kMaxVideoLayersAllocation = 3 + 4 + (16 * 4 * 3) + (16 * 5);
// Returns the bytes written; 0 if `out` is too small. The layers must be within the bounds above,
// in their order and without repetition.
size_t write_video_layers_allocation(MutableBytes out, const VideoLayersAllocation& allocation);

}  // namespace parley::rtp
