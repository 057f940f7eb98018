// Retransmission payloads (RFC 4588): the original sequence number, then the original payload.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "rtp/packet.h"

namespace parley::rtp {

inline constexpr size_t kRtxHeaderSize = 2;

// RFC 4588 §4: the sequence number of the packet this one repeats. nullopt without a payload:
// padding-only probes on the RTX stream carry none.
std::optional<uint16_t> rtx_original_sequence(const PacketView& rtx);

// Turns a retransmission back into the packet it repeats, in place: the header moves two bytes
// towards the payload, over the original sequence number. `packet` must be what `rtx` was parsed
// from, whose spans are stale afterwards. Extensions and CSRCs are those of the retransmission.
// Returns the restored packet, a tail of `packet`; nullopt and nothing changed if there is no
// payload.
std::optional<MutableBytes> restore_from_rtx(MutableBytes packet, const PacketView& rtx,
                                             uint8_t payload_type, uint32_t ssrc);

// Writes a retransmission: `header` (with the RTX payload type, SSRC and sequence number; timestamp
// and marker of the original), the original sequence number and payload. Returns the bytes written;
// 0 and nothing useful in `out` if it doesn't fit.
size_t write_rtx(MutableBytes out, const HeaderFields& header, uint16_t original_sequence,
                 Bytes original_payload);

}  // namespace parley::rtp
