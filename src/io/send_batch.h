// Gathers outgoing datagrams and puts those of one destination next to each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "io/udp_socket.h"

namespace parley::io {

// A forwarder makes packet 1 for viewers A, B, C, then packet 2 for A, B, C. The kernel sends a run
// to one destination for little more than the price of one datagram (docs/performance.md), so the
// order is turned into A1 A2, B1 B2, C1 C2. The order within each path stays. Holds views only: the
// bytes must stay until the batch is sent.
class SendBatch {
 public:
  static constexpr size_t kCapacity = 255;

  // False, and unchanged, when full.
  bool add(const FlowPath& path, Bytes bytes);
  // All that was added, grouped by path; paths in the order of their first datagram. Valid until
  // the next call.
  std::span<const OutgoingDatagram> grouped();
  void clear();

  size_t size() const { return size_; }
  bool full() const { return size_ == kCapacity; }

 private:
  // Twice the capacity, so that a chain of occupied places is short.
  static constexpr size_t kTable = 512;
  static constexpr uint16_t kNone = 0xffff;

  struct Group {
    uint16_t first = kNone;
    uint16_t last = kNone;
  };

  size_t size_ = 0;
  size_t groups_ = 0;
  std::array<OutgoingDatagram, kCapacity> datagrams_;
  std::array<uint16_t, kCapacity> next_;  // of the same group
  std::array<Group, kCapacity> group_list_;
  std::array<uint16_t, kTable> table_ = empty_table();  // hash place → group
  std::array<uint16_t, kCapacity> used_places_;
  std::array<OutgoingDatagram, kCapacity> ordered_;

  static constexpr std::array<uint16_t, kTable> empty_table() {
    std::array<uint16_t, kTable> table{};
    table.fill(kNone);
    return table;
  }
};

}  // namespace parley::io
