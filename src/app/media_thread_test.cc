#include "app/media_thread.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace parley::app {
namespace {

// Answers each datagram three times, each command with an event, and a deadline with another event.
class FakeShard {
 public:
  explicit FakeShard(TimeDelta wait = TimeDelta::millis(5), TimeDelta leeway = {})
      : wait_(wait), leeway_(leeway) {}
  void handle_command(const media::Command& command, Timestamp now) {
    const auto& removed = std::get<media::RemovePeer>(command);
    events_.push_back(media::TrackLive{removed.peer, TrackId{1}});
    deadline_ = now + wait_;
  }
  void handle_datagram(const FlowPath& path, MutableBytes bytes, Timestamp, TimeDelta) {
    path_ = path;
    text_ = as_text(bytes);
    answers_ = 3;
  }
  void note_wait(TimeDelta) {}
  void note_lost(uint64_t) {}
  void note_rest() {}
  bool wants_poll() const { return true; }
  void handle_timeout(Timestamp now) {
    if (now < deadline_) return;
    deadline_ = Timestamp::never();
    events_.push_back(media::TrackLive{PeerId{9}, TrackId{2}});
  }
  std::span<const DatagramRun> poll_runs(Timestamp) {
    if (answers_ == 0) return {};
    buffer_ = text_ + std::to_string(answers_--);
    run_ = {path_, as_bytes(buffer_), static_cast<uint16_t>(buffer_.size())};
    return {&run_, 1};
  }
  bool poll_event(media::Event& out) {
    if (events_.empty()) return false;
    out = events_.front();
    events_.pop_front();
    return true;
  }
  Deadline poll_timeout() const {
    return deadline_.is_never() ? Deadline() : Deadline{deadline_, "test", leeway_};
  }

 private:
  TimeDelta wait_;
  TimeDelta leeway_;
  FlowPath path_;
  std::string text_;
  std::string buffer_;  // overwritten by the next poll
  DatagramRun run_;
  int answers_ = 0;
  Timestamp deadline_ = Timestamp::never();
  std::deque<media::Event> events_;
};

using FakeThread = MediaThread<FakeShard>;

// Notes the order in which things came to it, and stands still at a gate before each of them.
class OrderShard {
 public:
  explicit OrderShard(std::counting_semaphore<>& arrived, std::counting_semaphore<>& gate,
                      std::vector<std::string>& order, std::atomic<uint64_t>& lost)
      : arrived_(arrived), gate_(gate), order_(order), lost_(lost) {}
  void handle_command(const media::Command& command, Timestamp) {
    note("command " + std::to_string(std::get<media::RemovePeer>(command).peer.value));
  }
  void handle_datagram(const FlowPath&, MutableBytes bytes, Timestamp, TimeDelta) {
    note(std::string(as_text(bytes)));
  }
  void note_wait(TimeDelta) {}
  void note_lost(uint64_t datagrams) { lost_ += datagrams; }
  void note_rest() { order_.emplace_back("rest"); }
  bool wants_poll() const { return false; }
  void handle_timeout(Timestamp) {}
  std::span<const DatagramRun> poll_runs(Timestamp) { return {}; }
  bool poll_event(media::Event&) { return false; }
  Deadline poll_timeout() const { return {Timestamp::never(), "test"}; }

 private:
  void note(std::string what) {
    order_.push_back(std::move(what));
    arrived_.release();
    gate_.acquire();
  }

  std::counting_semaphore<>& arrived_;
  std::counting_semaphore<>& gate_;
  std::vector<std::string>& order_;
  std::atomic<uint64_t>& lost_;
};

// A thread that can be watched and held at each step, and a client of it.
class MediaThreadOrderTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(client); }
  void send(const char* text) {
    const io::OutgoingDatagram out{{{}, {loopback, thread.port()}}, as_bytes(text)};
    client->send({&out, 1});
  }

  std::counting_semaphore<> arrived{0};
  std::counting_semaphore<> gate{0};
  std::vector<std::string> order;
  std::atomic<uint64_t> lost = 0;
  MediaThread<OrderShard> thread{std::move(*bind_media_socket(0, 0)),
                                 std::make_unique<OrderShard>(arrived, gate, order, lost), "test"};
  const IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
  std::expected<io::UdpSocket, io::BindError> client = io::UdpSocket::bind(loopback, 0);
};

