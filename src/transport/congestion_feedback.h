// Between transport-wide feedback on the wire and congestion control
// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/sequence.h"
#include "base/units.h"
#include "congestion/arrival_recorder.h"
#include "congestion/packet_result.h"
#include "rtp/transport_feedback.h"

namespace parley::transport {

struct FeedbackSsrcs {
  uint32_t sender = 0;
  // One of the streams reported on: Chromium ignores feedback that names none of its own.
  uint32_t media = 0;
};
// One RTCP block on what `arrivals` noted since the last one, plain, to the start of `out`; its
// size, or 0 when nothing came.
size_t write_arrivals(congestion::ArrivalRecorder& arrivals, FeedbackSsrcs ssrcs, MutableBytes out,
                      Timestamp now);

// Reads one receiver's reports; it keeps that receiver's clock steady over the 24 bits of the
// reference time.
class ArrivalReader {
 public:
  // What the report says of each of its packets, in order; the first part of `results`, which has
  // room for rtp::kMaxFeedbackPackets.
  std::span<const congestion::PacketResult> read(const rtp::TransportFeedback& report,
                                                 std::span<congestion::PacketResult> results);

 private:
  Unwrapper<uint32_t, 24> reference_;
};

}  // namespace parley::transport
