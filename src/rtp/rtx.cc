#include "rtp/rtx.h"

#include <cstring>

#include "base/check.h"

namespace parley::rtp {

// RFC 4588 §4
//    0                   1
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//   |              OSN              |  original RTP payload ....
std::optional<uint16_t> rtx_original_sequence(const PacketView& rtx) {
  if (rtx.payload.size() < kRtxHeaderSize) return std::nullopt;
  return load_be16(rtx.payload.data());
}

std::optional<MutableBytes> restore_from_rtx(MutableBytes packet, const PacketView& rtx,
                                             uint8_t payload_type, uint32_t ssrc) {
  PARLEY_CHECK(packet.data() == rtx.data.data() && packet.size() == rtx.data.size());
  const auto sequence = rtx_original_sequence(rtx);
  if (!sequence) return std::nullopt;
  std::memmove(packet.data() + kRtxHeaderSize, packet.data(), rtx.header_size());
  const MutableBytes restored = packet.subspan(kRtxHeaderSize);
  set_payload_type(restored, payload_type);
  set_sequence_number(restored, *sequence);
  set_ssrc(restored, ssrc);
  return restored;
}

size_t write_rtx(MutableBytes out, const HeaderFields& header, uint16_t original_sequence,
                 Bytes original_payload) {
  const size_t header_bytes = header_size(header);
  if (header_bytes == 0 || out.size() < header_bytes ||
      out.size() - header_bytes < kRtxHeaderSize + original_payload.size()) {
    return 0;
  }
  write_header(out, header);
  ByteWriter writer(out.subspan(header_bytes));
  writer.u16(original_sequence);
  writer.bytes(original_payload);
  PARLEY_CHECK(writer.ok());
  return header_bytes + writer.size();
}

}  // namespace parley::rtp
