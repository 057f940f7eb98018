// Where outgoing packets are written and encrypted: one behind the other, so that those of one
// viewer and one size make a run, which is sent as one message.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/datagram_run.h"
#include "rtp/header_extensions.h"
#include "sfu/down_slot.h"
#include "transport/secure_channel.h"

namespace parley::shard {

class Egress {
 public:
  // Largest datagram: a received one plus what rewriting may add (CSRC, RTX's two bytes,
  // authentication tag).
  static constexpr size_t kDatagramBytes = 1'600;
  // What RTCP may take of it before it is encrypted: an unfragmented datagram on every path.
  static constexpr size_t kPlainBytes = 1'150;
  // What a kernel takes as one message: UDP_MAX_SEGMENTS before Linux 6.9, and 65,535 bytes less
  // the IPv6 and UDP headers.
  static constexpr size_t kRunDatagrams = 64;
  static constexpr size_t kRunBytes = 65'535 - 48;
  // Sent and written anew when so much is there: it should still lie in the second-level cache (1
  // to 2 MB for a core) when the kernel copies it.
  static constexpr size_t kChunkBytes = 256 * 1024;
  static constexpr size_t kChunkRuns = 512;

  Egress();

  // No more should be written before it is sent. For one run, or a few small datagrams, there is
  // room beyond that.
  bool full() const { return !taken_ && (used_ >= kChunkBytes || runs_.size() >= kChunkRuns); }
  // No room for one more datagram at all.
  bool exhausted() const {
    return !taken_ && (used_ + kDatagramBytes > kArenaBytes || runs_.size() == kArenaRuns);
  }

  // Where the next datagram is to be written, kDatagramBytes; not if exhausted().
  MutableBytes room();
  // Whose turn it is: what is added from now on goes there, in runs of its own. So paths are looked
  // at once for each viewer, not for each datagram.
  void turn_to(const FlowPath& path) {
    path_ = path;
    extendable_ = 0;
  }
  // The first `size` bytes of room() are one; 0: none was written.
  void add(size_t size);
  // What was added. It stays until room() is asked for again, and is gone then.
  std::span<const DatagramRun> take();

  // What only the moment of sending knows; written where the viewer negotiated the extension.
  struct Departure {
    rtp::AbsSendTime send_time;
    uint16_t transport_sequence = 0;
    uint8_t padding = 0;  // more of it than the plan says, see EvenSizes
  };
  // Writes a plan as an SRTP packet to `out`, kDatagramBytes. Its size; 0 if it can't be sealed.
  static size_t seal(const sfu::ForwardPlan& plan, transport::SecureChannel& channel,
                     const Departure& departure, MutableBytes out);

 private:
  static constexpr size_t kArenaBytes = kChunkBytes + kRunBytes + 16 * 1024;
  static constexpr size_t kArenaRuns = kChunkRuns + 64;

  std::unique_ptr<uint8_t[]> bytes_;
  size_t used_ = 0;
  std::vector<DatagramRun> runs_;
  bool taken_ = false;
  FlowPath path_;
  size_t extendable_ = 0;  // by how many bytes the last run may grow
};

inline MutableBytes Egress::room() {
  if (taken_) {
    taken_ = false;
    used_ = 0;
    runs_.clear();
  }
  PARLEY_CHECK(!exhausted());
  return {&bytes_[used_], kDatagramBytes};
}

inline void Egress::add(size_t size) {
  if (size == 0) return;
  const uint8_t* at = &bytes_[used_];
  used_ += size;
  if (size <= extendable_ && size <= runs_.back().segment) {
    DatagramRun& run = runs_.back();
    run.bytes = {run.bytes.data(), run.bytes.size() + size};
    // A shorter one can only be the last.
    extendable_ = size == run.segment ? extendable_ - size : 0;
    return;
  }
  runs_.emplace_back(path_, Bytes(at, size), static_cast<uint16_t>(size));
  extendable_ = std::min(kRunBytes, size * kRunDatagrams) - size;
}

}  // namespace parley::shard
