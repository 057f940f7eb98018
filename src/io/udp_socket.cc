#include "io/udp_socket.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "io/socket_address.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace parley::io {
namespace {

// Largest payload of a segmented message: 65,535 less the IPv6 and UDP headers.
constexpr size_t kMaxRunBytes = 65'535 - 48;
// UDP_MAX_SEGMENTS of kernels before 6.9.
constexpr size_t kMaxRunLength = 64;

constexpr size_t kReceiveControlBytes =
    CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) +
    CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(int));
// How long what is known of this machine's addresses is taken for true.
constexpr int64_t kAddressesHoldSeconds = 10;
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

// What errno says of a segmented message that its single datagrams need not suffer from. EIO,
// EOPNOTSUPP: the device can't segment and never will. EINVAL, EMSGSIZE: the run doesn't fit its
// link.
bool refuses_segments(int error) {
  return error == EIO || error == EOPNOTSUPP || error == EINVAL || error == EMSGSIZE;
}

}  // namespace

struct ReceiveBatch::Scratch {
  // A message of joined datagrams may be as long as IP allows. The odd distance keeps the
  // beginnings of all of them, mostly a single datagram, from sharing the same lines of the cache.
  static constexpr size_t kMessageBytes = 65'536;
  static constexpr size_t kStride = kMessageBytes + kDatagramBytes + 64;

  uint8_t* buffer(size_t i) { return &buffers[i * kStride]; }

  // Not touched before use, so not resident before use.
  std::unique_ptr<uint8_t[]> buffers =
      std::make_unique_for_overwrite<uint8_t[]>(kMessages * kStride);
  std::array<mmsghdr, kMessages> headers{};
  std::array<iovec, kMessages> vectors{};
  std::array<sockaddr_storage, kMessages> names{};
  std::array<Control<kReceiveControlBytes>, kMessages> controls;
};

UdpCounters& UdpCounters::operator+=(const UdpCounters& more) {
  received += more.received;
  received_bytes += more.received_bytes;
  dropped_too_long += more.dropped_too_long;
  dropped_receive_full += more.dropped_receive_full;
  sent += more.sent;
  sent_bytes += more.sent_bytes;
  send_messages += more.send_messages;
  dropped_send_full += more.dropped_send_full;
  dropped_send_error += more.dropped_send_error;
  return *this;
}

