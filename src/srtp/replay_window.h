// Which packet indices have been seen (RFC 3711 §3.3.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parley::srtp {

// The highest index seen and a bit for each of the last `Bits` up to it, as a ring.
template <size_t Bits>
class ReplayWindow {
  static_assert(Bits % 64 == 0 && Bits > 0);

 public:
  // -1 before the first.
  int64_t highest() const { return highest_; }

  // True if the index is neither seen nor older than the window.
  bool is_fresh(int64_t index) const {
    if (index > highest_) return index >= 0;
    if (index < 0 || highest_ - index >= static_cast<int64_t>(Bits)) return false;
    return (word(index) & bit(index)) == 0;
  }

  // Marks a fresh index as seen.
  void mark(int64_t index) {
    if (index > highest_) {
      if (index > highest_ + 1) forget_between(highest_ + 1, index - 1);
      highest_ = index;
    }
    words_[position(index)] |= bit(index);
  }
  // Marks it if it is fresh; false: it isn't.
  bool take(int64_t index) {
    if (!is_fresh(index)) return false;
    mark(index);
    return true;
  }

 private:
  static size_t position(int64_t index) { return static_cast<size_t>(index) % Bits / 64; }
  static uint64_t bit(int64_t index) { return uint64_t{1} << (index % 64); }
  uint64_t word(int64_t index) const { return words_[position(index)]; }

  // Clears the ring's bits of [first, last], which stand for older indices so far.
  void forget_between(int64_t first, int64_t last) {
    if (last - first >= static_cast<int64_t>(Bits)) {
      words_.fill(0);
      return;
    }
    for (int64_t i = first; i <= last; ++i) words_[position(i)] &= ~bit(i);
  }

  int64_t highest_ = -1;
  std::array<uint64_t, Bits / 64> words_{};
};

}  // namespace parley::srtp
