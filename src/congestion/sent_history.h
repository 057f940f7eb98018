// What was sent under which transport-wide number, until feedback tells its fate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/prefetch.h"
#include "base/units.h"
#include "congestion/packet_result.h"
#include "congestion/probe_cluster.h"

namespace parley::congestion {

// Rules
// 1. A ring over the low bits of the number: a packet is forgotten when kPackets later ones are
//    sent, and feedback about it is ignored from then on.
// 2. Of each packet at most one Lost and at most one Received comes out; Lost may be followed by
//    Received (reordering), never the other way round.
class SentHistory {
 public:
  // Two seconds at 10 Mbit/s; 32 KiB.
  static constexpr size_t kPackets = 2048;

  struct Packet {
    Timestamp sent;
    DataSize size;
    ProbeId probe;
    bool was_lost = false;  // an earlier report had it missing
  };

  void on_sent(uint16_t sequence, DataSize size, ProbeId probe, Timestamp now);
  void touch(uint16_t sequence) const { parley::touch(&ring_[sequence % kPackets]); }
  void prefetch(uint16_t sequence) const { parley::prefetch(&ring_[sequence % kPackets], 65); }
  // The packet, if this result is news about it.
  std::optional<Packet> on_result(const PacketResult& result);
  // When it left, if nothing is known of it yet.
  std::optional<Timestamp> outstanding_since(uint16_t sequence) const {
    const Entry& entry = ring_[sequence % kPackets];
    const bool waits = entry.sequence == sequence && entry.fate == Fate::kOutstanding;
    return waits ? std::optional(entry.sent) : std::nullopt;
  }

 private:
  enum class Fate : uint8_t { kNone, kOutstanding, kLost, kReceived };
  struct Entry {
    Timestamp sent;
    uint16_t sequence = 0;
    uint16_t size = 0;
    uint16_t probe = 0;
    Fate fate = Fate::kNone;
  };
  static_assert(sizeof(Entry) == 16);

  std::array<Entry, kPackets> ring_{};
};

}  // namespace parley::congestion
