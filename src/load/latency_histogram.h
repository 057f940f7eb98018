// How long packets took: counts in buckets whose width grows with the time, so that any percentile
// is known to about 3 % without keeping the values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace parley::load {

class LatencyHistogram {
 public:
  // Below this every microsecond has a bucket of its own; above, each doubling has as many buckets
  // as there are up to half of it.
  static constexpr int64_t kExact = 64;

  // Negative times (two clocks read in the wrong order) count as 0.
  void add(TimeDelta latency);
  void add(const LatencyHistogram& other);
  void clear() { *this = {}; }

  uint64_t count() const { return count_; }
  TimeDelta max() const { return max_; }
  TimeDelta mean() const;
  // The nearest rank, as the upper end of its bucket but at most max(); `share` in (0, 1]. Zero
  // when nothing was counted.
  TimeDelta percentile(double share) const;

 private:
  static constexpr size_t kHalf = kExact / 2;
  // Up to 2^36 µs, 19 hours.
  static constexpr size_t kBuckets = kExact + 30 * kHalf;
  static size_t bucket_of(int64_t us);
  static int64_t upper_end(size_t bucket);

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  int64_t sum_us_ = 0;
  TimeDelta max_;
};

}  // namespace parley::load
