// The last packets of one audio track, so that who begins to speak can be sent from the first
// syllable on.
//
// Fed with every packet of a track that isn't forwarded; read when it begins to be. About 10 KB for
// a track, in place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bounded.h"
#include "base/bytes.h"
#include "base/units.h"

namespace parley::sfu {

struct RecentAudioPacket {
  int64_t sequence = 0;  // unwrapped
  int64_t rtp_time = 0;  // unwrapped
  Timestamp arrival;
  uint8_t level = 127;  // RFC 6464
  bool marker = false;
  Bytes payload;  // valid until the next insert()
};

class RecentAudio {
 public:
  // Older packets would make the listener's delay grow more than the syllable is worth.
  static constexpr TimeDelta kAge = TimeDelta::millis(200);
  // 200 ms in packets of 10 ms; of 20 ms with as many again late or doubled.
  static constexpr size_t kPackets = 20;
  // 200 ms at 320 kbit/s; at higher rates the ring is shorter.
  static constexpr size_t kBytes = 8'192;

  // Keeps a copy; drops what is older than kAge and, for room, the oldest. False, and unchanged but
  // for age: empty, too large, older than all kept while full, or kept already.
  bool insert(const RecentAudioPacket& packet);
  void clear();

  // By sequence, oldest first; the payload points into the ring.
  size_t size() const { return entries_.size(); }
  RecentAudioPacket operator[](size_t i) const;
  // Index of the first packet from which on none arrived before `since`; size() if there is none.
  size_t first_since(Timestamp since) const;

 private:
  struct Entry {
    RecentAudioPacket packet;  // without payload
    uint16_t offset = 0;
    uint16_t size = 0;
  };
  void drop_oldest();

  BoundedVector<Entry, kPackets> entries_;
  std::array<uint8_t, kBytes> bytes_;
  size_t used_ = 0;
};

}  // namespace parley::sfu
