#include "chat/log.h"

#include <gtest/gtest.h>

namespace parley::chat {
namespace {

Message message(std::string from, std::string key, std::string text) {
  return {.from = std::move(from),
          .name = "Bo",
          .text = std::move(text),
          .time_ms = 1767225600000,
          .key = std::move(key)};
}

TEST(ChatLogTest, NumbersMessagesFromOneWithoutGaps) {
  Log log;
  EXPECT_EQ(log.last_seq(), 0);
  EXPECT_EQ(log.post(message("p1", "a", "one")).seq, 1);
  EXPECT_EQ(log.post(message("p1", "b", "two")).seq, 2);
  EXPECT_EQ(log.post(message("p2", "a", "three")).seq, 3);
  EXPECT_EQ(log.last().text, "three");
}

TEST(ChatLogTest, RepeatedKeyOfTheSameParticipantKeepsItsFirstNumber) {
  Log log;
  log.post(message("p1", "a", "one"));
  log.post(message("p2", "b", "two"));
  const Log::Posted again = log.post(message("p1", "a", "one, again"));
  EXPECT_EQ(again.seq, 1);
  EXPECT_FALSE(again.fresh);
  EXPECT_EQ(log.last_seq(), 2);
  EXPECT_EQ(log.since(0)[0].text, "one");
}

TEST(ChatLogTest, SameKeyOfAnotherParticipantIsAnotherMessage) {
  Log log;
  log.post(message("p1", "a", "one"));
  EXPECT_TRUE(log.post(message("p2", "a", "two")).fresh);
}

TEST(ChatLogTest, SinceGivesWhatCameAfter) {
  Log log;
  for (const char* key : {"a", "b", "c"}) log.post(message("p1", key, key));
  EXPECT_EQ(log.since(0).size(), 3u);
  ASSERT_EQ(log.since(2).size(), 1u);
  EXPECT_EQ(log.since(2)[0].text, "c");
  EXPECT_TRUE(log.since(3).empty());
  EXPECT_TRUE(log.since(1'000).empty());
}

TEST(ChatLogTest, KeepsTheLastFiveHundred) {
  Log log;
  for (int i = 1; i <= 501; ++i) log.post(message("p1", std::to_string(i), "text"));
  const std::vector<Message> kept = log.since(0);
  ASSERT_EQ(kept.size(), 500u);
  EXPECT_EQ(kept.front().seq, 2);
  EXPECT_EQ(kept.back().seq, 501);
  // The key of what is no longer kept is forgotten with it.
  EXPECT_TRUE(log.post(message("p1", "1", "text")).fresh);
  EXPECT_EQ(log.last_seq(), 502);
}

}  // namespace
}  // namespace parley::chat
