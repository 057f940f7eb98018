#include "io/udp_swarm.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>

#include "base/check.h"
#include "io/clock.h"
#include "io/socket_address.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace parley::io {
namespace {

// A merged run is at most one IP packet.
constexpr size_t kMessageBytes = 65'536;
constexpr size_t kDatagramBytes = 1500;
// What is kept until it is sent; a key frame of a few publishers.
constexpr size_t kKept = 256;
// Several times what comes between two looks.
constexpr int kSocketBuffer = 2 << 20;
constexpr size_t kControlBytes =
    CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(timespec));
// Longer than any wait that matters; the wall clock may also have been set meanwhile.
constexpr TimeDelta kMostWaited = TimeDelta::seconds(2);

struct alignas(cmsghdr) Control {
  uint8_t bytes[kControlBytes];
};

void set_option(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

void set_buffer(int fd, int forced, int option) {
  const int wanted = kSocketBuffer;
  // FORCE passes the administrator's limit, where we may.
  if (setsockopt(fd, SOL_SOCKET, forced, &wanted, sizeof wanted) != 0)
    set_option(fd, SOL_SOCKET, option, wanted);
}

TimeDelta since_epoch(const timespec& time) {
  return TimeDelta::micros(int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000);
}

template <typename T>
T control_value(const cmsghdr* header) {
  T value{};
  memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

}  // namespace

struct UdpSwarm::Scratch {
  std::array<std::array<uint8_t, kMessageBytes>, kMostMessages> buffers;
  std::array<mmsghdr, kMostMessages> headers{};
  std::array<iovec, kMostMessages> vectors{};
  std::array<sockaddr_storage, kMostMessages> names{};
  std::array<Control, kMostMessages> controls;
  std::array<Message, kMostMessages> messages;
  std::vector<epoll_event> events;
  std::vector<Index> ready;

  struct Kept {
    Index index = 0;
    SocketAddress to;
    size_t size = 0;
    std::array<uint8_t, kDatagramBytes> bytes;
  };
  std::array<Kept, kKept> kept;
  size_t kept_size = 0;
  std::array<mmsghdr, kKept> out_headers{};
  std::array<iovec, kKept> out_vectors{};
  std::array<sockaddr_storage, kKept> out_names{};
};

UdpSwarm::UdpSwarm(const Options& options)
    : options_(options),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      scratch_(std::make_unique<Scratch>()) {
  PARLEY_CHECK(epoll_);
  for (size_t i = 0; i < kMostMessages; ++i) {
    scratch_->vectors[i] = {scratch_->buffers[i].data(), kMessageBytes};
    msghdr& message = scratch_->headers[i].msg_hdr;
    message.msg_iov = &scratch_->vectors[i];
    message.msg_iovlen = 1;
    message.msg_name = &scratch_->names[i];
    message.msg_control = &scratch_->controls[i];
  }
}

UdpSwarm::~UdpSwarm() = default;

std::expected<UdpSwarm::Index, BindError> UdpSwarm::open(const IpAddress& local) {
  const auto error = [](const char* what) {
    const int e = errno;
    return std::unexpected(BindError{e, std::string(what) + ": " + strerror(e)});
  };
  const int family = local.is_v4() ? AF_INET : AF_INET6;
  FileDescriptor fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return error("socket");
  set_option(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set_option(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (options_.merge) set_option(fd.get(), IPPROTO_UDP, UDP_GRO, 1);
  set_buffer(fd.get(), SO_RCVBUFFORCE, SO_RCVBUF);
  set_buffer(fd.get(), SO_SNDBUFFORCE, SO_SNDBUF);
  sockaddr_storage name{};
  socklen_t length = to_system({local, 0}, family, name);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), length) != 0) return error("bind");
  length = sizeof name;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length) != 0)
    return error("getsockname");

  Index index = static_cast<Index>(sockets_.size());
  if (free_.empty()) {
    sockets_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = index;
  PARLEY_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) == 0);
  sockets_[index] = {std::move(fd), {local, from_system(name).port}, 0};
  return index;
}

