#include "sfu/recent_audio.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace parley::sfu {

void RecentAudio::drop_oldest() {
  const Entry gone = entries_[0];
  entries_.erase(0);
  // Closing the gap keeps payloads contiguous; it is a few kilobytes at most.
  std::memmove(bytes_.data() + gone.offset, bytes_.data() + gone.offset + gone.size,
               used_ - gone.offset - gone.size);
  used_ -= gone.size;
  for (Entry& entry : entries_) {
    if (entry.offset > gone.offset) entry.offset = static_cast<uint16_t>(entry.offset - gone.size);
  }
}

bool RecentAudio::insert(const RecentAudioPacket& packet) {
  while (!entries_.empty() && packet.arrival - entries_[0].packet.arrival > kAge) drop_oldest();
  const size_t size = packet.payload.size();
  if (size == 0 || size > kBytes) return false;
  for (const Entry& entry : entries_) {
    if (entry.packet.sequence == packet.sequence) return false;
  }
  while (entries_.full() || kBytes - used_ < size) {
    if (packet.sequence < entries_[0].packet.sequence) return false;
    drop_oldest();
  }
  std::memcpy(bytes_.data() + used_, packet.payload.data(), size);
  Entry entry{packet, static_cast<uint16_t>(used_), static_cast<uint16_t>(size)};
  entry.packet.payload = {};
  entries_.push_back(entry);
  used_ += size;
  for (size_t i = entries_.size() - 1;
       i > 0 && entries_[i].packet.sequence < entries_[i - 1].packet.sequence; --i)
    std::swap(entries_[i], entries_[i - 1]);
  return true;
}

void RecentAudio::clear() {
  entries_.clear();
  used_ = 0;
}

RecentAudioPacket RecentAudio::operator[](size_t i) const {
  const Entry& entry = entries_[i];
  RecentAudioPacket packet = entry.packet;
  packet.payload = Bytes(bytes_).subspan(entry.offset, entry.size);
  return packet;
}

size_t RecentAudio::first_since(Timestamp since) const {
  size_t first = entries_.size();
  while (first > 0 && entries_[first - 1].packet.arrival >= since) --first;
  return first;
}

}  // namespace parley::sfu
