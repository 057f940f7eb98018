// The temporal layers of a VP8 stream by picture, and which is to be expected of those that don't
// come: their picture ids are given away before they can be looked at. Driven by FrameDescriber
// with every packet; knows no time.
#pragma once

#include <array>
#include <cstdint>

namespace parley::sfu {

class TemporalPattern {
 public:
  void on_picture(int64_t picture, uint8_t temporal, uint8_t tl0_pic_idx, bool key);
  // See FrameInfo::earlier_temporal, for the newest picture or one shortly before it.
  uint64_t before(int64_t picture) const;

 private:
  static constexpr int64_t kLongest = 8;  // of a base-layer picture to the next
  uint8_t expected(int64_t picture) const;

  std::array<uint8_t, kLongest> after_base_{};
  int64_t period_ = 0;  // 0: not known
  int64_t base_ = 0;    // the last base-layer picture
  uint8_t base_tl0_ = 0;
  int64_t newest_ = -1;
  uint64_t history_ = 0;  // newest in the lowest two bits
};

}  // namespace parley::sfu
