// RTCP compound packets (RFC 3550 §6.1) as a sequence of blocks, and what all blocks share. Each
// block type has its own file: rtcp_reports, rtcp_sdes, rtcp_nack, rtcp_key_frame_request,
// rtcp_remb, rtcp_xr, transport_feedback.
//
// Conventions of those files: parse_x takes a block and gives nullopt if it is of another type or
// malformed; lists are bounded by named constants. write_x appends one whole block to a ByteWriter
// and returns true, or returns false and appends nothing if it doesn't fit or a list is longer than
// the block can carry.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace parley::rtp {

// RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2. Other values occur on the wire.
enum class RtcpType : uint8_t {
  kSenderReport = 200,
  kReceiverReport = 201,
  kSdes = 202,
  kBye = 203,
  kApp = 204,
  kTransportFeedback = 205,  // RTPFB
  kPayloadFeedback = 206,    // PSFB
  kExtendedReport = 207,
};

inline constexpr size_t kRtcpHeaderSize = 4;
inline constexpr size_t kMaxRtcpCount = 31;  // the 5-bit count field

// True if a datagram already known to be RTP or RTCP (RFC 7983) is RTCP: RFC 5761 §4 keeps RTP
// payload types 64 to 95 free, so the second byte tells. False for a datagram of less than two
// bytes.
constexpr bool is_rtcp(Bytes datagram) {
  return datagram.size() >= 2 && (datagram[0] >> 6) == 2 && datagram[1] >= 192 &&
         datagram[1] <= 223;
}

// One block of a compound packet, pointing into it.
struct RtcpBlock {
  RtcpType type{};
  uint8_t count = 0;  // 5 bits: report count, source count or feedback format
  Bytes body;         // after the 4-byte header, without padding

  bool is(RtcpType wanted) const { return type == wanted; }
  bool is(RtcpType wanted, uint8_t format) const { return type == wanted && count == format; }
};

// Walks the blocks of a compound or reduced-size (RFC 5506) packet. Stops at the first malformed
// block; what came before it stands, since each block is complete in itself.
class RtcpReader {
 public:
  explicit RtcpReader(Bytes packet) : rest_(packet) {}

  // The next block; nullopt at the end or at a malformed block.
  std::optional<RtcpBlock> next();
  // False once a block had another version, ran past the end or had padding larger than itself.
  bool ok() const { return !malformed_; }

 private:
  std::optional<RtcpBlock> fail();

  Bytes rest_;
  bool malformed_ = false;
};

// For the writers of blocks: appends a block's header if header and `body_size` bytes fit (a
// multiple of 4, at most 65535 words). False, and nothing written, otherwise.
bool write_rtcp_header(ByteWriter& writer, RtcpType type, size_t count, size_t body_size);

}  // namespace parley::rtp
