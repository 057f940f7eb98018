// A wire between two network namespaces, as bad as it is told to be:
//
//   lab_wire [--seed N] NEAR FAR      each end NETWORK,DEVICE,ADDRESS/PREFIX
//
// "down" is from NEAR to FAR, "up" the other way. Commands (command.h) come on standard input,
// answers leave on standard output, the first line being {"ready":true,...}. Ends with its standard
// input.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "command.h"
#include "link.h"
#include "tunnel.h"

namespace parley::lab {
namespace {

// One end may not keep the other, or the commands, waiting.
constexpr int kBatch = 64;
constexpr size_t kLongestCommand = 4096;

Timestamp now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Timestamp::micros(time.tv_sec * 1'000'000 + time.tv_nsec / 1000);
}

int check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

class Wire {
 public:
  Wire(uint64_t seed, const TunnelPlace& near, const TunnelPlace& far)
      : near_(near), far_(far), down_(seed), up_(seed + 1) {
    epoll_ = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    timer_ = check(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create");
    check(fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK),
          "standard input");
    for (const int fd : {near_.fd(), far_.fd(), timer_, STDIN_FILENO}) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      check(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }
  }

  void run() {
    while (!over_) {
      std::array<epoll_event, 4> events{};
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      if (count < 0 && errno != EINTR) check(count, "epoll_wait");
      for (int i = 0; i < count; ++i) handle(events[static_cast<size_t>(i)].data.fd);
      deliver(down_, far_);
      deliver(up_, near_);
      arm();
    }
  }

 private:
  void handle(int fd) {
    if (fd == near_.fd()) return take(near_, down_);
    if (fd == far_.fd()) return take(far_, up_);
    if (fd == STDIN_FILENO) return read_commands();
    uint64_t expirations = 0;
    if (read(timer_, &expirations, sizeof(expirations)) > 0) armed_ = Timestamp::never();
  }

  void take(Tunnel& from, Link& into) {
    std::vector<uint8_t> packet;
    for (int i = 0; i < kBatch && from.receive(packet); ++i)
      into.handle_packet(std::move(packet), now());
  }

  void deliver(Link& from, Tunnel& to) {
    while (from.poll_packet(packet_, now())) {
      if (!to.send(packet_)) from.on_refused();
    }
  }

  void arm() {
    const Timestamp at = std::min(down_.poll_timeout(), up_.poll_timeout());
    if (at == armed_) return;
    itimerspec when{};
    if (!at.is_never()) {
      when.it_value.tv_sec = at.us() / 1'000'000;
      when.it_value.tv_nsec = at.us() % 1'000'000 * 1000;
    }
    check(timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr), "timerfd_settime");
    armed_ = at;
  }

  void read_commands() {
    std::array<char, kLongestCommand> buffer{};
    const ssize_t size = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      over_ = true;
      return;
    }
    commands_.append(buffer.data(), static_cast<size_t>(size));
    for (size_t end = commands_.find('\n'); end != std::string::npos; end = commands_.find('\n')) {
      const std::string answer =
          handle_command(std::string_view(commands_).substr(0, end), {down_, up_}, now());
      fmt::print("{}\n", answer);
      std::fflush(stdout);
      commands_.erase(0, end + 1);
    }
    if (commands_.size() > kLongestCommand) throw std::length_error("a command too long");
  }

  Tunnel near_;
  Tunnel far_;
  Link down_;
  Link up_;
  int epoll_ = -1;
  int timer_ = -1;
  Timestamp armed_ = Timestamp::never();
  std::string commands_;
  std::vector<uint8_t> packet_;
  bool over_ = false;
};

// Before everything that compiles or encodes on this machine; the wire itself sleeps nearly always.
bool become_prompt() {
  sched_param param{};
  param.sched_priority = 1;
  return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0;
}

int serve(std::vector<std::string> arguments) {
  uint64_t seed = 1;
  if (arguments.size() == 4 && arguments[0] == "--seed") {
    seed = std::stoull(arguments[1]);
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  if (arguments.size() != 2) {
    fmt::print(stderr, "lab_wire [--seed N] NETWORK,DEVICE,ADDRESS/PREFIX NETWORK,DEVICE,...\n");
    return 2;
  }
  Wire wire(seed, TunnelPlace::parse(arguments[0]), TunnelPlace::parse(arguments[1]));
  fmt::print("{{\"ready\":true,\"seed\":{},\"realtime\":{}}}\n", seed, become_prompt());
  std::fflush(stdout);
  wire.run();
  return 0;
}

}  // namespace
}  // namespace parley::lab

int main(int argc, char** argv) {
  try {
    return parley::lab::serve({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "lab_wire: {}\n", error.what());
    return 1;
  }
}
