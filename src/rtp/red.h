// Redundant audio (RFC 2198): the current frame and copies of earlier ones in one payload.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bounded.h"
#include "base/bytes.h"

namespace parley::rtp {

// Browsers send one or two, libwebrtc at most nine; what claims more is not audio.
inline constexpr size_t kMaxRedBlocks = 16;
inline constexpr uint16_t kMaxRedTimestampOffset = 0x3fff;  // 14 bits
inline constexpr size_t kMaxRedBlockSize = 0x3ff;           // 10 bits

struct RedBlock {
  uint8_t payload_type = 0;       // of the wrapped codec, 7 bits
  uint16_t timestamp_offset = 0;  // to subtract from the packet's RTP timestamp; 0 for the primary
  Bytes data;                     // within the parsed payload; may be empty
};

// Oldest first, as on the wire; the last one is the primary.
using RedBlocks = BoundedVector<RedBlock, kMaxRedBlocks>;

// nullopt if the payload is truncated, has no primary block, or more than kMaxRedBlocks.
std::optional<RedBlocks> parse_red(Bytes payload);

// The primary block alone: what a receiver without RED is sent. nullopt as for parse_red.
std::optional<RedBlock> red_primary(Bytes payload);

// Writes blocks, the last of which is the primary. Returns the bytes written; 0 and nothing written
// if `out` is too small, there is no block or too many, or an offset or a redundant block's size
// exceeds its field.
size_t write_red(MutableBytes out, std::span<const RedBlock> blocks);

}  // namespace parley::rtp
