#include "app/media_thread.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <deque>
#include <string>

namespace parley::app {
namespace {

// Answers each datagram three times, each command with an event, and a deadline with another event.
class FakeShard {
 public:
  void handle_command(const media::Command& command, Timestamp now) {
    const auto& removed = std::get<media::RemovePeer>(command);
    events_.push_back(media::TrackLive{removed.peer, TrackId{1}});
    deadline_ = now + TimeDelta::millis(5);
  }
  void handle_datagram(const FlowPath& path, MutableBytes bytes, Timestamp, TimeDelta) {
    path_ = path;
    text_ = as_text(bytes);
    answers_ = 3;
  }
  bool wants_poll() const { return true; }
  void handle_timeout(Timestamp now) {
    if (now < deadline_) return;
    deadline_ = Timestamp::never();
    events_.push_back(media::TrackLive{PeerId{9}, TrackId{2}});
  }
  std::span<const DatagramRun> poll_runs() {
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
  Deadline poll_timeout() const { return {deadline_, "test"}; }

 private:
  FlowPath path_;
  std::string text_;
  std::string buffer_;  // overwritten by the next poll
  DatagramRun run_;
  int answers_ = 0;
  Timestamp deadline_ = Timestamp::never();
  std::deque<media::Event> events_;
};

using FakeThread = MediaThread<FakeShard>;

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
