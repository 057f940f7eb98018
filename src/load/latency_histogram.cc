#include "load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace parley::load {

size_t LatencyHistogram::bucket_of(int64_t us) {
  if (us < kExact) return static_cast<size_t>(us);
  const auto value = static_cast<uint64_t>(us);
  const auto doublings =
      static_cast<size_t>(std::bit_width(value) - std::bit_width(uint64_t{kHalf}));
  const size_t within = static_cast<size_t>(value >> doublings) - kHalf;
  return std::min(kExact + (doublings - 1) * kHalf + within, kBuckets - 1);
}

int64_t LatencyHistogram::upper_end(size_t bucket) {
  if (bucket < kExact) return static_cast<int64_t>(bucket);
  const size_t doublings = (bucket - kExact) / kHalf + 1;
  const size_t within = (bucket - kExact) % kHalf + kHalf;
  return static_cast<int64_t>((within + 1) << doublings) - 1;
}

void LatencyHistogram::add(TimeDelta latency) {
  const int64_t us = std::max<int64_t>(latency.us(), 0);
  ++buckets_[bucket_of(us)];
  ++count_;
  sum_us_ += us;
  max_ = std::max(max_, TimeDelta::micros(us));
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  max_ = std::max(max_, other.max_);
}

TimeDelta LatencyHistogram::mean() const {
  return count_ > 0 ? TimeDelta::micros(sum_us_ / static_cast<int64_t>(count_)) : TimeDelta();
}

TimeDelta LatencyHistogram::percentile(double share) const {
  if (count_ == 0) return {};
  const auto rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= std::max<uint64_t>(rank, 1)) return std::min(TimeDelta::micros(upper_end(i)), max_);
  }
  return max_;
}

}  // namespace parley::load
