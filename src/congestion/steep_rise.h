// Whether the path became much too narrow just now: its queue grows so fast that waiting for the
// trendline, which smooths, would fill it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/units.h"

namespace parley::congestion {

// Rules
// 1. Of what arrived in the last kWindow the least delay of each third is taken: a queue delays all
//    packets, jitter only some, and what a stall kept back arrives with less and less delay.
// 2. From third to third it must rise by kStep at least, and in all by kRise and kUsual times what
//    the thirds before the window differed from one to the next: a third more than the path takes
//    was sent into it, and it isn't one whose delay is always restless.
// 3. Probes mean to fill the queue: they and what arrived with them say nothing.
class SteepRise {
 public:
  static constexpr TimeDelta kSlice = TimeDelta::millis(20);
  static constexpr size_t kSlices = 6;
  static constexpr TimeDelta kWindow = kSlice * kSlices;
  static constexpr TimeDelta kStep = TimeDelta::millis(5);
  static constexpr TimeDelta kRise = TimeDelta::millis(20);
  static constexpr int kUsual = 4;

  void on_packet(Timestamp sent, Timestamp received, bool probe);
  // By what was given so far. Tells of each rise once.
  bool take();
  void reset();

 private:
  static constexpr size_t kThird = kSlices / 3;
  static constexpr int64_t kNone = INT64_MAX;  // nothing arrived

  int64_t least_of(size_t first_slice) const;
  void begin_slice();

  std::array<int64_t, kSlices> least_us_ = [] {
    std::array<int64_t, kSlices> out{};
    out.fill(kNone);
    return out;
  }();  // the newest last
  int64_t newest_ = kNone;     // its number
  int64_t before_us_ = kNone;  // of the last third that left the window
  int64_t usual_us_ = 0;       // smoothed difference of those
};

}  // namespace parley::congestion
