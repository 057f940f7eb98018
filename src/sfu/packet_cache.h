// The recent packets of one encoding: for retransmission to viewers (RFC 4588) and for showing a
// new viewer a picture at once, from the last key frame on. Payloads lie in a pool that all
// encodings of a shard share, so memory follows what arrives, not what might; the ring itself is
// allocated when the track is published and never after.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"
#include "rtp/parameters.h"
#include "rtp/picture_id.h"
#include "sfu/frame_info.h"
#include "sfu/stream_rewriter.h"

namespace parley::sfu {

// Fixed-size payload buffers, handed out last-in first-out so that the warm ones are used first.
// None is touched, and so none is resident, before all that were used once are in use.
class PacketPool {
 public:
  // The largest RTP payload kept: what fits an Ethernet frame without its IP, UDP and RTP headers.
  static constexpr size_t kPayloadBytes = 1472;
  static constexpr double kScarce = 0.25;
  static constexpr double kLeastKept = 0.1;
  using Handle = uint32_t;
  static constexpr Handle kNone = UINT32_MAX;

  explicit PacketPool(size_t packets);

  // A copy of `payload` and what is to lie behind it, held once; kNone when the pool is used up or
  // they are too large.
  Handle store(Bytes payload, Bytes behind = {});
  // One holder more, one less: the last to let go frees the buffer. kNone is ignored.
  void retain(Handle handle);
  void release(Handle handle);
  Bytes payload(Handle handle) const;

  // Until as many unpin() as pin() came, what is let go keeps its bytes: whoever makes plans that
  // are carried out a little later pins meanwhile.
  void pin() { ++pins_; }
  void unpin();
  // A copy that nobody holds: it stays while pinned. nullopt when the pool is used up or it is too
  // large.
  std::optional<Bytes> lend(Bytes payload);

  size_t free_packets() const { return free_.size() + capacity_ - holders_.size(); }
  size_t capacity() const { return capacity_; }
  // For how long to keep what is wished to be kept for `wished`: while less than kScarce is free
  // the shorter the less there is, down to kLeastKept of it. So of a crowd everybody's packets are
  // kept for a shorter time, where else some would be kept and others not at all.
  TimeDelta keep_time(TimeDelta wished) const;

 private:
  Handle take();

  size_t capacity_;
  std::unique_ptr<uint8_t[]> bytes_;
  // Of the buffers that were used once, by handle.
  std::vector<uint16_t> sizes_;
  std::vector<uint32_t> holders_;
  std::vector<uint8_t> is_resting_;
  std::vector<Handle> free_;  // of them
  size_t pins_ = 0;
  std::vector<Handle> resting_;  // without a holder at some time since the pin
};

struct CachedPacket {
  int64_t sequence = -1;  // unwrapped; -1: empty
  StreamPosition position;
  FrameInfo frame;
  rtp::CounterPlaces counters;
  Timestamp arrival;
  PacketPool::Handle handle = PacketPool::kNone;
  rtp::Codec codec = rtp::Codec::kVp8;
  uint8_t orientation = 0;  // video orientation extension's byte
  bool has_orientation = false;
  bool marker = false;
  bool key_frame_start = false;
  uint8_t dependencies_size = 0;  // of the dependency descriptor, kept behind the payload
};

class PacketCache {
 public:
  // 512 packets hold two to three seconds of 720p at 1.7 Mbit/s: longer than any repair is worth.
  static constexpr size_t kPackets = 512;

  explicit PacketCache(PacketPool& pool);
  ~PacketCache();
  PacketCache(const PacketCache&) = delete;
  PacketCache& operator=(const PacketCache&) = delete;

  // Keeps a copy; replaces what is kPackets older. A packet older than the window is ignored.
  // Where the copy lies, or kNone if there is none.
  PacketPool::Handle insert(CachedPacket packet, Bytes payload, Bytes dependencies = {});
  // nullptr if it never came or is gone.
  const CachedPacket* find(int64_t sequence) const;
  // Calls amend(packet) for each that is kept and newer than `sequence`.
  template <typename Amend>
  void amend_after(int64_t sequence, Amend&& amend) {
    const int64_t oldest = std::max(oldest_, newest_ - static_cast<int64_t>(kPackets) + 1);
    for (int64_t s = std::max(sequence + 1, oldest); s <= newest_; ++s) {
      CachedPacket& place = ring_[index(s)];
      if (place.sequence == s) amend(place);
    }
  }
  Bytes payload(const CachedPacket& packet) const {
    const Bytes kept = pool_.payload(packet.handle);
    return kept.first(kept.size() - packet.dependencies_size);
  }
  Bytes dependencies(const CachedPacket& packet) const {
    return pool_.payload(packet.handle).last(packet.dependencies_size);
  }
  void clear();
  // Lets go what arrived before `limit`, so that a stream that rests holds no memory.
  void expire(Timestamp limit);

  int64_t newest() const { return newest_; }  // -1: empty

 private:
  static size_t index(int64_t sequence) { return static_cast<size_t>(sequence) & (kPackets - 1); }

  PacketPool& pool_;
  std::vector<CachedPacket> ring_;
  int64_t newest_ = -1;
  int64_t oldest_ = 0;  // nothing is kept below
};

}  // namespace parley::sfu
