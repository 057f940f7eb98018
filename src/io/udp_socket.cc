#include "io/udp_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>

#include "base/check.h"
#include "io/socket_address.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace parley::io {
namespace {

// Largest payload of a segmented message: 65,535 less the IPv6 and UDP headers.
constexpr size_t kMaxRunBytes = 65'535 - 48;
// UDP_MAX_SEGMENTS of kernels before 6.9.
constexpr size_t kMaxRunLength = 64;

constexpr size_t kReceiveControlBytes = CMSG_SPACE(sizeof(in6_pktinfo)) +
                                        CMSG_SPACE(sizeof(in_pktinfo)) +
                                        CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(timespec));
// Longer than any wait that matters; the wall clock may also have been set meanwhile.
constexpr TimeDelta kMostWaited = TimeDelta::seconds(1);
constexpr size_t kSendControlBytes = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t));

template <size_t N>
struct alignas(cmsghdr) Control {
  uint8_t bytes[N];
};

int set_buffer(int fd, int forced_option, int option) {
  const int wanted = UdpSocket::kBufferBytes;
  // FORCE passes the administrator's limit, where we may.
  if (setsockopt(fd, SOL_SOCKET, forced_option, &wanted, sizeof wanted) != 0) {
    setsockopt(fd, SOL_SOCKET, option, &wanted, sizeof wanted);
  }
  int granted = 0;
  socklen_t length = sizeof granted;
  getsockopt(fd, SOL_SOCKET, option, &granted, &length);
  return granted / 2;  // the kernel doubles what it is asked for, to pay for its own bookkeeping
}

bool set_flag(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
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

template <typename T>
void append_control(msghdr& message, size_t& used, int level, int type, const T& value) {
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(sizeof value);
  header.cmsg_level = level;
  header.cmsg_type = type;
  uint8_t* at = static_cast<uint8_t*>(message.msg_control) + used;
  memcpy(at, &header, sizeof header);
  memcpy(at + CMSG_LEN(0), &value, sizeof value);
  used += CMSG_SPACE(sizeof value);
}

// How many of the first datagrams may travel as one segmented message.
size_t run_length(std::span<const OutgoingDatagram> datagrams) {
  const OutgoingDatagram& first = datagrams.front();
  size_t bytes = first.bytes.size();
  size_t n = 1;
  if (bytes == 0) return n;
  while (n < datagrams.size() && n < kMaxRunLength) {
    const OutgoingDatagram& next = datagrams[n];
    if (next.bytes.empty() || next.bytes.size() > first.bytes.size() || next.path != first.path)
      break;
    if (bytes + next.bytes.size() > kMaxRunBytes) break;
    bytes += next.bytes.size();
    ++n;
    if (next.bytes.size() < first.bytes.size()) break;  // a shorter one can only be the last
  }
  return n;
}

}  // namespace

struct ReceiveBatch::Scratch {
  std::array<std::array<uint8_t, kBufferBytes>, kDatagrams> buffers;
  std::array<mmsghdr, kDatagrams> headers{};
  std::array<iovec, kDatagrams> vectors{};
  std::array<sockaddr_storage, kDatagrams> names{};
  std::array<Control<kReceiveControlBytes>, kDatagrams> controls;
};

ReceiveBatch::ReceiveBatch() : scratch_(std::make_unique<Scratch>()) {
  for (size_t i = 0; i < kDatagrams; ++i) {
    scratch_->vectors[i] = {scratch_->buffers[i].data(), kBufferBytes};
    msghdr& m = scratch_->headers[i].msg_hdr;
    m.msg_iov = &scratch_->vectors[i];
    m.msg_iovlen = 1;
    m.msg_name = &scratch_->names[i];
    m.msg_control = &scratch_->controls[i];
  }
}
ReceiveBatch::~ReceiveBatch() = default;
ReceiveBatch::ReceiveBatch(ReceiveBatch&&) noexcept = default;
ReceiveBatch& ReceiveBatch::operator=(ReceiveBatch&&) noexcept = default;

struct UdpSocket::SendScratch {
  std::array<mmsghdr, kSendBatch> headers{};
  std::array<iovec, kSendBatch> vectors{};
  std::array<sockaddr_storage, kSendBatch> names{};
  std::array<Control<kSendControlBytes>, kSendBatch> controls{};
  std::array<uint8_t, kSendBatch> runs{};  // datagrams in message i
};

