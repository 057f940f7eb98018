#include "rtp/red.h"

#include "base/check.h"

namespace parley::rtp {

// RFC 2198 §3: a header for each block, the primary's with F = 0, then the data of each.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |1|   block PT  |     timestamp offset      |   block length    |
//   |0|   block PT  |
std::optional<RedBlocks> parse_red(Bytes payload) {
  ByteReader reader(payload);
  RedBlocks blocks;
  size_t lengths[kMaxRedBlocks] = {};
  for (bool primary = false; !primary;) {
    const uint8_t first = reader.u8();
    primary = (first & 0x80) == 0;
    RedBlock block{.payload_type = static_cast<uint8_t>(first & 0x7f)};
    if (!primary) {
      const uint32_t word = reader.u24();
      block.timestamp_offset = static_cast<uint16_t>(word >> 10);
      if (!blocks.full()) lengths[blocks.size()] = word & kMaxRedBlockSize;
    }
    if (!reader.ok() || !blocks.push_back(block)) return std::nullopt;
  }
  for (size_t i = 0; i + 1 < blocks.size(); ++i) blocks[i].data = reader.bytes(lengths[i]);
  if (!reader.ok()) return std::nullopt;
  blocks.back().data = reader.rest();
  return blocks;
}

std::optional<RedBlock> red_primary(Bytes payload) {
  ByteReader reader(payload);
  size_t redundant_size = 0;
  for (size_t count = 0; count < kMaxRedBlocks; ++count) {
    const uint8_t first = reader.u8();
    if ((first & 0x80) != 0) {
      redundant_size += reader.u24() & kMaxRedBlockSize;
      continue;
    }
    reader.skip(redundant_size);
    if (!reader.ok()) return std::nullopt;
    return RedBlock{.payload_type = first, .timestamp_offset = 0, .data = reader.rest()};
  }
  return std::nullopt;
}

size_t write_red(MutableBytes out, std::span<const RedBlock> blocks) {
  if (blocks.empty() || blocks.size() > kMaxRedBlocks) return 0;
  const auto redundant = blocks.first(blocks.size() - 1);
  size_t size = 1 + blocks.back().data.size();
  for (const RedBlock& b : redundant) {
    if (b.timestamp_offset > kMaxRedTimestampOffset || b.data.size() > kMaxRedBlockSize) return 0;
    size += 4 + b.data.size();
  }
  if (size > out.size()) return 0;

  ByteWriter writer(out);
  for (const RedBlock& b : redundant) {
    writer.u8(static_cast<uint8_t>(0x80 | b.payload_type));
    writer.u24((uint32_t{b.timestamp_offset} << 10) | static_cast<uint32_t>(b.data.size()));
  }
  writer.u8(blocks.back().payload_type & 0x7f);
  for (const RedBlock& b : blocks) writer.bytes(b.data);
  PARLEY_CHECK(writer.ok() && writer.size() == size);
  return size;
}

}  // namespace parley::rtp
