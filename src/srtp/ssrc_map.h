// A bounded map from SSRC to per-stream state, without allocation after construction.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace parley::srtp {

// Open addressing with linear probing over a table at most half full, which points into a dense
// array of values, the first kNear of which lie in the map itself. Only an erasure moves values:
// indices hold until the next, and pointers too unless the map is moved.
template <typename Value, size_t kNear = 0>
class SsrcMap {
 public:
  static constexpr size_t kNowhere = SIZE_MAX;

  // At most 32,000 entries.
  explicit SsrcMap(size_t max_entries)
      : max_entries_(max_entries), table_(std::bit_ceil(max_entries * 2 + 1)) {
    if (max_entries > kNear) far_.reserve(max_entries - kNear);
  }

  Value* find(uint32_t ssrc) {
    const size_t index = index_of(ssrc);
    return index == kNowhere ? nullptr : &at(index);
  }
  // For who looks for the same one again: kNowhere if there is none. The near ones are looked
  // through first: the table is in a place of its own, which has left the caches.
  size_t index_of(uint32_t ssrc) const {
    for (size_t i = 0; i < std::min(size_, kNear); ++i) {
      if (near_[i].ssrc == ssrc) return i;
    }
    return size_t{table_[slot_of(ssrc)]} - 1;
  }
  Value& at(size_t index) { return entry(index).value; }
  const Value& at(size_t index) const { return entry(index).value; }

  // A new value for an SSRC that has none; null when full.
  Value* insert(uint32_t ssrc) {
    if (full()) return nullptr;
    if (size_ >= kNear) far_.emplace_back();
    entry(size_) = {ssrc, {}};
    table_[slot_of(ssrc)] = static_cast<uint16_t>(size_ + 1);
    return &at(size_++);
  }

  // False if there is none.
  bool erase(uint32_t ssrc) {
    const size_t slot = slot_of(ssrc);
    if (table_[slot] == kEmpty) return false;
    const uint16_t index = table_[slot];
    // The last entry takes the freed place.
    if (index != size_) {
      Entry& last = entry(size_ - 1);
      table_[slot_of(last.ssrc)] = index;
      std::swap(entry(index - 1u), last);
    }
    close_gap(slot);
    if (--size_ >= kNear) far_.pop_back();
    return true;
  }

  bool full() const { return size_ == max_entries_; }
  size_t size() const { return size_; }

 private:
  static constexpr uint16_t kEmpty = 0;  // else the entry's index + 1
  struct Entry {
    uint32_t ssrc = 0;
    Value value{};
  };

  Entry& entry(size_t i) {
    if constexpr (kNear > 0) {
      if (i < kNear) return near_[i];
    }
    return far_[i - kNear];
  }
  const Entry& entry(size_t i) const { return const_cast<SsrcMap*>(this)->entry(i); }

  size_t home(uint32_t ssrc) const {
    return static_cast<size_t>((ssrc * 0x9e3779b97f4a7c15u) >> 40) & (table_.size() - 1);
  }
  size_t next(size_t slot) const { return (slot + 1) & (table_.size() - 1); }

  // Where the SSRC is, or the empty slot where it would go.
  size_t slot_of(uint32_t ssrc) const {
    size_t slot = home(ssrc);
    while (table_[slot] != kEmpty && entry(table_[slot] - 1u).ssrc != ssrc) slot = next(slot);
    return slot;
  }

  // Empties the slot and moves back those behind it that a search would no longer reach.
  void close_gap(size_t gap) {
    for (size_t slot = next(gap); table_[slot] != kEmpty; slot = next(slot)) {
      const size_t wanted = home(entry(table_[slot] - 1u).ssrc);
      const size_t mask = table_.size() - 1;
      if (((slot - wanted) & mask) < ((slot - gap) & mask)) continue;
      table_[gap] = table_[slot];
      gap = slot;
    }
    table_[gap] = kEmpty;
  }

  std::array<Entry, kNear> near_{};
  size_t max_entries_;
  size_t size_ = 0;
  std::vector<uint16_t> table_;
  std::vector<Entry> far_;
};

}  // namespace parley::srtp
