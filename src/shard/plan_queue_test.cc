#include "shard/plan_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace parley::shard {
namespace {

class PlanQueueTest : public ::testing::Test {
 protected:
  sfu::ForwardPlan plan(uint8_t fill, size_t size = 100) {
    const std::vector<uint8_t> payload(size, fill);
    sfu::ForwardPlan out{.sequence = fill, .video = true};
    out.kept = pool_.store(payload);
    out.payload = pool_.payload(out.kept);
    return out;
  }
  // As the packet cache does when a newer packet takes its place.
  void forget(const sfu::ForwardPlan& plan) { pool_.release(plan.kept); }

  sfu::PacketPool pool_{8};
  PlanStore store_{pool_, 4};
  PlanQueue queue_;
  sfu::ForwardPlan out_;
};

TEST_F(PlanQueueTest, GivesBackInOrderWithTheirPayloads) {
  for (uint8_t i = 1; i <= 3; ++i) ASSERT_TRUE(store_.push(queue_, plan(i, i)));
  EXPECT_EQ(queue_.size(), DataSize::bytes(6));
  for (uint8_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(store_.pop(queue_, out_));
    EXPECT_EQ(out_.sequence, i);
    ASSERT_EQ(out_.payload.size(), i);
    EXPECT_EQ(out_.payload[0], i);
    store_.release(out_);
  }
  EXPECT_FALSE(store_.pop(queue_, out_));
  EXPECT_EQ(queue_.size(), DataSize());
}

TEST_F(PlanQueueTest, HoldsThePayloadThoughTheCacheLetsItGo) {
  const auto first = plan(1);
  ASSERT_TRUE(store_.push(queue_, first));
  forget(first);
  for (uint8_t i = 0; i < 7; ++i) plan(9);
  EXPECT_EQ(pool_.free_packets(), 0u);
  ASSERT_TRUE(store_.pop(queue_, out_));
  EXPECT_EQ(out_.payload[0], 1);
  store_.release(out_);
  EXPECT_EQ(pool_.free_packets(), 1u);
}

TEST_F(PlanQueueTest, RefusesWhatItHasNoPlaceFor) {
  for (uint8_t i = 0; i < 4; ++i) ASSERT_TRUE(store_.push(queue_, plan(i)));
  const auto refused = plan(7);
  EXPECT_FALSE(store_.push(queue_, refused));
  forget(refused);
  EXPECT_EQ(pool_.free_packets(), 4u) << "a refused plan holds nothing";
  sfu::ForwardPlan unkept;
  EXPECT_FALSE(store_.push(queue_, unkept));
}

TEST_F(PlanQueueTest, QueuesShareTheStoreAndClearingReturnsEverything) {
  PlanQueue other;
  std::vector<sfu::ForwardPlan> plans;
  for (uint8_t i = 0; i < 4; ++i) {
    plans.push_back(plan(i));
    ASSERT_TRUE(store_.push(i % 2 ? queue_ : other, plans.back()));
  }
  for (const auto& p : plans) forget(p);
  store_.clear(queue_);
  EXPECT_EQ(store_.free_places(), 2u);
  store_.clear(other);
  EXPECT_EQ(store_.free_places(), 4u);
  EXPECT_EQ(pool_.free_packets(), pool_.capacity());
}

TEST_F(PlanQueueTest, PlacesAreUsedAgainInAnyOrder) {
  PlanQueue other;
  for (uint8_t round = 0; round < 9; ++round) {
    for (uint8_t i = 0; i < 4; ++i) {
      const auto next = plan(static_cast<uint8_t>(4 * round + i));
      ASSERT_TRUE(store_.push((i + round) % 3 == 0 ? other : queue_, next));
      forget(next);
    }
    EXPECT_EQ(store_.free_places(), 0u);
    for (uint8_t i = 0; i < 4; ++i) {
      if ((i + round) % 3 == 0) continue;
      ASSERT_TRUE(store_.pop(queue_, out_));
      EXPECT_EQ(out_.payload[0], 4 * round + i);
      store_.release(out_);
    }
    store_.clear(other);
    EXPECT_EQ(store_.free_places(), 4u);
  }
}

}  // namespace
}  // namespace parley::shard
