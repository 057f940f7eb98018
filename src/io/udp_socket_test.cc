#include "io/udp_socket.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace parley::io {
namespace {

const IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);
const IpAddress kOtherLoopback = IpAddress::v4(127, 0, 0, 2);

void wait_readable(const UdpSocket& socket) {
  pollfd p{.fd = socket.fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&p, 1, 5000), 1);
}

std::vector<std::string> receive_texts(UdpSocket& socket, size_t count) {
  std::vector<std::string> texts;
  ReceiveBatch batch;
  while (texts.size() < count) {
    pollfd p{.fd = socket.fd(), .events = POLLIN, .revents = 0};
    if (poll(&p, 1, 5000) != 1) break;
    socket.receive(batch);
    for (const ReceivedDatagram& d : batch.datagrams()) texts.emplace_back(as_text(d.bytes));
  }
  return texts;
}

TEST(UdpSocketTest, ReportsBothEndsAndAnswersFromTheAddressThatWasAsked) {
  auto server = UdpSocket::bind(std::nullopt, 0);
  ASSERT_TRUE(server) << server.error().message;
  auto client = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(client);
  // 127.0.0.2 is ours as well on Linux: a second address of one host.
  const FlowPath to_server{.local = {kLoopback, client->port()},
                           .remote = {kOtherLoopback, server->port()}};
  const OutgoingDatagram hello{.path = to_server, .bytes = as_bytes("hello")};
  ASSERT_EQ(client->send({&hello, 1}), 1u);

  wait_readable(*server);
  ReceiveBatch batch;
  ASSERT_EQ(server->receive(batch), 1u);
  const ReceivedDatagram& received = batch.datagrams()[0];
  EXPECT_EQ(as_text(received.bytes), "hello");
  EXPECT_EQ(received.path.local, (SocketAddress{kOtherLoopback, server->port()}));
  EXPECT_EQ(received.path.remote, (SocketAddress{kLoopback, client->port()}));

  const OutgoingDatagram answer{.path = received.path, .bytes = as_bytes("back")};
  ASSERT_EQ(server->send({&answer, 1}), 1u);
  wait_readable(*client);
  ASSERT_EQ(client->receive(batch), 1u);
  EXPECT_EQ(batch.datagrams()[0].path.remote, (SocketAddress{kOtherLoopback, server->port()}));
}

void let_pass(int ms) {
  pollfd nothing{.fd = -1, .events = 0, .revents = 0};
  poll(&nothing, 1, ms);
}

// The kernel begins to note times a moment after the first socket asked for them (Linux,
// net_enable_timestamp): what comes before that bears the time at which it is taken.
bool kernel_notes_times(UdpSocket& server, UdpSocket& client, const FlowPath& path) {
  const OutgoingDatagram datagram{.path = path, .bytes = as_bytes("when?")};
  ReceiveBatch batch;
  for (int tries = 0; tries < 1000; ++tries) {
    if (client.send({&datagram, 1}) != 1) return false;
    let_pass(2);
    if (server.receive(batch) == 1 && batch.datagrams()[0].waited >= TimeDelta::millis(1))
      return true;
  }
  return false;
}

TEST(UdpSocketTest, TellsHowLongADatagramLayInTheKernel) {
  auto server = UdpSocket::bind(kLoopback, 0);
  auto client = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(server && client);
  const FlowPath path{.local = {kLoopback, client->port()}, .remote = {kLoopback, server->port()}};
  ASSERT_TRUE(kernel_notes_times(*server, *client, path));
  const OutgoingDatagram early{.path = path, .bytes = as_bytes("early")};
  const OutgoingDatagram late{.path = path, .bytes = as_bytes("late")};
  ASSERT_EQ(client->send({&early, 1}), 1u);
  let_pass(30);
  ASSERT_EQ(client->send({&late, 1}), 1u);
  wait_readable(*server);
  ReceiveBatch batch;
  ASSERT_EQ(server->receive(batch), 2u);
  const TimeDelta apart = batch.datagrams()[0].waited - batch.datagrams()[1].waited;
  EXPECT_GE(apart, TimeDelta::millis(29)) << "both were taken at once, sent 30 ms apart";
}

