#include "sfu/red_unpacker.h"

#include "rtp/red.h"

namespace parley::sfu {

bool RedUnpacker::take(int64_t sequence) {
  if (newest_ < 0) {
    newest_ = sequence - 1;
    taken_ = UINT64_MAX;  // what was said before the first isn't missing
  }
  if (sequence > newest_) {
    const int64_t step = sequence - newest_;
    taken_ = step >= kWindow ? 0 : taken_ << step;
    newest_ = sequence;
  }
  const int64_t age = newest_ - sequence;
  if (age < 0 || age >= kWindow) return false;
  const uint64_t bit = uint64_t{1} << age;
  const bool first = (taken_ & bit) == 0;
  taken_ |= bit;
  return first;
}

RedUnpacker::Primaries RedUnpacker::unpack(const TrackPacket& packet) {
  Primaries out;
  const auto blocks = packet.red ? rtp::parse_red(packet.payload) : rtp::RedBlocks();
  if (!blocks) return out;
  const size_t copies = packet.red ? blocks->size() - 1 : 0;
  for (size_t i = 0; newest_ >= 0 && i < copies; ++i) {
    const rtp::RedBlock& block = (*blocks)[i];
    const int64_t distance = static_cast<int64_t>(copies - i);
    const int64_t sequence = packet.position.sequence - distance;
    if (block.data.empty() || out.size() + 1 == Primaries::capacity() || sequence < 0) continue;
    if (!take(sequence)) continue;
    TrackPacket copy = packet;
    copy.red = false;
    copy.marker = false;
    copy.position.sequence = sequence;
    copy.position.rtp_time -= block.timestamp_offset;
    copy.payload = block.data;
    out.push_back(copy);
  }
  if (!take(packet.position.sequence)) return out;
  out.push_back(packet);
  out.back().red = false;
  if (packet.red) out.back().payload = blocks->back().data;
  return out;
}

}  // namespace parley::sfu
