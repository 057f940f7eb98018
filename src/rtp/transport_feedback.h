// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01
// §3.1): which packets of a transport arrived, and when. The congestion controller of the sender
// reads it; the server writes it for what its clients send.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/bounded.h"
#include "base/units.h"
#include "rtp/rtcp.h"

namespace parley::rtp {

// Feedback comes every 50 to 250 ms; at 4,000 packets a second that is 1,000 packets. Run-length
// chunks let 20 bytes claim 65,535, so there must be a bound.
inline constexpr size_t kMaxFeedbackPackets = 2048;

// How a packet begins whose first block is such feedback: version 2, format 15, type 205, in the
// bits of the mask, which leaves out that of padding. SRTCP doesn't encrypt them (RFC 3711 §3.4).
inline constexpr uint16_t kFeedbackBeginningMask = 0xdfff;
inline constexpr uint16_t kFeedbackBeginning = 0x8fcd;

inline constexpr TimeDelta kFeedbackTick = TimeDelta::micros(250);
inline constexpr TimeDelta kFeedbackReferenceTick = TimeDelta::millis(64);

struct PacketStatus {
  uint16_t sequence = 0;  // the transport sequence number
  // In kFeedbackTick after the received packet before it, or after the reference time.
  int16_t delta_ticks = 0;
  bool received = false;  // delta_ticks is 0 unless set
  bool operator==(const PacketStatus&) const = default;
};

struct TransportFeedback {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  uint16_t base_sequence = 0;
  uint8_t feedback_count = 0;  // counts feedbacks, so that lost ones show
  // In kFeedbackReferenceTick of the reporter's clock, 24 bits: Unwrapper<uint32_t, 24> gives a
  // steady time.
  uint32_t reference_ticks = 0;
  // Every number from base_sequence on, in order.
  BoundedVector<PacketStatus, kMaxFeedbackPackets> packets;
};

enum class TransportFeedbackError : uint8_t {
  kWrongBlock,      // not a transport-wide feedback block
  kTruncated,       // chunks or deltas run past the end
  kReservedSymbol,  // a two-bit status of 3
  kTooManyPackets,  // more than kMaxFeedbackPackets
};

// Fills `out`, which is large and meant to be kept and reused; after an error its content is
// unspecified.
std::expected<void, TransportFeedbackError> parse_transport_feedback(const RtcpBlock& block,
                                                                     TransportFeedback& out);

// One received packet; `arrival` is the time since any fixed point of the reporter's monotonic
// clock, not negative.
struct PacketArrival {
  uint16_t sequence = 0;
  TimeDelta arrival;
};

struct FeedbackHeader {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  // The first number reported on; numbers before the first arrival count as lost.
  uint16_t base_sequence = 0;
  uint8_t feedback_count = 0;
};

// Appends one feedback block on as many arrivals from the front of the list as one block can hold:
// sequence numbers must ascend (on the circle) from base_sequence, span at most
// kMaxFeedbackPackets, lie at most 8.19 s apart in arrival, and fit the space left. Returns how
// many it took: write the rest with the next feedback_count and the number after the last one taken
// as base_sequence. 0, and nothing written, if not even the first can be taken.
size_t write_transport_feedback(ByteWriter& writer, const FeedbackHeader& header,
                                std::span<const PacketArrival> arrivals);

}  // namespace parley::rtp