TEST(UdpSocketTest, CarriesIpv6OnTheSameSocketWhereTheSystemHasIt) {
  auto server = UdpSocket::bind(std::nullopt, 0);
  ASSERT_TRUE(server);
  const IpAddress loopback = *IpAddress::parse("::1");
  auto client = UdpSocket::bind(loopback, 0);
  if (!client || !server->dual_stack()) GTEST_SKIP() << "no IPv6 here";
  const OutgoingDatagram hello{.path = {{}, {loopback, server->port()}},
                               .bytes = as_bytes("hello")};
  ASSERT_EQ(client->send({&hello, 1}), 1u);
  wait_readable(*server);
  ReceiveBatch batch;
  ASSERT_EQ(server->receive(batch), 1u);
  EXPECT_EQ(batch.datagrams()[0].path.local.ip, loopback);
}

TEST(UdpSocketTest, JoinsEqualNeighboursIntoRunsAndKeepsEveryBoundary) {
  auto server = UdpSocket::bind(kLoopback, 0);
  auto client = UdpSocket::bind(kLoopback, 0);
  auto other = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(server && client && other);
  const FlowPath path{.local = {}, .remote = {kLoopback, server->port()}};
  const FlowPath other_path{.local = {}, .remote = {kLoopback, other->port()}};
  const std::vector<std::string> texts = {"aaaa", "bbbb", "cccc", "dd", "eeee", "fff"};
  std::vector<OutgoingDatagram> datagrams;
  for (const std::string& text : texts) datagrams.push_back({path, as_bytes(text)});
  datagrams.push_back({other_path, as_bytes("other")});
  EXPECT_EQ(client->send(datagrams), 7u);
  EXPECT_EQ(receive_texts(*server, 6), texts);
  EXPECT_EQ(receive_texts(*other, 1), std::vector<std::string>{"other"});
  EXPECT_EQ(client->counters().sent, 7u);
  EXPECT_EQ(client->counters().sent_bytes, 26u);
  // aaaa bbbb cccc dd | eeee fff | other
  EXPECT_LE(client->counters().send_messages, 7u);
}

TEST(UdpSocketTest, SendsRunsWhicheverWayTheSystemAllows) {
  using Sending = UdpSocket::Sending;
  for (const Sending way : {Sending::kSegmented, Sending::kBatched, Sending::kSingly}) {
    auto server = UdpSocket::bind(kLoopback, 0);
    auto client = UdpSocket::bind(kLoopback, 0);
    ASSERT_TRUE(server && client);
    if (way != Sending::kSegmented || client->sending() == Sending::kSegmented) client->use(way);
    const FlowPath path{.local = {}, .remote = {kLoopback, server->port()}};
    const DatagramRun runs[] = {{path, as_bytes("aaaabbbbcc"), 4}, {path, as_bytes("dd"), 2}};
    EXPECT_EQ(client->send(runs), 4u);
    EXPECT_EQ(receive_texts(*server, 4), (std::vector<std::string>{"aaaa", "bbbb", "cc", "dd"}));
    EXPECT_EQ(client->counters().sent, 4u);
    EXPECT_EQ(client->counters().sent_bytes, 12u);
    EXPECT_EQ(client->counters().send_messages, client->sending() == Sending::kSegmented ? 2u : 4u);
  }
}

TEST(UdpSocketTest, WhatIsRefusedAsARunIsSentInPieces) {
  auto server = UdpSocket::bind(kLoopback, 0);
  auto client = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(server && client);
  const FlowPath path{.local = {}, .remote = {kLoopback, server->port()}};
  const std::string many(100 * 10, 'x');  // more segments than any kernel takes as one
  const std::string most(200 * 10, 'y');
  const DatagramRun runs[] = {{path, as_bytes(many), 10}, {path, as_bytes(most), 10}};
  EXPECT_EQ(client->send(runs), 300u);
  EXPECT_EQ(receive_texts(*server, 300).size(), 300u);
  EXPECT_EQ(client->counters().dropped_send_error, 0u);
}

