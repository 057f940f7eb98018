#include "shard/even_sizes.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace parley::shard {
namespace {

constexpr std::array<uint8_t, 1'200> kBytes{};

sfu::ForwardPlan picture(size_t payload) {
  return {.ssrc = 1, .video = true, .payload = Bytes(kBytes).first(payload)};
}

std::vector<size_t> paddings(const std::vector<sfu::ForwardPlan>& plans) {
  ViewerOrder order;
  order.reserve(1, plans.size());
  for (uint32_t i = 0; i < plans.size(); ++i) order.add(i, 0);
  EvenSizes even;
  std::vector<size_t> out;
  for (uint32_t i = 0; i < plans.size(); ++i) {
    order.take(i);  // the plan at hand was taken already
    out.push_back(even.padding(plans, order, i));
  }
  return out;
}

std::vector<size_t> paddings_of_pictures(const std::vector<size_t>& payloads) {
  std::vector<sfu::ForwardPlan> plans;
  plans.reserve(payloads.size());
  for (const size_t payload : payloads) plans.push_back(picture(payload));
  return paddings(plans);
}

using Sizes = std::vector<size_t>;

TEST(EvenSizesTest, NeighboursThatDifferByAFewBytesBecomeAsLongAsTheLongest) {
  EXPECT_EQ(paddings_of_pictures({1'000, 1'000, 1'001, 1'001}), (Sizes{1, 1, 0, 0}));
  EXPECT_EQ(paddings_of_pictures({1'000, 992, 996, 1'000}), (Sizes{0, 8, 4, 0}));
}

TEST(EvenSizesTest, TheLastMayBeShorterAndEqualOnesNeedNothing) {
  EXPECT_EQ(paddings_of_pictures({1'001, 1'000, 1'000}), (Sizes{0, 1, 0}));
  EXPECT_EQ(paddings_of_pictures({1'000, 1'000}), (Sizes{0, 0}));
  EXPECT_EQ(paddings_of_pictures({1'000}), (Sizes{0}));
}

TEST(EvenSizesTest, WhatDiffersByMoreBeginsAnew) {
  EXPECT_EQ(paddings_of_pictures({1'000, 1'001, 900, 901, 902, 300}), (Sizes{1, 0, 2, 1, 0, 0}));
  // Each within reach of its neighbour, but not of all.
  EXPECT_EQ(paddings_of_pictures({1'000, 1'006, 1'012, 1'018}), (Sizes{6, 0, 6, 0}));
}

TEST(EvenSizesTest, SoundRepairsAndOtherSlotsStayAsTheyAre) {
  auto sound = picture(100);
  sound.video = false;
  auto more_sound = picture(101);
  more_sound.video = false;
  EXPECT_EQ(paddings({sound, more_sound}), (Sizes{0, 0}));
  auto repair = picture(1'001);
  repair.original_sequence = 7;
  EXPECT_EQ(paddings({picture(1'000), repair, picture(1'000)}), (Sizes{0, 0, 0}));
  auto other = picture(1'001);
  other.ssrc = 2;
  EXPECT_EQ(paddings({picture(1'000), other}), (Sizes{0, 0}));
}

}  // namespace
}  // namespace parley::shard
