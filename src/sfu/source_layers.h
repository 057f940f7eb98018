// What may be chosen of one source: its layers with what they cost, as the allocator takes them.
#pragma once

#include <array>

#include "rtp/video_layers_allocation.h"
#include "sfu/allocator.h"
#include "sfu/layer_rate_meter.h"
#include "sfu/up_track.h"

namespace parley::sfu {

class SourceLayers {
 public:
  // A layer that sent nothing for so long isn't offered any more while its encoding goes on.
  static constexpr TimeDelta kForgotten = TimeDelta::seconds(5);

  void on_packet(const TrackPacket& packet, Timestamp now);
  // The encoding goes on in another codec.
  void restart(size_t encoding);
  // What the sender says of all its layers: what it doesn't name it doesn't send.
  void declare(const rtp::VideoLayersAllocation& allocation, Timestamp now);
  // Whether what is sent has spatial layers. Then it is one stream, and of no other encoding
  // anything is to be expected.
  bool is_scalable() const;
  // The size of encoding `index`'s key frames: of the last one; of one that never came what is
  // usual beside `rate`.
  DataSize key_frame(size_t index, DataRate rate) const;
  // Appends encoding `index` of `track`, ascending: each of its spatial and temporal layers. Of one
  // that never came as many temporal layers are assumed as the others have.
  void append(size_t index, const UpTrack& track, Timestamp now,
              BoundedVector<LayerOption, kMaxLayersPerSource>& out) const;

 private:
  static constexpr size_t kEncodings = LayerRateMeter::kEncodings;

  // Highest layers there are of an encoding.
  struct Extent {
    uint8_t spatial = 0;
    uint8_t temporal = 0;
  };
  Extent extent_of(size_t index) const;

  LayerRateMeter meter_;
  std::array<std::array<Timestamp, LayerRateMeter::kTemporalLayers>, kEncodings> temporal_seen_{};
  std::array<std::array<Timestamp, LayerRateMeter::kSpatialLayers>, kEncodings> spatial_seen_{};
  std::array<Timestamp, kEncodings> last_packet_{};
  struct KeyFrame {
    int64_t rtp_time = -1;
    DataSize size;
  };
  std::array<KeyFrame, kEncodings> key_frames_{};
};

}  // namespace parley::sfu
