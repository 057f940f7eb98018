#include "sfu/red_packer.h"

#include <algorithm>

namespace parley::sfu {

void RedPacker::on_packet(const TrackPacket& packet) {
  variants_.clear();
  newest_ ^= 1;
  Kept& kept = kept_[newest_];
  const bool fits = packet.payload.size() <= kept.bytes.size();
  kept.sequence = fits ? packet.position.sequence : -1;
  kept.rtp_time = packet.position.rtp_time;
  kept.size = fits ? packet.payload.size() : 0;
  if (fits) std::ranges::copy(packet.payload, kept.bytes.begin());
}

TrackPacket RedPacker::pack(const TrackPacket& packet, uint8_t payload_type) {
  const Kept& before = kept_[newest_ ^ 1];
  const int64_t offset = packet.position.rtp_time - before.rtp_time;
  if (before.sequence != packet.position.sequence - 1 || before.size == 0 || offset <= 0 ||
      offset > rtp::kMaxRedTimestampOffset)
    return packet;
  const Variant* variant = std::ranges::find(variants_, payload_type, &Variant::payload_type);
  if (variant == variants_.end()) {
    if (!variants_.push_back({.payload_type = payload_type, .bytes = {}})) return packet;
    Variant& made = variants_.back();
    const std::array<rtp::RedBlock, 2> blocks = {
        rtp::RedBlock{.payload_type = payload_type,
                      .timestamp_offset = static_cast<uint16_t>(offset),
                      .data = Bytes(before.bytes).first(before.size)},
        rtp::RedBlock{.payload_type = payload_type, .data = packet.payload}};
    made.size = rtp::write_red(made.bytes, blocks);
    variant = &made;
  }
  if (variant->size == 0) return packet;
  TrackPacket out = packet;
  out.red = true;
  out.payload = Bytes(variant->bytes).first(variant->size);
  return out;
}

}  // namespace parley::sfu