std::vector<media::Event> wait_events(FakeThread& thread, size_t count) {
  std::vector<media::Event> events;
  while (events.size() < count) {
    pollfd p{.fd = thread.events_fd(), .events = POLLIN, .revents = 0};
    if (poll(&p, 1, 5000) != 1) break;
    for (media::Event& event : thread.take_events()) events.push_back(event);
  }
  return events;
}

TEST(MediaThreadTest, AnswersDatagramsFromTheAddressTheyCameTo) {
  FakeThread thread(std::move(*bind_media_socket(0, 0)), std::make_unique<FakeShard>(), "test");
  const IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
  auto client = io::UdpSocket::bind(loopback, 0);
  ASSERT_TRUE(client);
  const io::OutgoingDatagram ask{{{}, {loopback, thread.port()}}, as_bytes("hello")};
  client->send({&ask, 1});
  std::vector<std::string> answers;
  io::ReceiveBatch batch;
  while (answers.size() < 3) {
    pollfd p{.fd = client->fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&p, 1, 5000), 1);
    client->receive(batch);
    for (const auto& d : batch.datagrams()) {
      answers.emplace_back(as_text(d.bytes));
      EXPECT_EQ(d.path.remote.port, thread.port());
    }
  }
  EXPECT_EQ(answers, (std::vector<std::string>{"hello3", "hello2", "hello1"}));
  thread.stop();
  EXPECT_EQ(thread.counters().datagrams_received.load(), 1u);
  EXPECT_EQ(thread.counters().datagrams_sent.load(), 3u);
}

TEST(MediaThreadTest, CarriesCommandsInAndEventsOutAndKeepsDeadlines) {
  FakeThread thread(std::move(*bind_media_socket(0, 0)), std::make_unique<FakeShard>(), "test");
  ASSERT_TRUE(thread.send(media::RemovePeer{PeerId{4}}));
  const auto events = wait_events(thread, 2);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<media::TrackLive>(events[0]).peer, PeerId{4});
  EXPECT_EQ(std::get<media::TrackLive>(events[1]).peer, PeerId{9});
}

TEST(MediaThreadTest, WhatIsDueAndCanWaitIsDoneWithTheNextDatagram) {
  FakeThread thread(std::move(*bind_media_socket(0, 0)),
                    std::make_unique<FakeShard>(TimeDelta::zero(), TimeDelta::seconds(3600)),
                    "test");
  ASSERT_TRUE(thread.send(media::RemovePeer{PeerId{4}}));
  ASSERT_EQ(wait_events(thread, 1).size(), 1u);
  const IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
  auto client = io::UdpSocket::bind(loopback, 0);
  ASSERT_TRUE(client);
  const io::OutgoingDatagram ask{{{}, {loopback, thread.port()}}, as_bytes("hello")};
  client->send({&ask, 1});
  const auto events = wait_events(thread, 1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<media::TrackLive>(events[0]).peer, PeerId{9});
}

// The first check of a client that was just told of its seat found nobody there, and came again
// half a second later.
TEST_F(MediaThreadOrderTest, TakesTheCommandForASeatBeforeTheSeatsFirstDatagram) {
  ASSERT_TRUE(thread.send(media::RemovePeer{PeerId{9}}));
  arrived.acquire();
  // While the thread is busy, a command and a datagram come: one wake-up for both.
  ASSERT_TRUE(thread.send(media::RemovePeer{PeerId{1}}));
  send("second");
  gate.release();
  arrived.acquire();
  // It is at the command, and the loop has looked already: now comes a seat, and who sits there.
  ASSERT_TRUE(thread.send(media::RemovePeer{PeerId{2}}));
  send("seat 2");
  gate.release(4);
  for (int i = 0; i < 3; ++i) arrived.acquire();
  thread.stop();
  const auto seat = std::ranges::find(order, "command 2");
  const auto check = std::ranges::find(order, "seat 2");
  EXPECT_LT(seat, check) << fmt::format("{}", fmt::join(order, ", "));
}

