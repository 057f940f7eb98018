// The VP8 payload descriptor (RFC 7741 §4.2) and the frame header that follows it at the start of a
// frame (§4.3, RFC 6386 §9.1): what layer selection needs to know and what rewriting must change.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "rtp/picture_id.h"

namespace parley::rtp {

struct Vp8Descriptor {
  bool non_reference = false;       // N: no other frame depends on this one
  bool start_of_partition = false;  // S
  uint8_t partition_index = 0;      // PID, 3 bits
  std::optional<uint16_t> picture_id;
  bool long_picture_id = false;        // picture_id has 15 bits (M), otherwise 7
  std::optional<uint8_t> tl0_pic_idx;  // counts the frames of temporal layer 0
  std::optional<uint8_t> temporal_id;  // TID, 2 bits
  bool layer_sync = false;           // Y: depends on layer 0 only, so a receiver may switch up here
  std::optional<uint8_t> key_index;  // KEYIDX, 5 bits

  uint8_t size = 0;      // bytes of the descriptor; the VP8 data follows
  CounterPlaces places;  // of the counters above

  // True on the first packet of a frame.
  bool starts_frame() const { return start_of_partition && partition_index == 0; }
  bool operator==(const Vp8Descriptor&) const = default;
};

// nullopt if the payload ends within the descriptor.
std::optional<Vp8Descriptor> parse_vp8_descriptor(Bytes payload);

struct Vp8FrameHeader {
  bool key_frame = false;
  uint16_t width = 0;   // pixels, 14 bits; 0 unless key_frame
  uint16_t height = 0;  // likewise
};

// The header of the frame that starts in this payload. nullopt if none does, or if it is cut short
// or, on a key frame, lacks the start code.
std::optional<Vp8FrameHeader> parse_vp8_frame_header(Bytes payload,
                                                     const Vp8Descriptor& descriptor);

// True if a key frame starts in this payload.
bool is_vp8_key_frame(Bytes payload);

inline constexpr size_t kMaxVp8DescriptorSize = 6;

// Writes a descriptor with the fields present in `descriptor`; its size and offsets are not looked
// at. Returns the bytes written; 0 if `out` is too small. temporal_id and layer_sync go out
// together, as do those and key_index.
size_t write_vp8_descriptor(MutableBytes out, const Vp8Descriptor& descriptor);

}  // namespace parley::rtp
