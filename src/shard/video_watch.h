// Which video packet went under which transport-wide number, for repairs that nobody asked for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace parley::shard {

class VideoWatch {
 public:
  // What 6 Mbit/s send until feedback of a path with a round trip of 300 ms is here; 3 KiB.
  static constexpr size_t kPackets = 256;

  struct Packet {
    uint32_t ssrc = 0;      // of a repair: its own
    uint16_t sequence = 0;  // of a repair: that of what it repairs
  };

  void add(uint16_t transport_sequence, uint32_t ssrc, uint16_t sequence) {
    ring_[transport_sequence % kPackets] = {{ssrc, sequence}, transport_sequence};
  }
  // Once for each.
  std::optional<Packet> take(uint16_t transport_sequence) {
    Entry& entry = ring_[transport_sequence % kPackets];
    if (entry.packet.ssrc == 0 || entry.transport_sequence != transport_sequence)
      return std::nullopt;
    const Packet packet = entry.packet;
    entry.packet.ssrc = 0;
    return packet;
  }

 private:
  struct Entry {
    Packet packet;
    uint16_t transport_sequence = 0;
  };
  std::array<Entry, kPackets> ring_{};
};

}  // namespace parley::shard
