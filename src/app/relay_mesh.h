// How the media threads of this process relay rooms that are spread over several of them
// (sfu/relay.h): a ring without locks from each to each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "io/event_fd.h"
#include "io/spsc_ring.h"
#include "sfu/packet_cache.h"
#include "sfu/relay.h"

namespace parley::app {

class RelayMesh {
 public:
  // Of one thread to another: half a second of a hundred pictures and more; a thread that is
  // further behind has lost its viewers anyway. Resident only as far as used.
  static constexpr size_t kPlaces = 8'192;
  // Of one ring at a time, so that no thread is kept from its own socket.
  static constexpr size_t kMostAtOnce = 64;

  explicit RelayMesh(size_t threads);

  // The thread `from`: copies the message to the others that it names. The number of those that
  // had no room for it.
  size_t push(size_t from, const sfu::RelayMessage& message);
  // The thread `from`, after a turn: wakes those that got something.
  void wake(size_t from);

  // The thread `to`: readable when something waits for it.
  int fd(size_t to) const { return inbox(to).event.fd(); }
  // The thread `to`: gives `take` at most kMostAtOnce messages of each other thread, whose spans
  // hold until it calls release().
  template <typename Take>
  void drain(size_t to, Take take) {
    Inbox& inbox = *inboxes_[to];
    inbox.event.lower();
    bool more = false;
    for (size_t from = 0; from < inboxes_.size(); ++from) {
      if (from == to) continue;
      size_t count = 0;
      while (count < kMostAtOnce) {
        const Place* place = inbox.from[from]->peek(count);
        if (place == nullptr) break;
        ++count;
        take(message_of(*place));
      }
      inbox.taken[from] = count;
      more = more || count == kMostAtOnce;
    }
    if (more) inbox.event.raise();
  }
  void release(size_t to);

 private:
  static constexpr size_t kMostBytes = sfu::PacketPool::kPayloadBytes;

  struct Place {
    sfu::RelayMessage message;  // without its spans
    uint16_t payload_size = 0;
    uint16_t dependencies_size = 0;
    uint16_t allocation_size = 0;
    std::array<uint8_t, kMostBytes> bytes;  // payload, dependency descriptor, layers allocation
  };
  struct Inbox {
    io::EventFd event;
    std::vector<std::unique_ptr<io::SpscRing<Place>>> from;
    std::vector<size_t> taken;
  };

  static sfu::RelayMessage message_of(const Place& place);
  const Inbox& inbox(size_t to) const { return *inboxes_[to]; }

  std::vector<std::unique_ptr<Inbox>> inboxes_;
  std::vector<uint32_t> to_wake_;  // by the thread that wakes
};

}  // namespace parley::app
