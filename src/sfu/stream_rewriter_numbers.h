// A numbering whose dropped numbers are closed up: what StreamRewriter keeps of one segment's
// sequence numbers, and of its VP8 picture ids.
//
// Each incoming number is missing (it hasn't come; it has a place in the output, so that its loss
// shows), sent, dropped (no place), or filled (it turned out to be droppable after its place had
// been left: something empty went out in it). Three bits for each of the newest kWindow numbers;
// older ones are forgotten.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/prefetch.h"

namespace parley::sfu {

template <int64_t kWindow>
class ClosedNumbers {
  static_assert((kWindow & (kWindow - 1)) == 0 && kWindow % 64 == 0);

 public:
  enum class State : uint8_t { kMissing, kSent, kDropped, kFilled };

  ClosedNumbers() = default;
  // The first number `in_first` will get `out_first`.
  ClosedNumbers(int64_t in_first, int64_t out_first)
      : in_first_(in_first),
        oldest_in_(in_first),
        newest_in_(in_first - 1),
        out_first_(out_first),
        newest_out_(out_first - 1) {}

  int64_t in_first() const { return in_first_; }
  int64_t newest_in() const { return newest_in_; }
  // The last place that is taken.
  int64_t newest_out() const { return newest_out_; }

  // Begins to fetch what is known of `in`, which may be the next one.
  void prefetch(int64_t in) const {
    parley::prefetch(this, offsetof(ClosedNumbers, marks_));
    parley::prefetch(&marks_of(in), sizeof(Marks));
  }

  bool remembers(int64_t in) const { return in >= oldest_in_ && in <= newest_in_; }
  // `in` must be remembered.
  State state(int64_t in) const {
    const Marks& marks = marks_of(in);
    const bool absent = get(marks.absent, in);
    return get(marks.arrived, in) ? (absent ? State::kDropped : State::kSent)
                                  : (absent ? State::kFilled : State::kMissing);
  }
  bool was_sent(int64_t in) const { return remembers(in) && state(in) == State::kSent; }
  bool marked(int64_t in) const { return get(marks_of(in).marked, in); }

  // Goes on to `in` (beyond the newest): it and those skipped become missing, but for those of
  // which `expect_drop(number)` holds: they are taken for dropped.
  template <typename ExpectDrop>
  void advance(int64_t in, ExpectDrop&& expect_drop) {
    if (in - newest_in_ > kWindow) {
      newest_out_ += in - newest_in_ - kWindow;
      newest_in_ = in - kWindow;
    }
    while (newest_in_ < in) {
      ++newest_in_;
      set(marks_of(newest_in_).marked, newest_in_, false);
      const bool drop = newest_in_ != in && expect_drop(newest_in_);
      put(newest_in_, drop ? State::kDropped : State::kMissing);
      if (!drop) ++newest_out_;
    }
    oldest_in_ = std::max(oldest_in_, newest_in_ - kWindow + 1);
  }
  // The next one, sent: what most are. The same as advance() and set_sent().
  void append_sent(bool mark) {
    ++newest_in_;
    ++newest_out_;
    Marks& marks = marks_of(newest_in_);
    const uint64_t bit = uint64_t{1} << (newest_in_ & 63);
    marks.arrived |= bit;
    marks.absent &= ~bit;
    marks.marked = mark ? marks.marked | bit : marks.marked & ~bit;
    oldest_in_ = std::max(oldest_in_, newest_in_ - kWindow + 1);
  }
  void set_sent(int64_t in, bool mark) {
    put(in, State::kSent);
    set(marks_of(in).marked, in, mark);
  }
  void set_filled(int64_t in) { put(in, State::kFilled); }
  // Takes back the place of the newest one, which must be missing.
  void drop_newest() {
    put(newest_in_, State::kDropped);
    --newest_out_;
  }
  // Forgets what came after the last one that was sent or filled, with the places left for it.
  void close() {
    while (remembers(newest_in_)) {
      const State last = state(newest_in_);
      if (last == State::kSent || last == State::kFilled) return;
      if (last == State::kMissing) --newest_out_;
      --newest_in_;
    }
  }

  // The place of `in`; nullopt if it is dropped or not remembered.
  std::optional<int64_t> place(int64_t in) const {
    if (!remembers(in) || state(in) == State::kDropped) return std::nullopt;
    int64_t out = newest_out_;
    for (int64_t i = newest_in_; i > in; --i) out -= state(i) == State::kDropped ? 0 : 1;
    return out;
  }
  // The last place that is taken before `in`; nullopt if `in` isn't remembered.
  std::optional<int64_t> place_before(int64_t in) const {
    if (!remembers(in)) return std::nullopt;
    int64_t out = newest_out_;
    for (int64_t i = newest_in_; i >= in; --i) out -= state(i) == State::kDropped ? 0 : 1;
    return out;
  }
  // Whether something remembered may still come.
  bool any_missing() const {
    for (int64_t i = newest_in_; remembers(i); --i) {
      if (state(i) == State::kMissing) return true;
    }
    return false;
  }
  // Whose place `out` is.
  std::optional<int64_t> origin(int64_t out) const {
    int64_t at = newest_out_;
    if (out > at || out < out_first_ || out <= at - kWindow) return std::nullopt;
    for (int64_t i = newest_in_; remembers(i); --i) {
      if (state(i) == State::kDropped) continue;
      if (at-- == out) return i;
    }
    return std::nullopt;
  }

 private:
  // Of 64 numbers, together so that a packet touches one line of the cache.
  struct Marks {
    uint64_t arrived = 0;
    uint64_t absent = 0;
    uint64_t marked = 0;
  };

  static size_t place_of(int64_t i) { return static_cast<size_t>(i & (kWindow - 1)) / 64; }
  const Marks& marks_of(int64_t i) const { return marks_[place_of(i)]; }
  Marks& marks_of(int64_t i) { return marks_[place_of(i)]; }
  static bool get(uint64_t bits, int64_t i) { return (bits >> (i & 63) & 1) != 0; }
  static void set(uint64_t& bits, int64_t i, bool value) {
    const uint64_t mask = uint64_t{1} << (i & 63);
    bits = value ? bits | mask : bits & ~mask;
  }
  void put(int64_t in, State state) {
    Marks& marks = marks_of(in);
    set(marks.arrived, in, state == State::kSent || state == State::kDropped);
    set(marks.absent, in, state == State::kDropped || state == State::kFilled);
  }

  int64_t in_first_ = 0;
  int64_t oldest_in_ = 0;  // remembered
  int64_t newest_in_ = -1;
  int64_t out_first_ = 0;
  int64_t newest_out_ = -1;
  std::array<Marks, static_cast<size_t>(kWindow / 64)> marks_{};
};

}  // namespace parley::sfu
