// Where outgoing packets are written and encrypted: a ring of buffers, so that a driver can gather
// a batch of finished datagrams before it sends them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "rtp/header_extensions.h"
#include "sfu/down_slot.h"
#include "transport/secure_channel.h"

namespace parley::shard {

class Egress {
 public:
  static constexpr size_t kBuffers = 256;
  // Largest datagram: a received one plus what rewriting may add (CSRC, RTX's two bytes,
  // authentication tag).
  static constexpr size_t kBufferBytes = 1'600;
  // What RTCP may take of it before it is encrypted: an unfragmented datagram on every path.
  static constexpr size_t kPlainBytes = 1'150;

  Egress();

  // What only the moment of sending knows; written where the viewer negotiated the extension.
  struct Departure {
    rtp::AbsSendTime send_time;
    uint16_t transport_sequence = 0;
  };
  // A plan as an SRTP packet; empty when it can't be sealed.
  Bytes seal(const sfu::ForwardPlan& plan, transport::SecureChannel& channel,
             const Departure& departure);
  // A copy of a finished datagram.
  Bytes copy(Bytes datagram);
  // The buffer that the next datagram is written to; the same until advance().
  MutableBytes buffer();
  // What was written has been given out: its bytes stay until kBuffers - 1 more were.
  void advance() { next_ = (next_ + 1) % kBuffers; }

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t next_ = 0;
};

}  // namespace parley::shard