ReceiveBatch::ReceiveBatch() : scratch_(std::make_unique<Scratch>()) {
  received_.reserve(kMessages * kJoined);
  for (size_t i = 0; i < kMessages; ++i) {
    scratch_->vectors[i] = {scratch_->buffer(i), Scratch::kMessageBytes};
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

// Messages put together for one sendmmsg, and what is needed to send one of them in pieces.
struct UdpSocket::SendScratch {
  struct Message {
    uint32_t datagrams = 0;
    uint32_t bytes = 0;
    uint32_t segment = 0;
    size_t plain_control = 0;  // bytes of control without UDP_SEGMENT, which comes last
  };
  std::array<mmsghdr, kSendBatch> headers{};
  std::array<iovec, kSendBatch> vectors{};
  std::array<sockaddr_storage, kSendBatch> names{};
  std::array<Control<kSendControlBytes>, kSendBatch> controls{};
  std::array<Message, kSendBatch> messages{};
  size_t count = 0;
  size_t vectors_used = 0;
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

std::optional<UdpSocket> UdpSocket::split_off(const Beginning& beginning) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getsockname(fd(), reinterpret_cast<sockaddr*>(&name), &length) != 0) return std::nullopt;
  // Not before: bind() has to find out whether another program has the port.
  if (!set_flag(fd(), SOL_SOCKET, SO_REUSEPORT, 1)) return std::nullopt;
  auto other = open(family_, from_system(name), Port::kShared);
  if (!other) return std::nullopt;
  // The kernel asks this program for the number of the socket, in the order of binding. It sees the
  // datagram from the UDP payload on; where that is too short for a load its answer is 0.
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, beginning.mask),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, beginning.value, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog filter{.len = std::size(program), .filter = program};
  if (setsockopt(fd(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof filter) != 0)
    return std::nullopt;
  return std::move(*other);
}

std::expected<UdpSocket, BindError> UdpSocket::open(int family, const SocketAddress& address,
                                                    Port port) {
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
  if (port == Port::kShared && !set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1))
    return error("SO_REUSEPORT");
  set_flag(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, 1);
  set_flag(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, 1);
  // Joined datagrams come through the kernel as one. One that doesn't know it gives them singly.
  set_flag(fd.get(), IPPROTO_UDP, UDP_GRO, 1);
  // Off for the socket, to be asked for with each message: only a kernel that knows it agrees.
  const bool segments = set_flag(fd.get(), IPPROTO_UDP, UDP_SEGMENT, 0);

  sockaddr_storage name{};
  socklen_t length = to_system(address, family, name);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), length) != 0) return error("bind");
  length = sizeof name;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length) != 0) {
    return error("getsockname");
  }
  UdpSocket result(std::move(fd), family);
  result.port_ = from_system(name).port;
  // To what is never fragmented the kernel gives no identification (RFC 6864 §4.1), which costs it
  // as much as a tenth of sending. What doesn't fit a path is sent again without this.
  result.whole_ = set_flag(result.fd(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
  if (!segments) result.sending_ = Sending::kBatched;
  result.receive_buffer_bytes_ = set_buffer(result.fd(), SO_RCVBUFFORCE, SO_RCVBUF);
  result.send_buffer_bytes_ = set_buffer(result.fd(), SO_SNDBUFFORCE, SO_SNDBUF);
  return result;
}

// What the kernel says of a message beside its bytes.
struct UdpSocket::Arrival {
  FlowPath path;
  TimeDelta waited;
  size_t segment = 0;  // joined datagrams: the size of each but the last; 0: it is one
};

UdpSocket::Arrival UdpSocket::read_arrival(msghdr& message, const timespec& taken) {
  Arrival out;
  out.path.local.port = port_;
  out.path.remote = from_system(*static_cast<const sockaddr_storage*>(message.msg_name));
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      const auto info = control_value<in6_pktinfo>(c);
      out.path.local.ip = from_in6(info.ipi6_addr);
      if (out.path.local.ip.is_v6() && out.path.local.ip.is_link_local()) {
        remember_link_local(out.path.local.ip, static_cast<uint32_t>(info.ipi6_ifindex));
      }
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      out.path.local.ip = IpAddress::v4(ntohl(control_value<in_pktinfo>(c).ipi_addr.s_addr));
    } else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      out.segment = static_cast<size_t>(std::max(control_value<int>(c), 0));
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
      const auto total = control_value<uint32_t>(c);
      counters_.dropped_receive_full += static_cast<uint32_t>(total - last_overflow_);
      last_overflow_ = total;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      const TimeDelta lay = since_epoch(taken) - since_epoch(control_value<timespec>(c));
      out.waited = std::clamp(lay, TimeDelta::zero(), kMostWaited);
    }
  }
  return out;
}

// Puts the message's datagrams into the batch.
void UdpSocket::split(ReceiveBatch& batch, const Arrival& arrival, MutableBytes message) {
  do {
    const size_t size =
        arrival.segment == 0 ? message.size() : std::min(arrival.segment, message.size());
    const MutableBytes datagram = message.first(size);
    message = message.subspan(size);
    if (size > ReceiveBatch::kDatagramBytes ||
        batch.received_.size() == batch.received_.capacity()) {
      ++counters_.dropped_too_long;
      continue;
    }
    ++counters_.received;
    counters_.received_bytes += size;
    batch.received_.push_back({arrival.path, datagram, arrival.waited});
  } while (!message.empty());
}

