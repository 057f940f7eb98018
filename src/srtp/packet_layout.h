// What SRTP must know of a packet: how far its clear part reaches.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace parley::srtp {

inline constexpr size_t kMinRtpHeaderLength = 12;
inline constexpr size_t kRtcpHeaderLength = 8;

// RFC 3550 §5.1:
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//  |                           timestamp                           |
//  |           synchronization source (SSRC) identifier            |
//  |            contributing source (CSRC) identifiers ...         |
//  |      extension profile        |   length in 32-bit words      |
//
// Length of header, CSRCs and extension; zero if the packet isn't version 2 or ends before they do.
inline size_t rtp_header_length(Bytes packet) {
  if (packet.size() < kMinRtpHeaderLength || (packet[0] >> 6) != 2) return 0;
  size_t length = kMinRtpHeaderLength + 4 * (packet[0] & 0x0fu);
  if (packet[0] & 0x10) {
    if (packet.size() < length + 4) return 0;
    length += 4 + 4 * size_t{load_be16(&packet[length + 2])};
  }
  return length <= packet.size() ? length : 0;
}

inline uint16_t rtp_sequence(Bytes packet) {
  return load_be16(&packet[2]);
}
inline uint32_t rtp_ssrc(Bytes packet) {
  return load_be32(&packet[8]);
}

// RFC 3550 §6.4: the first packet of a compound starts with its header and the sender's SSRC.
inline bool is_rtcp(Bytes packet) {
  return packet.size() >= kRtcpHeaderLength && (packet[0] >> 6) == 2;
}
inline uint32_t rtcp_ssrc(Bytes packet) {
  return load_be32(&packet[4]);
}

}  // namespace parley::srtp
