// Serial number arithmetic (RFC 1982) and unwrapping. Wire counters wrap; compare them only after
// unwrapping, or with is_newer() where both are known to be within half the range of each other.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace parley {

// True if `a` comes after `b` on the circle. At exactly half the range the larger number is the
// newer, so that the relation stays antisymmetric.
template <std::unsigned_integral T>
constexpr bool is_newer(T a, T b) {
  constexpr T half = static_cast<T>(std::numeric_limits<T>::max() / 2 + 1);
  const T distance = static_cast<T>(a - b);
  if (distance == half) return a > b;
  return distance != 0 && distance < half;
}

// Turns a wrapping counter of `Bits` bits into an int64 that doesn't wrap, each value placed
// nearest to the last one.
template <std::unsigned_integral T, int Bits = std::numeric_limits<T>::digits>
class Unwrapper {
 public:
  // The unwrapped value; remembers it as the reference for the next.
  constexpr int64_t unwrap(T value) {
    const int64_t result = peek(value);
    last_ = result;
    return result;
  }
  // The unwrapped value without remembering it.
  constexpr int64_t peek(T value) const {
    const int64_t v = static_cast<int64_t>(value) & kMask;
    if (!last_) return v;
    int64_t delta = (v - *last_) & kMask;
    if (delta > kHalf || (delta == kHalf && v < (*last_ & kMask))) delta -= kRange;
    return *last_ + delta;
  }
  constexpr void reset() { last_.reset(); }
  constexpr std::optional<int64_t> last() const { return last_; }

 private:
  static constexpr int64_t kRange = int64_t{1} << Bits;
  static constexpr int64_t kMask = kRange - 1;
  static constexpr int64_t kHalf = kRange / 2;
  std::optional<int64_t> last_;
};

using SeqUnwrapper = Unwrapper<uint16_t>;
using RtpTimeUnwrapper = Unwrapper<uint32_t>;

}  // namespace parley