TEST(UdpSocketTest, SendsMoreThanOneBatch) {
  auto server = UdpSocket::bind(kLoopback, 0);
  auto client = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(server && client);
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i)
    texts.push_back("packet " + std::to_string(1000 + i) + std::string(100, 'x'));
  std::vector<OutgoingDatagram> datagrams;
  for (const std::string& text : texts) {
    datagrams.push_back({{{}, {kLoopback, server->port()}}, as_bytes(text)});
  }
  EXPECT_EQ(client->send(datagrams), 200u);
  EXPECT_EQ(receive_texts(*server, 200), texts);
}

TEST(UdpSocketTest, CountsWhatCanNotBeSentAndGoesOn) {
  auto server = UdpSocket::bind(kLoopback, 0);
  auto client = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(server && client);
  const OutgoingDatagram datagrams[] = {
      {{{}, {*IpAddress::parse("2001:db8::1"), 9}}, as_bytes("no IPv6 on this socket")},
      {{{}, {kLoopback, server->port()}}, as_bytes("fine")}};
  EXPECT_EQ(client->send(datagrams), 1u);
  EXPECT_EQ(client->counters().dropped_send_error, 1u);
  EXPECT_EQ(receive_texts(*server, 1), std::vector<std::string>{"fine"});
}

TEST(UdpSocketTest, TakesApartWhatTheKernelJoined) {
  auto server = UdpSocket::bind(kLoopback, 0);
  auto client = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(server && client);
  const FlowPath path{.local = {kLoopback, client->port()}, .remote = {kLoopback, server->port()}};
  const std::string bytes = std::string(1200, 'a') + std::string(1200, 'b') + "c";
  const DatagramRun run{.path = path, .bytes = as_bytes(bytes), .segment = 1200};
  ASSERT_EQ(client->send({&run, 1}), 3u);
  const auto texts = receive_texts(*server, 3);
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_EQ(texts[0], std::string(1200, 'a'));
  EXPECT_EQ(texts[1], std::string(1200, 'b'));
  EXPECT_EQ(texts[2], "c");
  EXPECT_EQ(server->counters().received, 3u);
  EXPECT_EQ(server->counters().received_bytes, 2401u);
}

TEST(UdpSocketTest, DropsAndCountsWhatIsLongerThanABuffer) {
  auto server = UdpSocket::bind(kLoopback, 0);
  auto client = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(server && client);
  const std::string longer(3000, 'x');
  const OutgoingDatagram datagrams[] = {{{{}, {kLoopback, server->port()}}, as_bytes(longer)},
                                        {{{}, {kLoopback, server->port()}}, as_bytes("short")}};
  EXPECT_EQ(client->send(datagrams), 2u);
  EXPECT_EQ(receive_texts(*server, 1), std::vector<std::string>{"short"});
  EXPECT_EQ(server->counters().dropped_too_long, 1u);
}

// As a media thread tells transport-wide feedback.
constexpr Beginning kFeedback{.mask = 0xdfff, .value = 0x8fcd};

class SplitUdpSocketTest : public testing::TestWithParam<std::optional<IpAddress>> {};

TEST_P(SplitUdpSocketTest, TheOtherReceivesWhatBeginsSo) {
  auto server = UdpSocket::bind(GetParam(), 0);
  ASSERT_TRUE(server) << server.error().message;
  auto other = server->split_off(kFeedback);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->port(), server->port());
  // Of many, so that it isn't by chance: without the filter the sender's port decides.
  for (int i = 0; i < 20; ++i) {
    auto client = UdpSocket::bind(kLoopback, 0);
    ASSERT_TRUE(client);
    const FlowPath path{.local = {}, .remote = {kLoopback, server->port()}};
    // One by one: the kernel tells a run by its first datagram.
    for (const char* text : {"\x8f\xcd.", "\x8f\xce.", "\xaf\xcd.", "\x8f", "hello", "\x8f\xcd"}) {
      const OutgoingDatagram out{path, as_bytes(text)};
      ASSERT_EQ(client->send({&out, 1}), 1u);
    }
    EXPECT_EQ(receive_texts(*other, 3),
              (std::vector<std::string>{"\x8f\xcd.", "\xaf\xcd.", "\x8f\xcd"}));
    EXPECT_EQ(receive_texts(*server, 3), (std::vector<std::string>{"\x8f\xce.", "\x8f", "hello"}));
  }
}

