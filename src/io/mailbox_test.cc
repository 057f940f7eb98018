#include "io/mailbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "io/clock.h"
#include "io/interfaces.h"
#include "io/poll_loop.h"
#include "io/system_random.h"

namespace parley::io {
namespace {

TEST(MailboxTest, CarriesEveryValueFromManyThreadsInOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  Mailbox<std::pair<int, int>> mailbox(kThreads * kEach);
  PollLoop loop;
  loop.watch_readable(mailbox.fd(), 7);
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&mailbox, t] {
      for (int i = 0; i < kEach; ++i) ASSERT_TRUE(mailbox.push({t, i}));
    });
  }
  std::vector<int> next(kThreads, 0);
  int total = 0;
  while (total < kThreads * kEach) {
    const auto ready = loop.wait(monotonic_now() + TimeDelta::seconds(10));
    ASSERT_EQ(ready.size(), 1u);
    EXPECT_EQ(ready[0], 7u);
    for (const auto& [thread, i] : mailbox.take()) {
      EXPECT_EQ(i, next[static_cast<size_t>(thread)]++);
      ++total;
    }
  }
  EXPECT_TRUE(mailbox.take().empty());
}

TEST(MailboxTest, RefusesWhenFullAndTakesAgainOnceEmptied) {
  Mailbox<std::unique_ptr<int>> mailbox(2);
  EXPECT_TRUE(mailbox.push(std::make_unique<int>(1)));
  EXPECT_TRUE(mailbox.push(std::make_unique<int>(2)));
  EXPECT_FALSE(mailbox.push(std::make_unique<int>(3)));
  EXPECT_EQ(mailbox.take().size(), 2u);
  EXPECT_TRUE(mailbox.push(std::make_unique<int>(4)));
  EXPECT_EQ(*mailbox.take().at(0), 4);
}

TEST(SystemRandomTest, NeverGivesTheSameTwice) {
  SystemRandom random;
  std::vector<uint64_t> draws;
  for (int i = 0; i < 1000; ++i) draws.push_back(random.u64());
  std::sort(draws.begin(), draws.end());
  EXPECT_EQ(std::adjacent_find(draws.begin(), draws.end()), draws.end());
  std::vector<uint8_t> large(2000);
  random.fill(large);
  EXPECT_GT(std::count_if(large.begin(), large.end(), [](uint8_t b) { return b != 0; }), 1800);
}

TEST(InterfacesTest, FlagLoopback) {
  bool seen_loopback = false;
  for (const InterfaceAddress& address : interface_addresses()) {
    EXPECT_EQ(address.loopback, address.ip.is_loopback());
    seen_loopback = seen_loopback || address.loopback;
  }
  EXPECT_TRUE(seen_loopback);
  EXPECT_FALSE(host_name().empty());
}

}  // namespace
}  // namespace parley::io