TEST_F(MediaThreadOrderTest, TellsOfARestOnlyIfADatagramFindsItWaiting) {
  const auto rests = [&] { return std::ranges::count(order, "rest"); };
  // How soon it waits after its last work can't be seen from outside, so each comes a little later.
  for (auto pause = std::chrono::microseconds(1); rests() == 0; pause *= 2) {
    ASSERT_LT(pause, std::chrono::seconds(2)) << fmt::format("{}", fmt::join(order, ", "));
    std::this_thread::sleep_for(pause);
    send("sound");
    arrived.acquire();
    if (rests() == 0) gate.release();
  }
  send("sound");  // while it is busy
  gate.release();
  arrived.acquire();
  EXPECT_EQ(rests(), 1) << fmt::format("{}", fmt::join(order, ", "));
  gate.release();
}

TEST_F(MediaThreadOrderTest, TellsWhatItsSocketHadNoRoomFor) {
  send("first");
  arrived.acquire();
  EXPECT_EQ(lost, 0u);
  for (int i = 0; i < 40'000; ++i) send("more");  // than 8 MiB, by what the kernel counts for each
  gate.release(1'000'000);
  for (int i = 0; i < 50'000 && lost == 0; ++i) {
    send("last");  // bears what was lost before it
    arrived.acquire();
  }
  thread.stop();
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(lost, thread.counters().dropped_receive_full);
}

// Counts what it is told.
class CountingShard : public FakeShard {
 public:
  explicit CountingShard(std::counting_semaphore<>& feedback, std::atomic<int>& waits)
      : feedback_(feedback), waits_(waits) {}
  void handle_datagram(const FlowPath&, MutableBytes bytes, Timestamp, TimeDelta) {
    if (bytes[0] == 0x8f) feedback_.release();
  }
  void note_wait(TimeDelta) { ++waits_; }

 private:
  std::counting_semaphore<>& feedback_;
  std::atomic<int>& waits_;
};

TEST(MediaThreadTest, FeedbackThatComesOftenSharesWakeUps) {
  std::counting_semaphore<> feedback{0};
  std::atomic<int> waits = 0;
  MediaThread<CountingShard> thread(std::move(*bind_media_socket(0, 0)),
                                    std::make_unique<CountingShard>(feedback, waits), "test");
  const IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
  auto client = io::UdpSocket::bind(loopback, 0);
  ASSERT_TRUE(client);
  const auto send = [&](const char* text) {
    const io::OutgoingDatagram out{{{}, {loopback, thread.port()}}, as_bytes(text)};
    client->send({&out, 1});
  };
  constexpr int kCount = 50;
  const Timestamp start = io::monotonic_now();
  for (int i = 0; i < kCount; ++i) {
    send("\x8f\xcd");
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  for (int i = 0; i < kCount; ++i) ASSERT_TRUE(feedback.try_acquire_for(std::chrono::seconds(5)));
  const TimeDelta took = io::monotonic_now() - start;
  EXPECT_EQ(waits, 0);  // that feedback waited doesn't make the thread a busy one
  send("sound");
  while (waits == 0) std::this_thread::yield();
  thread.stop();
  EXPECT_EQ(thread.counters().datagrams_received.load(), kCount + 1u);
  // Two until it waits, one each pause, and those for the sound and the end.
  EXPECT_LE(thread.counters().wakeups.load(),
            static_cast<uint64_t>(took.us() / Patience::kMost.us()) + 6);
}

TEST(MediaThreadTest, SaysInASentenceThatItsPortIsTaken) {
  auto first = bind_media_socket(0, 0);
  ASSERT_TRUE(first);
  const auto second = bind_media_socket(first->port(), 0);
  ASSERT_FALSE(second);
  EXPECT_EQ(
      second.error(),
      "UDP port " + std::to_string(first->port()) +
          " is taken: another program uses it for media; stop that program or use --media-port "
          "with another number.");
}

}  // namespace
}  // namespace parley::app
