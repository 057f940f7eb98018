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
    if (!variants_.push_back({.payload_type = payload_type, .payload = {}})) return packet;
    const std::array<rtp::RedBlock, 2> blocks = {
        rtp::RedBlock{.payload_type = payload_type,
                      .timestamp_offset = static_cast<uint16_t>(offset),
                      .data = Bytes(before.bytes).first(before.size)},
        rtp::RedBlock{.payload_type = payload_type, .data = packet.payload}};
    std::array<uint8_t, kMostPayload> written;
    const size_t size = rtp::write_red(written, blocks);
    variants_.back().payload = pool_.lend(Bytes(written).first(size)).value_or(Bytes{});
    variant = &variants_.back();
  }
  if (variant->payload.empty()) return packet;
  TrackPacket out = packet;
  out.red = true;
  out.payload = variant->payload;
  return out;
}

}  // namespace parley::sfu
