// A bounded map from SSRC to per-stream state, without allocation after construction.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/prefetch.h"

namespace parley::srtp {

// Open addressing with linear probing over a table at most half full, which points into a dense
// array of values. An insertion or erasure may move values: pointers hold until the next of either.
template <typename Value>
class SsrcMap {
 public:
  // At most 32,000 entries.
  explicit SsrcMap(size_t max_entries)
      : max_entries_(max_entries), table_(std::bit_ceil(max_entries * 2 + 1)) {
    entries_.reserve(max_entries);
  }

  Value* find(uint32_t ssrc) {
    const size_t slot = slot_of(ssrc);
    return table_[slot] == kEmpty ? nullptr : &entries_[table_[slot] - 1u].value;
  }

  // Begin to fetch what find() will look at, the one before the other.
  void prefetch_place(uint32_t ssrc) const { parley::prefetch(&table_[home(ssrc)]); }
  void prefetch_value(uint32_t ssrc) const {
    const uint16_t entry = table_[home(ssrc)];
    if (entry != kEmpty) parley::prefetch(&entries_[entry - 1u], sizeof(Entry));
  }

  // A new value for an SSRC that has none; null when full.
  Value* insert(uint32_t ssrc) {
    if (full()) return nullptr;
    entries_.push_back({ssrc, {}});
    table_[slot_of(ssrc)] = static_cast<uint16_t>(entries_.size());
    return &entries_.back().value;
  }

  // False if there is none.
  bool erase(uint32_t ssrc) {
    const size_t slot = slot_of(ssrc);
    if (table_[slot] == kEmpty) return false;
    const uint16_t index = table_[slot];
    // The last entry takes the freed place.
    if (index != entries_.size()) {
      table_[slot_of(entries_.back().ssrc)] = index;
      std::swap(entries_[index - 1u], entries_.back());
    }
    close_gap(slot);
    entries_.pop_back();
    return true;
  }

  bool full() const { return entries_.size() == max_entries_; }
  size_t size() const { return entries_.size(); }

 private:
  static constexpr uint16_t kEmpty = 0;  // else the entry's index + 1
  struct Entry {
    uint32_t ssrc;
    Value value;
  };

  size_t home(uint32_t ssrc) const {
    return static_cast<size_t>((ssrc * 0x9e3779b97f4a7c15u) >> 40) & (table_.size() - 1);
  }
  size_t next(size_t slot) const { return (slot + 1) & (table_.size() - 1); }

  // Where the SSRC is, or the empty slot where it would go.
  size_t slot_of(uint32_t ssrc) const {
    size_t slot = home(ssrc);
    while (table_[slot] != kEmpty && entries_[table_[slot] - 1u].ssrc != ssrc) slot = next(slot);
    return slot;
  }

  // Empties the slot and moves back those behind it that a search would no longer reach.
  void close_gap(size_t gap) {
    for (size_t slot = next(gap); table_[slot] != kEmpty; slot = next(slot)) {
      const size_t wanted = home(entries_[table_[slot] - 1u].ssrc);
      const size_t mask = table_.size() - 1;
      if (((slot - wanted) & mask) < ((slot - gap) & mask)) continue;
      table_[gap] = table_[slot];
      gap = slot;
    }
    table_[gap] = kEmpty;
  }

  size_t max_entries_;
  std::vector<uint16_t> table_;
  std::vector<Entry> entries_;
};

}  // namespace parley::srtp
