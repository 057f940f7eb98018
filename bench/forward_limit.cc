// The physical limit of forwarding: the least that sealing and sending cost on this machine, in ns
// of processor time for each packet, so that what the server takes can be put in relation to it.
//
// A bare loop over N destinations: each packet is encrypted (AES-128-GCM, a key for each
// destination) from one shared plaintext, R packets of one destination are one segmented message,
// 64 messages one sendmmsg. Beside it both halves alone, and one sendto for each packet, plain. The
// ways take turns; the median of the rounds is printed, as JSON. Nothing of a forwarding unit is in
// it: no headers, no replay windows, no bookkeeping. With --fps the loop rests after each pass over
// all destinations, as a server does that has a picture to forward now and then: keys and kernel
// have left the caches in between.
//
// Destinations are 127.1.0.1, 127.1.0.2, … with a thread that reads all of them, or, with --to, any
// range of addresses, such as one behind a device that drops (bench/drop_net.sh).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "srtp/gcm_cipher.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace {

using parley::Bytes;
using parley::srtp::GcmCipher;

struct Options {
  size_t destinations = 100;
  size_t run = 5;
  size_t size = 1'200;
  int milliseconds = 300;  // each way, each round
  int rounds = 5;
  int fps = 0;
  std::string to;
  bool gro = true;
};

constexpr size_t kMessages = 64;
constexpr size_t kHeader = 28;  // RTP with an extension and a CSRC: authenticated, not encrypted

int64_t thread_ns() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

// Reads and forgets what comes to any of this host's addresses.
class Drain {
 public:
  explicit Drain(bool gro) : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    const int size = 8 << 20;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    const int on = gro ? 1 : 0;
    setsockopt(fd_, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    const timeval patience{.tv_sec = 0, .tv_usec = 50'000};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) fail("bind");
    socklen_t length = sizeof any;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&any), &length);
    port_ = any.sin_port;
    thread_ = std::thread([this] { read_all(); });
  }
  ~Drain() {
    stop_ = true;
    thread_.join();
    ::close(fd_);
  }
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;
  in_port_t port() const { return port_; }

 private:
  void read_all() {
    std::array<mmsghdr, kMessages> headers{};
    std::array<char, 8> little{};
    iovec vector{little.data(), little.size()};
    for (mmsghdr& h : headers) h.msg_hdr = {.msg_iov = &vector, .msg_iovlen = 1};
    while (!stop_) ::recvmmsg(fd_, headers.data(), kMessages, MSG_WAITFORONE, nullptr);
  }

  int fd_;
  in_port_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

class Sender {
 public:
  Sender(const Options& options, in_addr first, in_port_t port)
      : options_(options),
        fd_(::socket(AF_INET, SOCK_DGRAM, 0)),
        wire_(options.size + GcmCipher::kTagLength),
        plain_(options.size),
        arena_(kMessages * options.run * wire_) {
    const int size = 8 << 20;
    setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    for (size_t i = 0; i < options.destinations; ++i) {
      std::array<uint8_t, 16> key{};
      std::memcpy(key.data(), &i, sizeof i);
      ciphers_.push_back(parley::srtp::make_gcm_cipher(parley::srtp::Backend::kAuto, key));
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = port;
      to.sin_addr.s_addr = htonl(ntohl(first.s_addr) + static_cast<uint32_t>(i));
      names_.push_back(to);
    }
  }
  ~Sender() { ::close(fd_); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Each does R packets for each destination; how many packets that were.
  size_t pass(bool seal, bool send) {
    for (size_t at = 0; at < names_.size(); at += kMessages) {
      const size_t count = std::min(kMessages, names_.size() - at);
      if (seal) seal_runs(at, count);
      if (send) send_runs(at, count);
    }
    return names_.size() * options_.run;
  }
  size_t pass_sendto() {
    for (size_t r = 0; r < options_.run; ++r) {
      for (const sockaddr_in& to : names_) {
        if (::sendto(fd_, plain_.data(), plain_.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                     sizeof to) < 0)
          fail("sendto");
      }
    }
    return names_.size() * options_.run;
  }
  std::string_view backend() const { return ciphers_.front()->name(); }

 private:
  void seal_runs(size_t at, size_t count) {
    uint8_t* out = arena_.data();
    for (size_t i = 0; i < count; ++i) {
      for (size_t r = 0; r < options_.run; ++r, out += wire_) {
        std::array<uint8_t, 12> iv{};
        ++counter_;
        std::memcpy(iv.data(), &counter_, sizeof counter_);
        std::memcpy(out, plain_.data(), kHeader);
        ciphers_[at + i]->seal(iv.data(), Bytes(out, kHeader), plain_.data() + kHeader,
                               out + kHeader, options_.size - kHeader, out + options_.size);
      }
    }
  }

  void send_runs(size_t at, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      vectors_[i] = {arena_.data() + i * options_.run * wire_, options_.run * wire_};
      msghdr& m = headers_[i].msg_hdr;
      m = {.msg_name = &names_[at + i],
           .msg_namelen = sizeof(sockaddr_in),
           .msg_iov = &vectors_[i],
           .msg_iovlen = 1};
      if (options_.run == 1) continue;
      m.msg_control = controls_[i].bytes;
      m.msg_controllen = sizeof controls_[i].bytes;
      cmsghdr* c = CMSG_FIRSTHDR(&m);
      c->cmsg_level = IPPROTO_UDP;
      c->cmsg_type = UDP_SEGMENT;
      c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
      const auto segment = static_cast<uint16_t>(wire_);
      std::memcpy(CMSG_DATA(c), &segment, sizeof segment);
    }
    for (size_t done = 0; done < count;) {
      const int n = ::sendmmsg(fd_, &headers_[done], static_cast<unsigned>(count - done), 0);
      if (n < 0) fail("sendmmsg");
      done += static_cast<size_t>(n);
    }
  }