UdpSocket::UdpSocket(FileDescriptor fd, int family)
    : fd_(std::move(fd)), family_(family), scratch_(std::make_unique<SendScratch>()) {
  static_assert(kInet6 == AF_INET6);
}
UdpSocket::~UdpSocket() = default;
UdpSocket::UdpSocket(UdpSocket&&) noexcept = default;
UdpSocket& UdpSocket::operator=(UdpSocket&&) noexcept = default;

std::expected<UdpSocket, BindError> UdpSocket::bind(std::optional<IpAddress> ip, uint16_t port) {
  if (ip && ip->is_v4()) return open(AF_INET, {*ip, port});
  const IpAddress any_v6 = IpAddress::v6({});
  auto socket = open(AF_INET6, {ip.value_or(any_v6), port});
  if (socket || ip) return socket;
  const int e = socket.error().system_error;
  if (e != EAFNOSUPPORT && e != EADDRNOTAVAIL) return socket;
  return open(AF_INET, {IpAddress(), port});
}

std::expected<UdpSocket, BindError> UdpSocket::open(int family, const SocketAddress& address) {
  const auto error = [](const char* what) {
    const int e = errno;
    return std::unexpected(BindError{e, std::string(what) + ": " + strerror(e)});
  };
  FileDescriptor fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return error("socket");
  const bool v6 = family == AF_INET6;
  if (v6 && !set_flag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0)) return error("IPV6_V6ONLY");
  const bool told = v6 ? set_flag(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                       : set_flag(fd.get(), IPPROTO_IP, IP_PKTINFO, 1);
  if (!told) return error("PKTINFO");
  set_flag(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, 1);
  set_flag(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, 1);

  sockaddr_storage name{};
  socklen_t length = to_system(address, family, name);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), length) != 0) return error("bind");
  length = sizeof name;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length) != 0) {
    return error("getsockname");
  }
  UdpSocket result(std::move(fd), family);
  result.port_ = from_system(name).port;
  result.receive_buffer_bytes_ = set_buffer(result.fd(), SO_RCVBUFFORCE, SO_RCVBUF);
  result.send_buffer_bytes_ = set_buffer(result.fd(), SO_SNDBUFFORCE, SO_SNDBUF);
  return result;
}

size_t UdpSocket::receive(ReceiveBatch& batch) {
  ReceiveBatch::Scratch& s = *batch.scratch_;
  batch.received_.clear();
  for (size_t i = 0; i < ReceiveBatch::kDatagrams; ++i) {
    s.headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    s.headers[i].msg_hdr.msg_controllen = kReceiveControlBytes;
  }
  const int n =
      ::recvmmsg(fd_.get(), s.headers.data(), ReceiveBatch::kDatagrams, MSG_DONTWAIT, nullptr);
  timespec taken{};
  clock_gettime(CLOCK_REALTIME, &taken);  // the clock of the kernel's stamps
  for (int k = 0; k < n; ++k) {
    const size_t i = static_cast<size_t>(k);
    TimeDelta waited;
    msghdr& m = s.headers[i].msg_hdr;
    const size_t length = s.headers[i].msg_len;
    FlowPath path{.local = {IpAddress(), port_}, .remote = from_system(s.names[i])};
    for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
      if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        const auto info = control_value<in6_pktinfo>(c);
        path.local.ip = from_in6(info.ipi6_addr);
        if (path.local.ip.is_v6() && path.local.ip.is_link_local()) {
          remember_link_local(path.local.ip, static_cast<uint32_t>(info.ipi6_ifindex));
        }
      } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        path.local.ip = IpAddress::v4(ntohl(control_value<in_pktinfo>(c).ipi_addr.s_addr));
      } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
        const auto total = control_value<uint32_t>(c);
        counters_.dropped_receive_full += static_cast<uint32_t>(total - last_overflow_);
        last_overflow_ = total;
      } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
        const TimeDelta lay = since_epoch(taken) - since_epoch(control_value<timespec>(c));
        waited = std::clamp(lay, TimeDelta::zero(), kMostWaited);
      }
    }
    if ((m.msg_flags & MSG_TRUNC) != 0) {
      ++counters_.dropped_too_long;
      continue;
    }
    ++counters_.received;
    counters_.received_bytes += length;
    batch.received_.push_back({path, MutableBytes(s.buffers[i].data(), length), waited});
  }
  return batch.received_.size();
}

size_t UdpSocket::send(std::span<const OutgoingDatagram> datagrams) {
  const uint64_t before = counters_.sent;
  while (!datagrams.empty()) datagrams = datagrams.subspan(send_batch(datagrams, segmentation_));
  return static_cast<size_t>(counters_.sent - before);
}

