#include "sfu/packet_cache.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace parley::sfu {

PacketPool::PacketPool(size_t packets)
    : capacity_(packets),
      bytes_(std::make_unique_for_overwrite<uint8_t[]>(packets * kPayloadBytes)) {
  sizes_.reserve(packets);
  holders_.reserve(packets);
  is_resting_.reserve(packets);
  free_.reserve(packets);
  resting_.reserve(packets);
}

PacketPool::Handle PacketPool::take() {
  if (free_.empty()) {
    if (holders_.size() == capacity_) return kNone;
    sizes_.push_back(0);
    holders_.push_back(0);
    is_resting_.push_back(0);
    return static_cast<Handle>(holders_.size() - 1);
  }
  const Handle handle = free_.back();
  free_.pop_back();
  return handle;
}

TimeDelta PacketPool::keep_time(TimeDelta wished) const {
  const double free = static_cast<double>(free_packets()) / static_cast<double>(capacity_);
  const double part = std::clamp(free / kScarce, kLeastKept, 1.0);
  return TimeDelta::micros(static_cast<int64_t>(static_cast<double>(wished.us()) * part));
}

PacketPool::Handle PacketPool::store(Bytes payload, Bytes behind) {
  const size_t size = payload.size() + behind.size();
  if (size > kPayloadBytes) return kNone;
  const Handle handle = take();
  if (handle == kNone) return kNone;
  uint8_t* place = &bytes_[handle * kPayloadBytes];
  if (!payload.empty()) std::memcpy(place, payload.data(), payload.size());
  if (!behind.empty()) std::memcpy(place + payload.size(), behind.data(), behind.size());
  sizes_[handle] = static_cast<uint16_t>(size);
  holders_[handle] = 1;
  return handle;
}

void PacketPool::retain(Handle handle) {
  if (handle != kNone) ++holders_[handle];
}

void PacketPool::release(Handle handle) {
  if (handle == kNone) return;
  PARLEY_CHECK(holders_[handle] > 0);
  if (--holders_[handle] > 0) return;
  // Neither list ever grows beyond what was reserved: a handle is in one of them, once.
  if (is_resting_[handle] != 0) return;
  if (pins_ == 0) return free_.push_back(handle);
  is_resting_[handle] = 1;
  resting_.push_back(handle);
}

void PacketPool::unpin() {
  PARLEY_CHECK(pins_ > 0);
  if (--pins_ > 0) return;
  for (const Handle handle : resting_) {
    is_resting_[handle] = 0;
    if (holders_[handle] == 0) free_.push_back(handle);
  }
  resting_.clear();
}

std::optional<Bytes> PacketPool::lend(Bytes payload) {
  PARLEY_CHECK(pins_ > 0);
  const Handle handle = store(payload);
  if (handle == kNone) return std::nullopt;
  release(handle);
  return this->payload(handle);
}

Bytes PacketPool::payload(Handle handle) const {
  return {&bytes_[handle * kPayloadBytes], sizes_[handle]};
}

PacketCache::PacketCache(PacketPool& pool) : pool_(pool), ring_(kPackets) {}

PacketCache::~PacketCache() {
  clear();
}

void PacketCache::clear() {
  for (CachedPacket& packet : ring_) {
    pool_.release(packet.handle);
    packet = {};
  }
  newest_ = -1;
}

PacketPool::Handle PacketCache::insert(CachedPacket packet, Bytes payload, Bytes dependencies) {
  if (packet.sequence < 0 || packet.sequence + static_cast<int64_t>(kPackets) <= newest_)
    return PacketPool::kNone;
  CachedPacket& place = ring_[index(packet.sequence)];
  if (place.sequence == packet.sequence) return place.handle;
  pool_.release(place.handle);
  place = {};
  packet.handle = pool_.store(payload, dependencies);
  packet.dependencies_size = static_cast<uint8_t>(dependencies.size());
  if (packet.handle == PacketPool::kNone) return PacketPool::kNone;
  place = packet;
  oldest_ = newest_ < 0 ? packet.sequence : std::min(oldest_, packet.sequence);
  newest_ = std::max(newest_, packet.sequence);
  return packet.handle;
}

void PacketCache::expire(Timestamp limit) {
  oldest_ = std::max(oldest_, newest_ - static_cast<int64_t>(kPackets) + 1);
  for (; oldest_ <= newest_; ++oldest_) {
    CachedPacket& place = ring_[index(oldest_)];
    if (place.sequence != oldest_) continue;
    if (place.arrival >= limit) return;
    pool_.release(place.handle);
    place = {};
  }
}

const CachedPacket* PacketCache::find(int64_t sequence) const {
  if (sequence < 0) return nullptr;
  const CachedPacket& place = ring_[index(sequence)];
  return place.sequence == sequence ? &place : nullptr;
}

}  // namespace parley::sfu