void UdpSwarm::close(Index index) {
  flush();
  sockets_[index].fd.reset();
  free_.push_back(index);
}

std::span<const UdpSwarm::Index> UdpSwarm::readable() {
  Scratch& s = *scratch_;
  s.events.resize(std::max<size_t>(sockets_.size(), 1));
  const int n = ::epoll_wait(epoll_.get(), s.events.data(), static_cast<int>(s.events.size()), 0);
  s.ready.clear();
  for (int i = 0; i < n; ++i) s.ready.push_back(s.events[static_cast<size_t>(i)].data.u32);
  return s.ready;
}

std::span<const UdpSwarm::Message> UdpSwarm::read(Index index) {
  Scratch& s = *scratch_;
  Socket& socket = sockets_[index];
  for (mmsghdr& header : s.headers) {
    header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    header.msg_hdr.msg_controllen = kControlBytes;
  }
  const int n = ::recvmmsg(socket.fd.get(), s.headers.data(), kMostMessages, MSG_DONTWAIT, nullptr);
  if (n <= 0) return {};
  timespec taken{};
  clock_gettime(CLOCK_REALTIME, &taken);  // the clock of the kernel's stamps
  const Timestamp now = monotonic_now();
  for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
    msghdr& header = s.headers[i].msg_hdr;
    const size_t length = s.headers[i].msg_len;
    Message& message = s.messages[i];
    message = {from_system(s.names[i]), MutableBytes(s.buffers[i]).first(length), length, now};
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
        message.segment = static_cast<size_t>(std::max(control_value<int>(c), 1));
      } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
        const TimeDelta waited = since_epoch(taken) - since_epoch(control_value<timespec>(c));
        message.at = now - std::clamp(waited, TimeDelta::zero(), kMostWaited);
      } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
        const auto total = control_value<uint32_t>(c);
        counters_.dropped_receive_full += total - socket.last_overflow;
        socket.last_overflow = total;
      }
    }
  }
  return std::span(s.messages).first(static_cast<size_t>(n));
}

void UdpSwarm::send(Index index, const SocketAddress& to, Bytes datagram) {
  Scratch& s = *scratch_;
  if (datagram.size() > kDatagramBytes) {  // no link would take it
    ++counters_.dropped_send;
    return;
  }
  if (s.kept_size == kKept) flush();
  Scratch::Kept& kept = s.kept[s.kept_size++];
  kept.index = index;
  kept.to = to;
  kept.size = datagram.size();
  std::ranges::copy(datagram, kept.bytes.begin());
}

void UdpSwarm::flush() {
  Scratch& s = *scratch_;
  for (size_t first = 0; first < s.kept_size;) {
    const Index index = s.kept[first].index;
    const int family = sockets_[index].local.ip.is_v4() ? AF_INET : AF_INET6;
    size_t count = 0;
    for (; first + count < s.kept_size && s.kept[first + count].index == index; ++count) {
      Scratch::Kept& kept = s.kept[first + count];
      s.out_vectors[count] = {kept.bytes.data(), kept.size};
      msghdr& message = s.out_headers[count].msg_hdr;
      message = {};
      message.msg_name = &s.out_names[count];
      message.msg_namelen = to_system(kept.to, family, s.out_names[count]);
      message.msg_iov = &s.out_vectors[count];
      message.msg_iovlen = 1;
    }
    for (size_t done = 0; done < count;) {
      const int n = ::sendmmsg(sockets_[index].fd.get(), &s.out_headers[done],
                               static_cast<unsigned>(count - done), MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n > 0) counters_.sent += static_cast<uint64_t>(n);
      if (n <= 0) ++counters_.dropped_send;
      done += static_cast<size_t>(std::max(n, 1));
    }
    first += count;
  }
  s.kept_size = 0;
}

}  // namespace parley::io
