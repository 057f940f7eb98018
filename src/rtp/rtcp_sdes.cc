#include "rtp/rtcp_sdes.h"

#include <algorithm>

namespace parley::rtp {
namespace {

constexpr uint8_t kEndItem = 0;
constexpr uint8_t kCnameItem = 1;
constexpr size_t kMaxText = 255;

constexpr size_t padded(size_t size) {
  return (size + 3) & ~size_t{3};
}

// SSRC, one item, at least one zero byte to end the list.
size_t chunk_size(const SdesChunk& chunk) {
  return padded(4 + 2 + chunk.cname.size() + 1);
}

// RFC 3550 §6.5
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |                             SSRC                              |
//   |     item      |    length     | text ....
//   | items end with a zero byte, then zeros to the next 32-bit boundary
SdesChunk read_chunk(ByteReader& reader) {
  SdesChunk chunk{.ssrc = reader.u32(), .cname = {}};
  while (reader.ok()) {
    const uint8_t item = reader.u8();
    if (item == kEndItem) break;
    const Bytes text = reader.bytes(reader.u8());
    if (item == kCnameItem) chunk.cname = as_text(text);
  }
  reader.skip(std::min(padded(reader.offset()) - reader.offset(), reader.remaining()));
  return chunk;
}

}  // namespace

std::optional<SdesChunks> parse_sdes(const RtcpBlock& block) {
  if (!block.is(RtcpType::kSdes)) return std::nullopt;
  ByteReader reader(block.body);
  SdesChunks chunks;
  for (size_t i = 0; i < block.count; ++i) chunks.push_back(read_chunk(reader));
  if (!reader.ok()) return std::nullopt;
  return chunks;
}

bool write_sdes(ByteWriter& writer, std::span<const SdesChunk> chunks) {
  size_t size = 0;
  for (const SdesChunk& chunk : chunks) {
    if (chunk.cname.size() > kMaxText) return false;
    size += chunk_size(chunk);
  }
  if (!write_rtcp_header(writer, RtcpType::kSdes, chunks.size(), size)) return false;
  for (const SdesChunk& chunk : chunks) {
    writer.u32(chunk.ssrc);
    writer.u8(kCnameItem);
    writer.u8(static_cast<uint8_t>(chunk.cname.size()));
    writer.bytes(as_bytes(chunk.cname));
    writer.zeros(chunk_size(chunk) - 6 - chunk.cname.size());
  }
  return true;
}

// RFC 3550 §6.6: SSRCs, then optionally
//   |    length     | reason for leaving ....
std::optional<Bye> parse_bye(const RtcpBlock& block) {
  if (!block.is(RtcpType::kBye)) return std::nullopt;
  ByteReader reader(block.body);
  Bye bye;
  for (size_t i = 0; i < block.count; ++i) bye.ssrcs.push_back(reader.u32());
  if (reader.ok() && reader.remaining() > 0) bye.reason = as_text(reader.bytes(reader.u8()));
  if (!reader.ok()) return std::nullopt;
  return bye;
}

bool write_bye(ByteWriter& writer, std::span<const uint32_t> ssrcs, std::string_view reason) {
  if (reason.size() > kMaxText) return false;
  const size_t reason_size = reason.empty() ? 0 : padded(1 + reason.size());
  if (!write_rtcp_header(writer, RtcpType::kBye, ssrcs.size(), ssrcs.size() * 4 + reason_size)) {
    return false;
  }
  for (const uint32_t ssrc : ssrcs) writer.u32(ssrc);
  if (!reason.empty()) {
    writer.u8(static_cast<uint8_t>(reason.size()));
    writer.bytes(as_bytes(reason));
    writer.zeros(reason_size - 1 - reason.size());
  }
  return true;
}

}  // namespace parley::rtp