INSTANTIATE_TEST_SUITE_P(OneAddressOrAll, SplitUdpSocketTest,
                         testing::Values(std::nullopt, kLoopback));

TEST(UdpSocketTest, SplitOrNotItsPortIsTaken) {
  auto first = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(first);
  const auto other = first->split_off(kFeedback);
  ASSERT_TRUE(other);
  EXPECT_FALSE(UdpSocket::bind(kLoopback, first->port()));
  EXPECT_FALSE(UdpSocket::bind(std::nullopt, first->port()));
}

TEST(UdpSocketTest, SaysWhetherMoreMayWait) {
  auto server = UdpSocket::bind(kLoopback, 0);
  auto client = UdpSocket::bind(kLoopback, 0);
  ASSERT_TRUE(server && client);
  const OutgoingDatagram one{{{}, {kLoopback, server->port()}}, as_bytes("one")};
  for (size_t i = 0; i < ReceiveBatch::kMessages + 1; ++i) client->send({&one, 1});
  ReceiveBatch batch;
  EXPECT_EQ(server->receive(batch), ReceiveBatch::kMessages);
  EXPECT_TRUE(batch.full());
  EXPECT_EQ(server->receive(batch), 1u);
  EXPECT_FALSE(batch.full());
  server->receive(batch);
  EXPECT_FALSE(batch.full());
}

TEST(UdpSocketTest, SaysThatAPortIsTaken) {
  auto first = UdpSocket::bind(std::nullopt, 0);
  ASSERT_TRUE(first);
  auto second = UdpSocket::bind(std::nullopt, first->port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().system_error, EADDRINUSE);
}

TEST(UdpSocketTest, HasBuffersForABurst) {
  auto socket = UdpSocket::bind(std::nullopt, 0);
  ASSERT_TRUE(socket);
  EXPECT_GE(socket->receive_buffer_bytes(), 64 * 1024);
  EXPECT_GE(socket->send_buffer_bytes(), 64 * 1024);
}

// A network of its own for this thread, whose loopback takes no more than `mtu` bytes at once.
bool enter_network(int mtu) {
  if (unshare(CLONE_NEWNET) != 0) return false;
  const FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_mtu = mtu;
  if (ioctl(fd.get(), SIOCSIFMTU, &loopback) != 0) return false;
  loopback.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
  return ioctl(fd.get(), SIOCSIFFLAGS, &loopback) == 0;
}

TEST(UdpSocketTest, WhatDoesNotFitThePathArrivesInFragments) {
  std::vector<std::string> texts;
  bool entered = false;
  std::thread([&] {
    entered = enter_network(1'000);
    if (!entered) return;
    auto server = UdpSocket::bind(kLoopback, 0);
    auto client = UdpSocket::bind(kLoopback, 0);
    ASSERT_TRUE(server && client);
    const FlowPath path{.local = {kLoopback, client->port()},
                        .remote = {kLoopback, server->port()}};
    const std::string large(1'200, 'a');
    const std::string small(900, 'b');
    const std::vector<OutgoingDatagram> out = {{path, as_bytes(large)},
                                               {path, as_bytes(large)},
                                               {path, as_bytes(small)},
                                               {path, as_bytes(large)}};
    EXPECT_EQ(client->send(out), 4u);
    EXPECT_EQ(client->counters().dropped_send_error, 0u);
    texts = receive_texts(*server, 4);
  }).join();
  if (!entered) GTEST_SKIP() << "needs a network namespace";
  ASSERT_EQ(texts.size(), 4u);
  EXPECT_EQ(texts[0], std::string(1'200, 'a'));
  EXPECT_EQ(texts[2], std::string(900, 'b'));
  EXPECT_EQ(texts[3], std::string(1'200, 'a'));
}

}  // namespace
}  // namespace parley::io