  struct alignas(cmsghdr) Control {
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
  };

  const Options& options_;
  int fd_;
  size_t wire_;  // bytes of a sealed packet
  std::vector<uint8_t> plain_;
  std::vector<uint8_t> arena_;
  std::vector<std::unique_ptr<GcmCipher>> ciphers_;
  std::vector<sockaddr_in> names_;
  std::array<mmsghdr, kMessages> headers_{};
  std::array<iovec, kMessages> vectors_{};
  std::array<Control, kMessages> controls_{};
  uint64_t counter_ = 0;
};

// As many passes a second as a camera has frames, with rest between them: what the same costs when
// other work has taken the caches meanwhile.
double ns_per_packet_paced(const Options& options, const std::function<size_t()>& pass) {
  timespec due{};
  clock_gettime(CLOCK_MONOTONIC, &due);
  const int64_t begin = thread_ns();
  size_t packets = 0;
  for (int i = 0; i < std::max(1, options.milliseconds * options.fps / 1000); ++i) {
    due.tv_nsec += 1'000'000'000 / options.fps;
    if (due.tv_nsec >= 1'000'000'000) {
      due.tv_nsec -= 1'000'000'000;
      ++due.tv_sec;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
    packets += pass();
  }
  return static_cast<double>(thread_ns() - begin) / static_cast<double>(packets);
}

double ns_per_packet(const Options& options, const std::function<size_t()>& pass) {
  if (options.fps > 0) return ns_per_packet_paced(options, pass);
  const int64_t begin = thread_ns();
  const int64_t end = begin + int64_t{options.milliseconds} * 1'000'000;
  size_t packets = 0;
  int64_t now = begin;
  for (; now < end; now = thread_ns()) packets += pass();
  return static_cast<double>(now - begin) / static_cast<double>(packets);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int run(const Options& options) {
  in_addr first{};
  const std::string& text = options.to.empty() ? "127.1.0.1" : options.to;
  if (inet_pton(AF_INET, text.c_str(), &first) != 1) {
    std::fprintf(stderr, "not an IPv4 address: %s\n", text.c_str());
    return 2;
  }
  std::unique_ptr<Drain> drain;
  if (options.to.empty()) drain = std::make_unique<Drain>(options.gro);
  Sender sender(options, first, drain ? drain->port() : htons(9));

  std::array<std::vector<double>, 4> ns;
  for (int round = 0; round < options.rounds; ++round) {
    ns[0].push_back(ns_per_packet(options, [&] { return sender.pass(true, true); }));
    ns[1].push_back(ns_per_packet(options, [&] { return sender.pass(true, false); }));
    ns[2].push_back(ns_per_packet(options, [&] { return sender.pass(false, true); }));
    ns[3].push_back(ns_per_packet(options, [&] { return sender.pass_sendto(); }));
  }
  std::printf(
      "{\"destinations\": %zu, \"run\": %zu, \"size\": %zu, \"to\": \"%s\", \"gro\": %s, "
      "\"cipher\": \"%.*s\",\n \"ns_per_packet\": {\"seal_and_send\": %.1f, \"seal\": %.1f, "
      "\"send\": %.1f, \"sendto\": %.1f}}\n",
      options.destinations, options.run, options.size, options.to.empty() ? "lo" : text.c_str(),
      options.gro ? "true" : "false", static_cast<int>(sender.backend().size()),
      sender.backend().data(), median(ns[0]), median(ns[1]), median(ns[2]), median(ns[3]));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("The least that sealing and sending a packet costs here.");
  app.add_option("--destinations", options.destinations)->check(CLI::Range(1, 100'000));
  app.add_option("--run", options.run, "packets of one destination in a message")
      ->check(CLI::Range(1, 50));
  app.add_option("--size", options.size, "bytes of a packet before encryption")
      ->check(CLI::Range(64, 1'400));
  app.add_option("--ms", options.milliseconds, "processor time for each way and round")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100));
  app.add_option("--fps", options.fps, "passes a second, each at once; 0: without rest")
      ->check(CLI::Range(0, 1'000));
  app.add_option("--to", options.to, "the first IPv4 address instead of loopback");
  app.add_flag("--gro,!--no-gro", options.gro, "receiver on loopback takes merged datagrams");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
