// The wire as it runs, between two network namespaces of this process: what is measured at its ends
// is what was asked for. Real time, so bounds are those of a busy machine; the exact behaviour of a
// link is link_test.cc's.
//
//   lab_wire_test PATH_OF_LAB_WIRE [GTEST OPTIONS]
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/units.h"

namespace parley::lab {
namespace {

constexpr int kSkip = 77;
constexpr const char* kNear = "10.99.0.1";
constexpr const char* kFar = "10.99.0.2";
constexpr size_t kHeaders = 28;  // IPv4 and UDP
const char* wire_path = nullptr;

Timestamp now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Timestamp::micros(time.tv_sec * 1'000'000 + time.tv_nsec / 1000);
}

int udp_socket(const char* address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(9000);
  inet_pton(AF_INET, address, &at.sin_addr);
  const int buffer = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0) << strerror(errno);
  return fd;
}

struct Stamp {
  uint32_t number;
  Timestamp sent;
  Timestamp came;
  TimeDelta delay() const { return came - sent; }
};

struct Traffic {
  uint32_t count;
  size_t size = 1200;  // of the IP packet
  TimeDelta spacing = TimeDelta::millis(1);
};

// Two namespaces, a wire, and a socket at each end. The test's own thread stays in the near one.
class WireTest : public testing::Test {
 protected:
  void SetUp() override {
    far_network_ = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    int to[2], from[2];
    ASSERT_EQ(pipe2(to, O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(from, O_CLOEXEC), 0);
    const std::string far = fmt::format("/proc/{}/fd/{},lab1,{}/30", getpid(), far_network_, kFar);
    const std::string near = fmt::format("-,lab0,{}/30", kNear);
    child_ = fork();
    if (child_ == 0) {
      dup2(to[0], 0);
      dup2(from[1], 1);
      execl(wire_path, wire_path, "--seed", "5", near.c_str(), far.c_str(), nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    commands_ = to[1];
    answers_ = from[0];
    ASSERT_THAT(answer(), testing::HasSubstr("\"ready\":true"));
    near_ = udp_socket(kNear);
    const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(setns(far_network_, CLONE_NEWNET), 0);
    far_ = udp_socket(kFar);
    ASSERT_EQ(setns(home, CLONE_NEWNET), 0);
    close(home);
  }

  void TearDown() override {
    close(commands_);  // the wire ends with its standard input
    int status = -1;
    waitpid(child_, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    for (const int fd : {answers_, near_, far_}) close(fd);
    setns(far_network_, CLONE_NEWNET);
    close(far_network_);
  }

  std::string say(const std::string& line) {
    const std::string command = line + "\n";
    EXPECT_EQ(write(commands_, command.data(), command.size()),
              static_cast<ssize_t>(command.size()));
    return answer();
  }

  std::string answer() {
    std::string line;
    char c = 0;
    pollfd ready{answers_, POLLIN, 0};
    while (poll(&ready, 1, 5000) == 1 && read(answers_, &c, 1) == 1 && c != '\n') line += c;
    return line;
  }

  void collect(std::vector<Stamp>& stamps) {
    std::array<char, 2048> buffer{};
    while (recv(far_, buffer.data(), buffer.size(), 0) > 0) {
      Stamp stamp{};
      std::memcpy(&stamp, buffer.data(), sizeof(stamp));
      stamp.came = now();
      stamps.push_back(stamp);
    }
  }

  // Sends down the wire and takes what comes out, until nothing has come for `patience`.
  std::vector<Stamp> pass(const Traffic& traffic, TimeDelta patience = TimeDelta::millis(500)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(9000);
    inet_pton(AF_INET, kFar, &to.sin_addr);
    std::vector<char> packet(traffic.size - kHeaders);
    std::vector<Stamp> stamps;
    const Timestamp start = now();
    for (uint32_t i = 0; i < traffic.count; ++i) {
      const Timestamp at = start + traffic.spacing * i;
      wait_for_packets(stamps, at);
      const Stamp stamp{i, now(), {}};
      std::memcpy(packet.data(), &stamp, sizeof(stamp));
      sendto(near_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
    }
    for (size_t before = stamps.size() + 1; before != stamps.size();) {
      before = stamps.size();
      wait_for_packets(stamps, now() + patience);
    }
    return stamps;
  }

  // Takes packets the moment they come.
  void wait_for_packets(std::vector<Stamp>& stamps, Timestamp until) {
    for (TimeDelta left = until - now(); left > TimeDelta::zero(); left = until - now()) {
      pollfd ready{far_, POLLIN, 0};
      const timespec time{left.us() / 1'000'000, left.us() % 1'000'000 * 1000};
      if (ppoll(&ready, 1, &time, nullptr) == 1) collect(stamps);
    }
    collect(stamps);
  }

  TimeDelta cpu_time() const {
    // utime and stime, the 14th and 15th fields of /proc/PID/stat, in ticks.
    std::string text(1024, '\0');
    const int fd = open(fmt::format("/proc/{}/stat", child_).c_str(), O_RDONLY | O_CLOEXEC);
    text.resize(static_cast<size_t>(std::max<ssize_t>(0, read(fd, text.data(), text.size()))));
    close(fd);
    long user = 0, system = 0;
    sscanf(text.c_str() + text.rfind(')') + 1,
           " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
    return TimeDelta::micros((user + system) * 1'000'000 / sysconf(_SC_CLK_TCK));
  }

  int far_network_ = -1;
  pid_t child_ = -1;
  int commands_ = -1;
  int answers_ = -1;
  int near_ = -1;
  int far_ = -1;
};

TimeDelta quantile(std::vector<Stamp> stamps, double q) {
  const auto at =
      stamps.begin() + static_cast<ptrdiff_t>(q * static_cast<double>(stamps.size() - 1));
  std::nth_element(stamps.begin(), at, stamps.end(),
                   [](const Stamp& a, const Stamp& b) { return a.delay() < b.delay(); });
  return at->delay();
}

DataRate rate_of(const std::vector<Stamp>& stamps, size_t size) {
  const TimeDelta time = stamps.back().came - stamps.front().came;
  return DataSize::bytes(static_cast<int64_t>(size * (stamps.size() - 1))) / time;
}

TEST_F(WireTest, DelaysByAMillisecondAtMostMoreThanAskedAt20Mbit) {
  ASSERT_EQ(say("set both delay=30ms"), R"({"ok":true})");
  const TimeDelta cpu_before = cpu_time();
  const Timestamp began = now();
  const Traffic traffic{.count = 8000, .spacing = TimeDelta::micros(480)};
  const auto stamps = pass(traffic);
  ASSERT_EQ(stamps.size(), traffic.count);
  const double cpu = (cpu_time() - cpu_before).seconds_f() / (now() - began).seconds_f();
  fmt::print(
      "20 Mbit/s, 30 ms: median {} us, 95 % {} us, 99 % {} us, most {} us; CPU {:.1f} %; {}\n",
      quantile(stamps, 0.5).us(), quantile(stamps, 0.95).us(), quantile(stamps, 0.99).us(),
      quantile(stamps, 1).us(), cpu * 100, say("show"));
  EXPECT_GE(quantile(stamps, 0), TimeDelta::millis(30));
  EXPECT_LT(quantile(stamps, 0.5), TimeDelta::millis(31));
  EXPECT_LT(cpu, 0.25);
}

TEST_F(WireTest, LosesWithinStatisticalBounds) {
  for (const uint32_t percent : {1u, 5u, 10u}) {
    say(fmt::format("set down loss={}%", percent));
    const Traffic traffic{.count = 5000, .size = 200, .spacing = TimeDelta::micros(200)};
    const double lost = traffic.count - static_cast<double>(pass(traffic).size());
    const double expected = traffic.count * percent / 100.0;
    const double deviation = std::sqrt(expected * (1 - percent / 100.0));
    fmt::print("{} % loss: {} of {} lost\n", percent, lost, traffic.count);
    EXPECT_NEAR(lost, expected, 5 * deviation) << percent << " %";
  }
}

TEST_F(WireTest, HoldsTheRateWithinFivePercent) {
  for (const int kbps : {100, 1000, 4000, 20'000}) {
    say(fmt::format("set down rate={}kbit queue=200ms", kbps));
    // Twice the rate, for two seconds.
    const TimeDelta spacing = TimeDelta::micros(1200 * 8 * 1000 / kbps / 2);
    const Traffic traffic{.count = static_cast<uint32_t>(2'000'000 / spacing.us()),
                          .spacing = spacing};
    const auto stamps = pass(traffic);
    ASSERT_GT(stamps.size(), 10u);
    const DataRate rate = rate_of(stamps, traffic.size);
    fmt::print("{} kbit/s: {} kbit/s, longest delay {} us\n", kbps, rate.kbps(),
               quantile(stamps, 1).us());
    EXPECT_NEAR(static_cast<double>(rate.bps()), kbps * 1000.0, kbps * 50.0);
    // 200 ms of queue and the packet's own transmission.
    const TimeDelta own = DataSize::bytes(1200) / DataRate::kbps(kbps);
    EXPECT_GT(quantile(stamps, 0.9), TimeDelta::millis(150));
    EXPECT_LT(quantile(stamps, 0.9), TimeDelta::millis(205) + own);
  }
}

TEST_F(WireTest, ChangesWhileItRuns) {
  say("set down delay=20ms");
  const auto before = pass({.count = 200}, TimeDelta::millis(50));
  say("set down delay=60ms");
  const auto after = pass({.count = 200}, TimeDelta::millis(100));
  ASSERT_EQ(before.size(), 200u);
  ASSERT_EQ(after.size(), 200u);
  EXPECT_NEAR(static_cast<double>(quantile(before, 0.5).us()), 20'500, 1500);
  EXPECT_NEAR(static_cast<double>(quantile(after, 0.5).us()), 60'500, 1500);
}

TEST_F(WireTest, KeepsOrFreesTheOrder) {
  const auto disorder = [](const std::vector<Stamp>& stamps) {
    size_t count = 0;
    for (size_t i = 1; i < stamps.size(); ++i)
      count += stamps[i].number < stamps[i - 1].number ? 1 : 0;
    return count;
  };
  say("set down delay=30ms jitter=20ms order=keep");
  EXPECT_EQ(disorder(pass({.count = 500})), 0u);
  say("set down order=free");
  EXPECT_GT(disorder(pass({.count = 500})), 50u);
}

TEST_F(WireTest, RefusesAWrongCommandAndGoesOn) {
  EXPECT_THAT(say("set down delay=soon"), testing::HasSubstr("error"));
  EXPECT_EQ(pass({.count = 10}, TimeDelta::millis(50)).size(), 10u);
}

// A user namespace where we aren't root; a network of our own in any case.
bool isolate() {
  if (unshare(CLONE_NEWNET) == 0) return access("/dev/net/tun", R_OK | W_OK) == 0;
  return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && access("/dev/net/tun", R_OK | W_OK) == 0;
}

}  // namespace
}  // namespace parley::lab

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  if (argc != 2) {
    fmt::print(stderr, "lab_wire_test PATH_OF_LAB_WIRE\n");
    return 2;
  }
  parley::lab::wire_path = argv[1];
  // What is measured is the wire, not how long this program waited for the processor.
  sched_param prompt{};
  prompt.sched_priority = 1;
  sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &prompt);
  if (!parley::lab::isolate()) {
    fmt::print(stderr, "skipped: no network namespace or no /dev/net/tun here\n");
    return parley::lab::kSkip;
  }
  return RUN_ALL_TESTS();
}