// Sends, or drops and counts, the first messages of `datagrams`; returns how many datagrams those
// were.
size_t UdpSocket::send_batch(std::span<const OutgoingDatagram> datagrams, bool segmented) {
  SendScratch& s = *scratch_;
  size_t messages = 0;
  size_t taken = 0;
  while (taken < datagrams.size() && taken < kSendBatch) {
    const size_t room = std::min(datagrams.size(), kSendBatch) - taken;
    const auto rest = datagrams.subspan(taken, room);
    const OutgoingDatagram& first = rest.front();
    const size_t run = segmented ? run_length(rest) : 1;
    const socklen_t name_length = to_system(first.path.remote, family_, s.names[messages]);
    if (name_length == 0) {  // IPv6 on a socket that has none
      if (messages > 0) break;
      ++counters_.dropped_send_error;
      return 1;
    }
    for (size_t k = 0; k < run; ++k) {
      // sendmsg doesn't write to what its iovec points at.
      s.vectors[taken + k] = {const_cast<uint8_t*>(rest[k].bytes.data()), rest[k].bytes.size()};
    }
    msghdr& m = s.headers[messages].msg_hdr;
    m = {};
    m.msg_name = &s.names[messages];
    m.msg_namelen = name_length;
    m.msg_iov = &s.vectors[taken];
    m.msg_iovlen = run;
    m.msg_control = &s.controls[messages];
    size_t control_used = 0;
    const IpAddress& local = first.path.local.ip;
    if (!local.is_unspecified()) {
      if (family_ == AF_INET6) {
        in6_pktinfo info{.ipi6_addr = to_in6(local), .ipi6_ifindex = interface_of(local)};
        append_control(m, control_used, IPPROTO_IPV6, IPV6_PKTINFO, info);
      } else if (local.is_v4()) {
        in_pktinfo info{};
        info.ipi_spec_dst.s_addr = htonl(local.v4_host_order());
        append_control(m, control_used, IPPROTO_IP, IP_PKTINFO, info);
      }
    }
    if (run > 1) {
      const auto segment = static_cast<uint16_t>(first.bytes.size());
      append_control(m, control_used, IPPROTO_UDP, UDP_SEGMENT, segment);
    }
    m.msg_controllen = control_used;
    if (control_used == 0) m.msg_control = nullptr;
    s.runs[messages++] = static_cast<uint8_t>(run);
    taken += run;
  }

  size_t done_messages = 0;
  size_t done = 0;
  while (done_messages < messages) {
    const int n = ::sendmmsg(fd_.get(), &s.headers[done_messages],
                             static_cast<unsigned>(messages - done_messages), MSG_DONTWAIT);
    for (int k = 0; k < n; ++k) {
      const size_t run = s.runs[done_messages++];
      for (size_t j = 0; j < run; ++j) counters_.sent_bytes += datagrams[done + j].bytes.size();
      counters_.sent += run;
      ++counters_.send_messages;
      done += run;
    }
    if (n > 0) continue;
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      counters_.dropped_send_full += taken - done;
      return taken;
    }
    const int error = errno;
    const size_t run = s.runs[done_messages];
    if (run > 1 && (error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP)) {
      // EIO: the device can't segment and never will. EINVAL, EMSGSIZE: this run doesn't fit its
      // link.
      if (error == EIO || error == EOPNOTSUPP) segmentation_ = false;
      if (done > 0) return done;
      send_singly(datagrams.first(run));
      return run;
    }
    counters_.dropped_send_error += run;
    done += run;
    ++done_messages;
  }
  return taken;
}

void UdpSocket::send_singly(std::span<const OutgoingDatagram> run) {
  while (!run.empty()) run = run.subspan(send_batch(run, false));
}

void UdpSocket::remember_link_local(const IpAddress& local, uint32_t interface_index) {
  for (LinkLocal& known : link_local_) {
    if (known.ip == local) {
      known.interface_index = interface_index;
      return;
    }
  }
  link_local_.push_back({local, interface_index});  // full: replies leave by the default interface
}

uint32_t UdpSocket::interface_of(const IpAddress& local) const {
  if (!local.is_v6() || !local.is_link_local()) return 0;
  for (const LinkLocal& known : link_local_) {
    if (known.ip == local) return known.interface_index;
  }
  return 0;
}

}  // namespace parley::io
