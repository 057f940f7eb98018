#include "sfu/source_layers.h"

#include <algorithm>

namespace parley::sfu {
namespace {

// What cameras are asked for; only the relations between layers matter.
constexpr float kFullFrameRate = 30;

// Longer than any encoder leaves out pictures.
constexpr TimeDelta kRest = TimeDelta::seconds(1);

// Six times the mean frame, at 25 a second.
constexpr TimeDelta kUsualKeyFrame = TimeDelta::millis(240);

// The highest index seen within kForgotten before `last`.
uint8_t highest(std::span<const Timestamp> seen, Timestamp last) {
  uint8_t out = 0;
  for (size_t i = 1; i < seen.size(); ++i) {
    if (seen[i] != Timestamp() && last - seen[i] < SourceLayers::kForgotten)
      out = static_cast<uint8_t>(i);
  }
  return out;
}

void stand_still(std::span<Timestamp> seen, TimeDelta time) {
  for (Timestamp& one : seen) {
    if (one != Timestamp()) one = one + time;
  }
}

}  // namespace

void SourceLayers::on_packet(const TrackPacket& packet, Timestamp now) {
  const Layer layer{packet.stream.encoding, packet.frame.spatial, packet.frame.temporal};
  if (layer.encoding >= kEncodings) return;
  meter_.add(layer, DataSize::bytes(static_cast<int64_t>(packet.payload.size())), packet.key_frame,
             now);
  // What it had before a rest it has again, though it begins with the lowest.
  Timestamp& last = last_packet_[layer.encoding];
  if (now - last > kRest) {
    stand_still(temporal_seen_[layer.encoding], now - last);
    stand_still(spatial_seen_[layer.encoding], now - last);
  }
  last = now;
  if (packet.key_frame) {
    KeyFrame& key = key_frames_[layer.encoding];
    if (key.rtp_time != packet.position.rtp_time) key = {packet.position.rtp_time, DataSize()};
    key.size += DataSize::bytes(static_cast<int64_t>(packet.payload.size()));
  }
  if (layer.temporal < LayerRateMeter::kTemporalLayers)
    temporal_seen_[layer.encoding][layer.temporal] = now;
  if (layer.spatial < LayerRateMeter::kSpatialLayers)
    spatial_seen_[layer.encoding][layer.spatial] = now;
}

void SourceLayers::restart(size_t encoding) {
  if (encoding >= kEncodings) return;
  meter_.restart(static_cast<uint8_t>(encoding));
  temporal_seen_[encoding].fill({});
  spatial_seen_[encoding].fill({});
  last_packet_[encoding] = {};
  key_frames_[encoding] = {};
}

void SourceLayers::declare(const rtp::VideoLayersAllocation& allocation, Timestamp now) {
  for (uint8_t e = 0; e < kEncodings; ++e) {
    for (uint8_t s = 0; s < LayerRateMeter::kSpatialLayers; ++s) {
      for (uint8_t t = 0; t < LayerRateMeter::kTemporalLayers; ++t)
        meter_.set_declared({e, s, t}, DataRate::zero(), now);
    }
  }
  for (const auto& layer : allocation.layers) {
    uint8_t temporal = 0;
    for (const DataRate target : layer.targets)
      meter_.set_declared({layer.stream, layer.spatial, temporal++}, target, now);
  }
}

bool SourceLayers::is_scalable() const {
  const auto newest = std::ranges::max_element(last_packet_);
  return extent_of(static_cast<size_t>(newest - last_packet_.begin())).spatial > 0;
}

DataSize SourceLayers::key_frame(size_t index, DataRate rate) const {
  if (index < kEncodings && key_frames_[index].size != DataSize()) return key_frames_[index].size;
  return rate * kUsualKeyFrame;
}

SourceLayers::Extent SourceLayers::extent_of(size_t index) const {
  // Time stands still while the encoding is paused: what it had it will have again.
  if (last_packet_[index] != Timestamp())
    return {highest(spatial_seen_[index], last_packet_[index]),
            highest(temporal_seen_[index], last_packet_[index])};
  Extent out;
  for (size_t i = 0; i < kEncodings; ++i)
    out.temporal = std::max(out.temporal, highest(temporal_seen_[i], last_packet_[i]));
  return out;
}

void SourceLayers::append(size_t index, const UpTrack& track, Timestamp now,
                          BoundedVector<LayerOption, kMaxLayersPerSource>& out) const {
  if (index >= kEncodings) return;
  const Extent extent = extent_of(index);
  const uint16_t lines = track.assumed_height(index);
  for (uint8_t spatial = 0; spatial <= extent.spatial; ++spatial) {
    const int halvings = extent.spatial - spatial;
    for (uint8_t temporal = 0; temporal <= extent.temporal; ++temporal) {
      const Layer layer{static_cast<uint8_t>(index), spatial, temporal};
      const auto height = static_cast<uint16_t>(lines >> halvings);
      const float fps = kFullFrameRate / static_cast<float>(1 << (extent.temporal - temporal));
      out.push_back({.layer = layer,
                     .rate = meter_.rate(layer, height, fps, now),
                     .width = static_cast<uint16_t>(track.encodings()[index].width >> halvings),
                     .height = height,
                     .fps = fps});
    }
  }
}

}  // namespace parley::sfu
