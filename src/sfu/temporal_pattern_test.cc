// What the pattern says of pictures that didn't come, as their slots give ids away by it.
#include "sfu/temporal_pattern.h"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string>
#include <vector>

namespace parley::sfu {
namespace {

// A camera that sends 0 2 1 2, afresh from each key frame on.
class TemporalPatternTest : public ::testing::Test {
 protected:
  struct Picture {
    uint8_t temporal = 0;
    uint8_t tl0 = 0;
    bool key = false;
  };

  // The next picture is made; `comes`: and arrives.
  int64_t next(bool key = false, bool comes = true) {
    constexpr std::array<uint8_t, 4> kPattern = {0, 2, 1, 2};
    phase_ = key ? 0 : (phase_ + 1) % 4;
    const uint8_t temporal = kPattern[phase_];
    if (temporal == 0) ++tl0_;
    made_.push_back({temporal, tl0_, key});
    const auto picture = static_cast<int64_t>(made_.size() - 1);
    if (comes) arrive(picture);
    return picture;
  }
  void send(int count) {
    for (int i = 0; i < count; ++i) next();
  }
  // One packet of it; `first` alone shows a key frame.
  void arrive(int64_t picture, bool first = true) {
    const Picture& p = made_[static_cast<size_t>(picture)];
    pattern_.on_picture(picture, p.temporal, p.tl0, p.key && first);
  }
  // Layers of the last `count` pictures before `picture`, the oldest first.
  std::string before(int64_t picture, int count) const {
    std::string out;
    for (int back = count - 1; back >= 0; --back)
      out += static_cast<char>('0' + (pattern_.before(picture) >> (2 * back) & 3));
    return out;
  }

  TemporalPattern pattern_;

 private:
  std::vector<Picture> made_;
  size_t phase_ = 3;
  uint8_t tl0_ = 250;
};

TEST_F(TemporalPatternTest, WhatDidNotComeIsTakenForWhatThePatternLetsExpect) {
  send(9);
  next(false, false);
  next(false, false);
  EXPECT_EQ(before(next(), 4), "2021") << "2 and 1 were lost";
}

TEST_F(TemporalPatternTest, AKeyFrameAmongThemIsLookedForWhereTheNextPictureSaysItWas) {
  next(true);
  send(10);                              // 0 2 1 2 0 2 1 2 0 2 1
  next(true, false);                     // 0
  next(false, false);                    // 2
  EXPECT_EQ(before(next(), 4), "2102");  // a middle one comes second after its base
}

TEST_F(TemporalPatternTest, WhatComesLateIsKnown) {
  next(true);
  send(9);                                    // 0 2 1 2 0 2 1 2 0 2
  const int64_t key = next(true, false);      // 0
  const int64_t second = next(false, false);  // 2
  const int64_t third = next(false, false);   // 1
  const int64_t fourth = next(false, false);  // 2
  next();                                     // 0
  EXPECT_EQ(before(next(), 5), "02120") << "a base is a whole pattern away from the next";
  arrive(fourth);
  arrive(second);
  arrive(key);
  arrive(third);
  EXPECT_EQ(before(next(), 6), "021202");
}

TEST_F(TemporalPatternTest, ABaseThatWasPutAtTheWrongPlaceMovesToWhereItIs) {
  next(true);
  send(9);                                    // 0 2 1 2 0 2 1 2 0 2
  const int64_t key = next(true, false);      // 0
  const int64_t second = next(false, false);  // 2
  next(false, false);                         // 1
  const int64_t fourth = next();              // 2, first or third after its base
  arrive(key);
  EXPECT_EQ(before(fourth, 5), "02021") << "the base is known, so the others follow from it";
  arrive(second);
  EXPECT_EQ(before(next(), 4), "0212");
}

TEST_F(TemporalPatternTest, AKeyFrameIsNoPeriodThoughItsFirstPacketIsOvertaken) {
  next(true);
  send(9);                                // 0 2 1 2 0 2 1 2 0 2
  const int64_t key = next(true, false);  // two after the base before it
  arrive(key, false);
  arrive(key);
  next();              // 2
  next(false, false);  // 1
  EXPECT_EQ(before(next(), 3), "021");
}

TEST_F(TemporalPatternTest, AnotherPatternIsFollowedOnceItGoesOn) {
  TemporalPattern pattern;
  uint8_t tl0 = 0;
  int64_t picture = 0;
  const auto add = [&](std::initializer_list<uint8_t> layers) {
    for (const uint8_t temporal : layers) {
      if (temporal == 0) ++tl0;
      pattern.on_picture(picture++, temporal, tl0, false);
    }
  };
  add({0, 2, 1, 2, 0, 2, 1, 2, 0, 1, 0, 1, 0});
  ++picture;  // a 1
  add({0});
  EXPECT_EQ(pattern.before(picture - 1) & 3, 1u);
}

}  // namespace
}  // namespace parley::sfu
