// What a packet says of its frame, in words that are the same for every codec: what layer selection
// decides by. Filled by FrameDescriber, read by LayerFilter.
#pragma once

#include <cstdint>

#include "base/bounded.h"
#include "rtp/dependency_descriptor.h"

namespace parley::sfu {

struct FrameInfo {
  // How the stream says what depends on what.
  enum class Layering : uint8_t {
    kNone,      // it doesn't: one layer, or unreadable; forwarded as it is
    kTemporal,  // VP8: temporal layers with sync frames
    kSpatial,   // VP9: spatial and temporal layers
    kTargets,   // dependency descriptor: decode targets and references
  };
  static constexpr uint8_t kMaxSpatial = 8;

  Layering layering = Layering::kNone;
  bool key_picture = false;  // decoding can start here: the lowest frame of a picture without past
  bool starts_frame = false;
  bool ends_frame = false;  // of its spatial layer; the marker bit is the picture's end
  uint8_t spatial = 0;
  uint8_t temporal = 0;

  // kTemporal. This frame depends on the base layer only (VP8's Y).
  bool layer_sync = false;
  // kTemporal. Temporal ids of the 32 pictures before this one, two bits each, the nearest in the
  // lowest; of those that never came what the pattern so far lets expect.
  uint64_t earlier_temporal = 0;

  // kSpatial.
  bool inter_picture = false;  // depends on earlier pictures
  bool inter_layer = false;    // depends on the spatial layer below in its picture
  bool for_upper = false;      // upper spatial layers of its picture may depend on it
  bool switch_up = false;      // later pictures of higher temporal layers need none before this one
  uint8_t spatial_layers = 0;  // in this picture, where it says so; 0: not said

  // kTargets.
  rtp::TargetIndications indications;
  uint32_t active_targets = 0;
  int64_t frame_number = 0;                                                 // unwrapped
  BoundedVector<uint16_t, rtp::DependencyStructure::kMaxDiffs> references;  // by distance
  // Of the stream's parser; good until the next packet of the stream.
  const rtp::DependencyStructure* structure = nullptr;
};

}  // namespace parley::sfu
