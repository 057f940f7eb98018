// The temporal layers of a VP8 stream by picture, and which is to be expected of those that don't
// come: their picture ids are given away before they can be looked at. Driven by FrameDescriber
// with every packet; knows no time.
//
// Rules:
//  1. What didn't come is taken for what the pattern says, counted from the last base-layer
//  picture; TL0PICIDX says how many of those there were.
//  2. A base-layer picture that didn't come may be a key frame, which starts the pattern afresh: it
//  is looked for where the layer of the picture after it fits, first where the pattern has it.
//  3. What comes late is known from then on; a base-layer picture that was looked for elsewhere is
//  moved there, with what was taken for those after it.
//  4. The distance of two base-layer pictures is the pattern's when it came twice in a row: beside
//  a key frame it is any, and of a key frame's packets only the first says that it is one.
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
  static constexpr int64_t kLongest = 8;   // of a base-layer picture to the next
  static constexpr int64_t kHistory = 32;  // pictures

  // Pictures that didn't come, one of them of the base layer (rule 2), and the first one after
  // them.
  struct Gap {
    int64_t first = 0;
    int64_t end = 0;
    int64_t regular = 0;  // where the pattern has it
    int64_t base = 0;     // where it is taken to be
    uint8_t tl0 = 0;
    bool open = false;  // it still hasn't come
  };

  uint8_t layer(int64_t picture) const { return history_ >> (2 * (newest_ - picture)) & 3; }
  bool came(int64_t picture) const { return (came_ >> (newest_ - picture) & 1) != 0; }
  void append(uint8_t temporal, bool came);
  void put(int64_t picture, uint8_t temporal, bool came);
  void on_late(int64_t picture, uint8_t temporal, uint8_t tl0_pic_idx);
  void learn_period(int64_t distance);
  uint8_t expected(int64_t picture, int64_t base) const;
  void look_for_base();
  bool fits(int64_t base) const;
  void place_base(int64_t base);

  std::array<uint8_t, kLongest> after_base_{};
  int64_t period_ = 0;         // 0: not known
  int64_t last_distance_ = 0;  // rule 4
  int64_t base_ = 0;           // the last base-layer picture; it may be the gap's
  uint8_t base_tl0_ = 0;
  Gap gap_;  // the last one
  int64_t newest_ = -1;
  uint64_t history_ = 0;  // two bits a picture, the newest in the lowest
  uint32_t came_ = 0;     // one bit
};

}  // namespace parley::sfu
