// One UDP socket for a media thread: batches in, batches out, and for every datagram both ends of
// its path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/bounded.h"
#include "base/datagram_run.h"
#include "base/units.h"
#include "io/file_descriptor.h"
#include "io/usual_source.h"

struct msghdr;
struct timespec;

namespace parley::io {

struct ReceivedDatagram {
  FlowPath path;
  MutableBytes bytes;  // in the ReceiveBatch
  // How long it lay in the kernel, by the kernel's stamp: what a busy machine adds to its arrival.
  TimeDelta waited;
};

struct OutgoingDatagram {
  FlowPath path;  // leaves from path.local.ip; the system chooses when that is unspecified
  Bytes bytes;
};

// Tells datagrams by how they begin: their first two bytes, in network order, have `value` in the
// bits of `mask`.
struct Beginning {
  uint16_t mask = 0;
  uint16_t value = 0;
};

struct BindError {
  int system_error = 0;  // errno
  std::string message;   // what failed, in the system's words
};

// Since the socket was opened. Owned by the socket's thread.
struct UdpCounters {
  uint64_t received = 0;
  uint64_t received_bytes = 0;
  uint64_t dropped_too_long = 0;      // longer than ReceiveBatch::kDatagramBytes
  uint64_t dropped_receive_full = 0;  // by the kernel, because the socket's buffer was full
  uint64_t sent = 0;
  uint64_t sent_bytes = 0;
  uint64_t send_messages =
      0;  // after datagrams were joined into runs; sent / send_messages is the run length
  uint64_t dropped_send_full = 0;   // EAGAIN: the socket's buffer or the device's queue was full
  uint64_t dropped_send_error = 0;  // no route, refused by a firewall, too long for the link

  UdpCounters& operator+=(const UdpCounters& more);
};

// Where recvmmsg puts a batch. Its buffers are reused by the next receive().
class ReceiveBatch {
 public:
  // In one call; the kernel may have joined up to kJoined datagrams to one message (UDP_GRO).
  static constexpr size_t kMessages = 64;
  static constexpr size_t kJoined = 64;
  // More than any datagram WebRTC sends (it stays below 1,500 bytes).
  static constexpr size_t kDatagramBytes = 2048;

  ReceiveBatch();
  ~ReceiveBatch();
  ReceiveBatch(ReceiveBatch&&) noexcept;
  ReceiveBatch& operator=(ReceiveBatch&&) noexcept;

  std::span<const ReceivedDatagram> datagrams() const { return received_; }
  // More may wait in the socket.
  bool full() const { return full_; }

 private:
  friend class UdpSocket;
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
  std::vector<ReceivedDatagram> received_;  // with room for all there can be
  bool full_ = false;
};

// Non-blocking. Driven by one thread: wait for fd() to be readable, receive() a batch, send()
// batches. It neither queues nor retries: what the kernel doesn't take at once is dropped and
// counted, since late media is worth nothing.
class UdpSocket {
 public:
  // How many datagrams are given to the kernel in one call.
  static constexpr size_t kSendBatch = 64;
  // About 60 ms at 1 Gbit/s.
  static constexpr int kBufferBytes = 8 << 20;

  // `ip` absent: every address of both families on one socket (IPv4 alone where the system has no
  // IPv6). Port 0: one that is free.
  static std::expected<UdpSocket, BindError> bind(std::optional<IpAddress> ip, uint16_t port);
  // Another socket of the same addresses and port, which from now on receives what begins so, in
  // this one's place. Once. nullopt where the kernel can't (before Linux 4.5): then all comes here.
  std::optional<UdpSocket> split_off(const Beginning& beginning);
  ~UdpSocket();
  UdpSocket(UdpSocket&&) noexcept;
  UdpSocket& operator=(UdpSocket&&) noexcept;

  // Up to a batch of what has arrived, datagrams that the kernel joined taken apart again. Returns
  // how many; 0 when nothing waits.
  size_t receive(ReceiveBatch& batch);

  // Hands all datagrams to the kernel, in order. Neighbours of one path and one size (the last may
  // be shorter) go as one segmented message (UDP_SEGMENT), which costs little more than one of
  // them. Returns how many the kernel took.
  size_t send(std::span<const OutgoingDatagram> datagrams);
  // The same with runs that are known already; each at most 64 datagrams and 65,487 bytes.
  size_t send(std::span<const DatagramRun> runs);

  // The dearest way of sending comes last. What a kernel or a device refuses is not tried again on
  // this socket.
  enum class Sending : uint8_t { kSegmented, kBatched, kSingly };
  Sending sending() const { return sending_; }
  void use(Sending sending) { sending_ = sending; }

  int fd() const { return fd_.get(); }
  uint16_t port() const { return port_; }
  bool dual_stack() const { return family_ == kInet6; }
  // As granted by the kernel, which may be much less than asked (net.core.rmem_max,
  // net.core.wmem_max).
  int receive_buffer_bytes() const { return receive_buffer_bytes_; }
  int send_buffer_bytes() const { return send_buffer_bytes_; }
  const UdpCounters& counters() const { return counters_; }

 private:
  static constexpr int kInet6 = 10;  // AF_INET6
  struct SendScratch;
  struct LinkLocal {
    IpAddress ip;
    uint32_t interface_index = 0;
  };

  UdpSocket(FileDescriptor fd, int family);
  // Whether sockets opened later may have the same port.
  enum class Port : uint8_t { kOwn, kShared };
  static std::expected<UdpSocket, BindError> open(int family, const SocketAddress& address,
                                                  Port port = Port::kOwn);
  struct Arrival;
  Arrival read_arrival(msghdr& message, const timespec& taken);
  void split(ReceiveBatch& batch, const Arrival& arrival, MutableBytes message);
  void know_addresses(int64_t seconds);
  void remember_link_local(const IpAddress& local, uint32_t interface_index);
  uint32_t interface_of(const IpAddress& local) const;
  bool begin_message(const FlowPath& path, size_t datagrams);
  void append_bytes(Bytes bytes);
  void end_message(size_t datagrams, size_t segment);
  void transmit();
  int hand_over(size_t first);
  void send_in_pieces(size_t index);
  bool send_fragmented(const msghdr& message);
  void count_sent(size_t datagrams, size_t bytes);

  FileDescriptor fd_;
  int family_;
  uint16_t port_ = 0;
  int receive_buffer_bytes_ = 0;
  int send_buffer_bytes_ = 0;
  Sending sending_ = Sending::kSegmented;
  bool whole_ = false;  // IPv4: what doesn't fit the path is refused, not fragmented
  uint32_t last_overflow_ = 0;
  UsualSource usual_source_;
  int64_t addresses_known_at_ = 0;  // seconds of the wall clock
  // A link-local address means nothing without its interface, which IpAddress doesn't carry.
  BoundedVector<LinkLocal, 16> link_local_;
  std::unique_ptr<SendScratch> scratch_;
  UdpCounters counters_;
};

}  // namespace parley::io