size_t UdpSocket::receive(ReceiveBatch& batch) {
  ReceiveBatch::Scratch& s = *batch.scratch_;
  batch.received_.clear();
  for (mmsghdr& header : s.headers) {
    header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    header.msg_hdr.msg_controllen = kReceiveControlBytes;
  }
  const int n =
      ::recvmmsg(fd_.get(), s.headers.data(), ReceiveBatch::kMessages, MSG_DONTWAIT, nullptr);
  batch.full_ = n == static_cast<int>(ReceiveBatch::kMessages);
  timespec taken{};
  clock_gettime(CLOCK_REALTIME, &taken);  // the clock of the kernel's stamps
  know_addresses(taken.tv_sec);
  for (int k = 0; k < n; ++k) {
    const size_t i = static_cast<size_t>(k);
    msghdr& m = s.headers[i].msg_hdr;
    const Arrival arrival = read_arrival(m, taken);
    if ((m.msg_flags & MSG_TRUNC) != 0) {
      ++counters_.dropped_too_long;
      continue;
    }
    split(batch, arrival, MutableBytes(s.buffer(i), s.headers[i].msg_len));
  }
  return batch.received_.size();
}

size_t UdpSocket::send(std::span<const OutgoingDatagram> datagrams) {
  const uint64_t before = counters_.sent;
  while (!datagrams.empty()) {
    const size_t most = std::min(datagrams.size(), kSendBatch);
    const size_t run = sending_ == Sending::kSegmented ? run_length(datagrams.first(most)) : 1;
    if (scratch_->vectors_used + run > kSendBatch) transmit();
    if (begin_message(datagrams.front().path, run)) {
      for (const OutgoingDatagram& d : datagrams.first(run)) append_bytes(d.bytes);
      end_message(run, datagrams.front().bytes.size());
    }
    datagrams = datagrams.subspan(run);
  }
  transmit();
  return static_cast<size_t>(counters_.sent - before);
}

size_t UdpSocket::send(std::span<const DatagramRun> runs) {
  const uint64_t before = counters_.sent;
  for (const DatagramRun& run : runs) {
    const size_t count = run.count();
    const bool whole = sending_ == Sending::kSegmented || count == 1;
    for (size_t i = 0; i < (whole ? 1 : count); ++i) {
      if (scratch_->vectors_used == kSendBatch) transmit();
      if (!begin_message(run.path, whole ? count : 1)) continue;
      append_bytes(whole ? run.bytes : run.datagram(i));
      end_message(whole ? count : 1, run.segment);
    }
  }
  transmit();
  return static_cast<size_t>(counters_.sent - before);
}

// False, and counted, where this socket can't reach that address: IPv6 without having any.
bool UdpSocket::begin_message(const FlowPath& path, size_t datagrams) {
  SendScratch& s = *scratch_;
  const socklen_t name_length = to_system(path.remote, family_, s.names[s.count]);
  if (name_length == 0) {
    counters_.dropped_send_error += datagrams;
    return false;
  }
  msghdr& m = s.headers[s.count].msg_hdr;
  m = {};
  m.msg_name = &s.names[s.count];
  m.msg_namelen = name_length;
  m.msg_iov = &s.vectors[s.vectors_used];
  m.msg_control = &s.controls[s.count];
  size_t used = 0;
  const IpAddress& local = path.local.ip;
  if (!local.is_unspecified() && !usual_source_.is_local_of(path)) {
    if (family_ == AF_INET6) {
      in6_pktinfo info{.ipi6_addr = to_in6(local), .ipi6_ifindex = interface_of(local)};
      append_control(m, used, IPPROTO_IPV6, IPV6_PKTINFO, info);
    } else if (local.is_v4()) {
      in_pktinfo info{};
      info.ipi_spec_dst.s_addr = htonl(local.v4_host_order());
      append_control(m, used, IPPROTO_IP, IP_PKTINFO, info);
    }
  }
  s.messages[s.count] = {.plain_control = used};
  return true;
}

void UdpSocket::append_bytes(Bytes bytes) {
  SendScratch& s = *scratch_;
  // sendmsg doesn't write to what its iovec points at.
  s.vectors[s.vectors_used++] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
  ++s.headers[s.count].msg_hdr.msg_iovlen;
  s.messages[s.count].bytes += static_cast<uint32_t>(bytes.size());
}

