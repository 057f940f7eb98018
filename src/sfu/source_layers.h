// What may be chosen of one source: its layers with what they cost, as the allocator takes them.
#pragma once

#include <array>

#include "sfu/allocator.h"
#include "sfu/layer_rate_meter.h"
#include "sfu/up_track.h"

namespace parley::sfu {

class SourceLayers {
 public:
  void on_packet(const TrackPacket& packet, Timestamp now);
  // Appends encoding `index` of `track`: each of its temporal and spatial layers that was seen.
  void append(size_t index, const UpTrack& track, Timestamp now,
              BoundedVector<LayerOption, kMaxLayersPerSource>& out) const;

 private:
  LayerRateMeter meter_;
};

}  // namespace parley::sfu
