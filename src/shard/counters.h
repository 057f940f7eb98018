// What a shard counts. Written by its thread only, read by any: relaxed atomics are enough for
// metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "rtp/parameters.h"

namespace parley::shard {

enum class DropReason : uint8_t {
  kUnknownPeer,  // no peer known by that address, and no check that names one
  kStunRefused,  // a check that isn't ours, or with a wrong password
  kDtlsUnknownPath,
  kMalformed,
  kNoKeys,           // SRTP before DTLS was done
  kSrtpRefused,      // forged, replayed or garbled
  kUnknownProtocol,  // none of RFC 7983's
  kRtpUnparsed,
  kRtcpUnparsed,
  kUnknownStream,  // no MID, RID or SSRC that was negotiated
  kQueueFull,      // too much waits for this viewer's path, or for all of them together
  kNotSealed,      // the viewer's keys are gone or the packet is too large
  kCount,
};
std::string_view to_string(DropReason reason);

class Counter {
 public:
  void add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// What there is of something now.
class Level {
 public:
  explicit Level(uint64_t value = 0) : value_(value) {}
  void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_;
};

struct Counters {
  struct Direction {
    std::array<Counter, 2> packets;  // by rtp::MediaKind
    std::array<Counter, 2> bytes;
    void count(rtp::MediaKind kind, size_t size) {
      packets[static_cast<size_t>(kind)].add();
      bytes[static_cast<size_t>(kind)].add(size);
    }
  };
  Direction received;
  Direction sent;
  std::array<Counter, static_cast<size_t>(DropReason::kCount)> drops;
  Counter retransmitted;
  Counter late_queues;  // times that what waited for a viewer's path was given up
  Counter padding;      // packets sent only to probe a path
  Counter key_frame_requests;
  Counter stun_answers;  // to plain STUN requests
  // As of the last tick or command.
  Level kept_packets;        // payload buffers that somebody holds
  Level waiting_packets;     // for a viewer's path
  Level share_percent{100};  // OverloadControl::share()

  void drop(DropReason reason) { drops[static_cast<size_t>(reason)].add(); }
};

}  // namespace parley::shard
