#include "rtp/rtcp.h"

namespace parley::rtp {

std::optional<RtcpBlock> RtcpReader::fail() {
  malformed_ = true;
  rest_ = {};
  return std::nullopt;
}

// RFC 3550 §6.4.1; all blocks begin alike. The length counts 32-bit words without this one.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |V=2|P|  count  |      type     |            length             |
std::optional<RtcpBlock> RtcpReader::next() {
  if (rest_.empty()) return std::nullopt;
  if (rest_.size() < kRtcpHeaderSize || rest_[0] >> 6 != 2) return fail();
  const size_t size = kRtcpHeaderSize + size_t{load_be16(rest_.data() + 2)} * 4;
  if (rest_.size() < size) return fail();

  RtcpBlock block{.type = static_cast<RtcpType>(rest_[1]),
                  .count = static_cast<uint8_t>(rest_[0] & 0x1f),
                  .body = rest_.subspan(kRtcpHeaderSize, size - kRtcpHeaderSize)};
  // Padding belongs to the last block (RFC 3550 §6.4.1), but transport-wide feedback has it
  // anywhere.
  if ((rest_[0] & 0x20) != 0) {
    if (block.body.empty()) return fail();
    const size_t padding = block.body.back();
    if (padding == 0 || padding > block.body.size()) return fail();
    block.body = block.body.first(block.body.size() - padding);
  }
  rest_ = rest_.subspan(size);
  return block;
}

bool write_rtcp_header(ByteWriter& writer, RtcpType type, size_t count, size_t body_size) {
  if (count > kMaxRtcpCount || body_size % 4 != 0 || body_size / 4 > 0xffff) return false;
  if (!writer.ok() || writer.remaining() < kRtcpHeaderSize + body_size) return false;
  writer.u8(static_cast<uint8_t>(0x80 | count));
  writer.u8(static_cast<uint8_t>(type));
  writer.u16(static_cast<uint16_t>(body_size / 4));
  return true;
}

}  // namespace parley::rtp
