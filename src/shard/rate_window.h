// How much was sent per second lately.
#pragma once

#include <array>
#include <cstddef>

#include "base/units.h"

namespace parley::shard {

// Over the last full second, in steps of 100 ms.
class RateWindow {
 public:
  void add(DataSize size, Timestamp now) {
    advance(now);
    buckets_[static_cast<size_t>(step_) % kSteps] += size;
    sum_ += size;
  }
  DataRate rate(Timestamp now) {
    advance(now);
    return sum_ / (kStep * kSteps);
  }

 private:
  static constexpr int64_t kSteps = 10;
  static constexpr TimeDelta kStep = TimeDelta::millis(100);

  void advance(Timestamp now) {
    const int64_t step = now.us() / kStep.us();
    for (int64_t passed = 0; step_ < step && passed < kSteps; ++passed) {
      DataSize& oldest = buckets_[static_cast<size_t>(++step_) % kSteps];
      sum_ = sum_ - oldest;
      oldest = {};
    }
    step_ = step > step_ ? step : step_;
  }

  std::array<DataSize, kSteps> buckets_{};
  DataSize sum_;
  int64_t step_ = 0;
};

}  // namespace parley::shard
