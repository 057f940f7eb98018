#include "sfu/source_layers.h"

namespace parley::sfu {
namespace {

constexpr float kUsualFrameRate = 30;

}  // namespace

void SourceLayers::on_packet(const TrackPacket& packet, Timestamp now) {
  const Layer layer{.encoding = packet.stream.encoding};
  meter_.add(layer, DataSize::bytes(static_cast<int64_t>(packet.payload.size())), packet.key_frame,
             now);
}

void SourceLayers::append(size_t index, const UpTrack& track, Timestamp now,
                          BoundedVector<LayerOption, kMaxLayersPerSource>& out) const {
  const Layer layer{.encoding = static_cast<uint8_t>(index)};
  const uint16_t lines = track.assumed_height(index);
  out.push_back({.layer = layer,
                 .rate = meter_.rate(layer, lines, kUsualFrameRate, now),
                 .width = track.encodings()[index].width,
                 .height = lines,
                 .fps = kUsualFrameRate});
}

}  // namespace parley::sfu
