// The UDP sockets of many clients in one thread: each with an address of its own, all read through
// one set of buffers. For load generators; a server has few sockets and uses UdpSocket.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/units.h"
#include "io/file_descriptor.h"
#include "io/udp_socket.h"

namespace parley::io {

// Since the swarm was made, of all its sockets.
struct SwarmCounters {
  uint64_t received = 0;
  uint64_t dropped_receive_full = 0;  // by the kernel
  uint64_t sent = 0;
  uint64_t dropped_send = 0;  // not taken by the kernel at once
};

// Non-blocking; nobody is woken by what arrives: the driver looks with receive() as often as it
// likes, and each datagram says when it came.
class UdpSwarm {
 public:
  struct Options {
    // Take a run of the sender's as one message. A receiver behind a network card has the same done
    // for it; without, each datagram of a run costs its sender's machine as much as a single one.
    bool merge = true;
  };
  // Sockets are told apart by their index, which a later one may take over.
  using Index = uint32_t;

  explicit UdpSwarm(const Options& options);
  ~UdpSwarm();

  // A socket at a free port of `local`.
  std::expected<Index, BindError> open(const IpAddress& local);
  void close(Index index);
  const SocketAddress& local(Index index) const { return sockets_[index].local; }

  struct Arrival {
    Index index = 0;
    FlowPath path;
    MutableBytes bytes;  // until the call returns
    Timestamp at;        // by the kernel's stamp, on monotonic_now()'s clock
    bool first = true;   // of the message it came in
  };
  // Calls `visit(const Arrival&)` for what waits, at most kMostMessages messages of each socket.
  // `visit` may send and open, not close. Returns how many datagrams there were.
  template <typename Visit>
  size_t receive(Visit&& visit) {
    size_t count = 0;
    for (const Index index : readable()) {
      for (const Message& message : read(index)) {
        for (MutableBytes left = message.bytes; !left.empty();) {
          const size_t size = std::min(left.size(), message.segment);
          visit(Arrival{index,
                        {sockets_[index].local, message.from},
                        left.first(size),
                        message.at,
                        left.size() == message.bytes.size()});
          left = left.subspan(size);
          ++count;
        }
      }
    }
    counters_.received += count;
    return count;
  }

  // Keeps a copy until flush(), or sends what is kept when there is much.
  void send(Index index, const SocketAddress& to, Bytes datagram);
  // In order; neighbours of one socket in one call.
  void flush();

  const SwarmCounters& counters() const { return counters_; }

 private:
  static constexpr size_t kMostMessages = 8;
  struct Socket {
    FileDescriptor fd;
    SocketAddress local;
    uint32_t last_overflow = 0;
  };
  struct Message {
    SocketAddress from;
    MutableBytes bytes;
    size_t segment = 0;
    Timestamp at;
  };
  struct Scratch;

  std::span<const Index> readable();
  std::span<const Message> read(Index index);

  Options options_;
  FileDescriptor epoll_;
  std::vector<Socket> sockets_;
  std::vector<Index> free_;
  std::unique_ptr<Scratch> scratch_;
  SwarmCounters counters_;
};

}  // namespace parley::io
