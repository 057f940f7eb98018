#include "stun/transaction.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "stun/builder.h"

namespace parley::stun {
namespace {

constexpr TransactionId kId = {1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144};
constexpr Timestamp kStart = Timestamp::seconds(100);

std::vector<uint8_t> message(MessageClass message_class, const TransactionId& id) {
  std::vector<uint8_t> m(kHeaderSize);
  MessageBuilder b(m, message_class, Method::Binding, id);
  b.finish();
  return m;
}

// The times at which requests leave, relative to the start, until the transaction ends.
std::vector<int64_t> run_to_end(ClientTransaction& t, Timestamp& end) {
  std::vector<int64_t> sent;
  Bytes out;
  Timestamp now = kStart;
  while (t.state() == ClientTransaction::State::InProgress) {
    while (t.poll_output(out)) sent.push_back((now - kStart).ms());
    now = t.poll_timeout().when;
    t.handle_timeout(now);
  }
  end = now;
  return sent;
}

// RFC 8489 §6.2.1: "requests would be sent at times 0 ms, 500 ms, 1500 ms, 3500 ms, 7500 ms, 15500
// ms, and 31500 ms
// [...] timed out at 39500 ms".
TEST(TransactionTest, RetransmitsAtTheTimesOfTheRfc) {
  ClientTransaction t(message(MessageClass::Request, kId), {}, kStart);
  Timestamp end;
  EXPECT_EQ(run_to_end(t, end), (std::vector<int64_t>{0, 500, 1500, 3500, 7500, 15500, 31500}));
  EXPECT_EQ((end - kStart).ms(), 39500);
  EXPECT_EQ(t.state(), ClientTransaction::State::TimedOut);
  EXPECT_TRUE(t.poll_timeout().when.is_never());
}

TEST(TransactionTest, TakesItsTimesFromTheConfig) {
  ClientTransaction t(message(MessageClass::Request, kId),
                      {.rto = TimeDelta::millis(100), .max_requests = 3, .last_wait_factor = 2},
                      kStart);
  Timestamp end;
  EXPECT_EQ(run_to_end(t, end), (std::vector<int64_t>{0, 100, 300}));
  EXPECT_EQ((end - kStart).ms(), 500);
}

TEST(TransactionTest, EndsWithAResponseOfItsOwnId) {
  ClientTransaction t(message(MessageClass::Request, kId), {}, kStart);
  Bytes out;
  ASSERT_TRUE(t.poll_output(out));
  EXPECT_EQ(MessageView::parse(out)->transaction_id(), kId);
  EXPECT_FALSE(t.poll_output(out));

  const auto foreign = message(MessageClass::Success, TransactionId{});
  EXPECT_FALSE(t.handle_response(*MessageView::parse(foreign)));
  const auto request = message(MessageClass::Request, kId);
  EXPECT_FALSE(t.handle_response(*MessageView::parse(request)));
  const auto response = message(MessageClass::Error, kId);
  EXPECT_TRUE(t.handle_response(*MessageView::parse(response)));
  EXPECT_EQ(t.state(), ClientTransaction::State::Answered);
  EXPECT_FALSE(t.handle_response(*MessageView::parse(response)));
  t.handle_timeout(kStart + TimeDelta::seconds(60));
  EXPECT_FALSE(t.poll_output(out));
  EXPECT_EQ(t.state(), ClientTransaction::State::Answered);
}

TEST(RetransmitScheduleTest, HasteningSendsAtOnceAndKeepsTheCount) {
  RetransmitSchedule s({.rto = TimeDelta::millis(100), .max_requests = 2, .last_wait_factor = 4},
                       kStart);
  EXPECT_TRUE(s.take_due(kStart));
  EXPECT_FALSE(s.take_due(kStart));
  s.hasten(kStart);
  EXPECT_TRUE(s.take_due(kStart));
  EXPECT_EQ(s.sent(), 2);
  EXPECT_FALSE(s.expired(kStart + TimeDelta::millis(399)));
  EXPECT_TRUE(s.expired(kStart + TimeDelta::millis(400)));
}

}  // namespace
}  // namespace parley::stun
