#include "io/spsc_ring.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

namespace parley::io {
namespace {

TEST(SpscRingTest, GivesWhatWasCommittedInOrder) {
  SpscRing<int> ring(4);
  EXPECT_EQ(ring.peek(), nullptr);
  for (int i = 1; i <= 3; ++i) {
    *ring.reserve() = i;
    EXPECT_EQ(ring.peek(static_cast<size_t>(i) - 1), nullptr) << "not committed yet";
    ring.commit();
  }
  EXPECT_EQ(*ring.peek(0), 1);
  EXPECT_EQ(*ring.peek(2), 3);
  EXPECT_EQ(ring.peek(3), nullptr);
  ring.release(2);
  EXPECT_EQ(*ring.peek(), 3);
}

TEST(SpscRingTest, IsFullUntilTheConsumerReleases) {
  SpscRing<int> ring(2);
  for (int i = 0; i < 2; ++i) {
    ASSERT_NE(ring.reserve(), nullptr);
    ring.commit();
  }
  EXPECT_EQ(ring.reserve(), nullptr);
  ASSERT_NE(ring.peek(), nullptr);
  EXPECT_EQ(ring.reserve(), nullptr) << "a peek lets nothing go";
  ring.release(1);
  EXPECT_NE(ring.reserve(), nullptr);
}

TEST(SpscRingTest, CarriesEverythingFromOneThreadToAnother) {
  constexpr uint64_t kCount = 200'000;
  SpscRing<uint64_t> ring(64);
  std::thread producer([&] {
    for (uint64_t i = 0; i < kCount;) {
      uint64_t* place = ring.reserve();
      if (place == nullptr) {
        std::this_thread::yield();
        continue;
      }
      *place = i++;
      ring.commit();
    }
  });
  for (uint64_t expected = 0; expected < kCount;) {
    size_t taken = 0;
    while (const uint64_t* value = ring.peek(taken)) {
      EXPECT_EQ(*value, expected);
      if (*value != expected) break;
      ++expected;
      ++taken;
    }
    ring.release(taken);
    if (taken == 0) std::this_thread::yield();
  }
  producer.join();
}

}  // namespace
}  // namespace parley::io