void UdpSocket::end_message(size_t datagrams, size_t segment) {
  SendScratch& s = *scratch_;
  SendScratch::Message& message = s.messages[s.count];
  msghdr& m = s.headers[s.count].msg_hdr;
  message.datagrams = static_cast<uint32_t>(datagrams);
  message.segment = static_cast<uint32_t>(segment);
  size_t used = message.plain_control;
  if (datagrams > 1) {
    append_control(m, used, IPPROTO_UDP, UDP_SEGMENT, static_cast<uint16_t>(segment));
  }
  m.msg_controllen = used;
  if (used == 0) m.msg_control = nullptr;
  ++s.count;
}

// Sends what was put together; what can't be sent is dropped and counted.
void UdpSocket::transmit() {
  SendScratch& s = *scratch_;
  size_t done = 0;
  while (done < s.count) {
    const int n = hand_over(done);
    for (int k = 0; k < n; ++k, ++done)
      count_sent(s.messages[done].datagrams, s.messages[done].bytes);
    if (n > 0) continue;
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) {
      for (; done < s.count; ++done) counters_.dropped_send_full += s.messages[done].datagrams;
      break;
    }
    if (error == ENOSYS && sending_ != Sending::kSingly) {
      sending_ = Sending::kSingly;
      continue;
    }
    if (s.messages[done].datagrams > 1 && refuses_segments(error)) {
      if (error == EIO || error == EOPNOTSUPP) sending_ = Sending::kBatched;
      send_in_pieces(done);
    } else if (error == EMSGSIZE && send_fragmented(s.headers[done].msg_hdr)) {
      count_sent(s.messages[done].datagrams, s.messages[done].bytes);
    } else {
      counters_.dropped_send_error += s.messages[done].datagrams;
    }
    ++done;
  }
  s.count = 0;
  s.vectors_used = 0;
}

// How many messages from `first` on the kernel took; -1 with errno if not even that one.
int UdpSocket::hand_over(size_t first) {
  SendScratch& s = *scratch_;
  if (sending_ == Sending::kSingly)
    return ::sendmsg(fd_.get(), &s.headers[first].msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
  return ::sendmmsg(fd_.get(), &s.headers[first], static_cast<unsigned>(s.count - first),
                    MSG_DONTWAIT);
}

void UdpSocket::send_in_pieces(size_t index) {
  SendScratch& s = *scratch_;
  const SendScratch::Message& whole = s.messages[index];
  msghdr m = s.headers[index].msg_hdr;
  const std::span<const iovec> vectors(m.msg_iov, m.msg_iovlen);
  m.msg_controllen = whole.plain_control;
  if (whole.plain_control == 0) m.msg_control = nullptr;
  m.msg_iovlen = 1;
  for (const iovec& vector : vectors) {
    for (size_t at = 0; at < vector.iov_len; at += whole.segment) {
      iovec piece{static_cast<uint8_t*>(vector.iov_base) + at,
                  std::min<size_t>(whole.segment, vector.iov_len - at)};
      m.msg_iov = &piece;
      if (::sendmsg(fd_.get(), &m, MSG_DONTWAIT) >= 0 ||
          (errno == EMSGSIZE && send_fragmented(m))) {
        count_sent(1, piece.iov_len);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
        ++counters_.dropped_send_full;
      } else {
        ++counters_.dropped_send_error;
      }
    }
  }
}

// One datagram that the path doesn't take whole. Rare: so narrow are some tunnels.
bool UdpSocket::send_fragmented(const msghdr& message) {
  if (!whole_) return false;
  set_flag(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT);
  const bool sent = ::sendmsg(fd_.get(), &message, MSG_DONTWAIT) >= 0;
  const int error = errno;
  set_flag(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
  errno = error;
  return sent;
}

void UdpSocket::count_sent(size_t datagrams, size_t bytes) {
  counters_.sent += datagrams;
  counters_.sent_bytes += bytes;
  ++counters_.send_messages;
}

void UdpSocket::know_addresses(int64_t seconds) {
  if (std::abs(seconds - addresses_known_at_) < kAddressesHoldSeconds) return;
  addresses_known_at_ = seconds;
  usual_source_.know(interface_addresses());
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
