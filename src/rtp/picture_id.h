// The two counters that VP8 (RFC 7741 §4.2) and VP9 (RFC 9628 §4.2) payload descriptors share: the
// picture id, 7 bits or, behind a set first bit, 15, and TL0PICIDX.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"

namespace parley::rtp {

struct PictureId {
  uint16_t value = 0;
  bool is_long = false;  // 15 bits
};

inline PictureId read_picture_id(ByteReader& reader) {
  const uint8_t high = reader.u8();
  if ((high & 0x80) == 0) return {.value = high, .is_long = false};
  return {.value = static_cast<uint16_t>(((high & 0x7f) << 8) | reader.u8()), .is_long = true};
}

// Writes the low 15 bits, or the low 7 of the short form.
inline void write_picture_id(ByteWriter& writer, PictureId id) {
  if (id.is_long) {
    writer.u16(static_cast<uint16_t>(0x8000 | id.value));
  } else {
    writer.u8(static_cast<uint8_t>(id.value & 0x7f));
  }
}

// Replace a counter in place. `descriptor`, a Vp8Descriptor or Vp9Descriptor, must come from
// parsing these bytes (or the bytes they were copied from). set_picture_id keeps the form that the
// sender uses, so that the size never changes. False, and nothing written, if the descriptor has no
// such field.
template <typename Descriptor>
bool set_picture_id(MutableBytes payload, const Descriptor& descriptor, uint16_t picture_id) {
  if (!descriptor.picture_id) return false;
  PARLEY_CHECK(payload.size() >= descriptor.size);
  ByteWriter writer(payload.subspan(descriptor.picture_id_offset));
  write_picture_id(writer, {.value = picture_id, .is_long = descriptor.long_picture_id});
  return true;
}

template <typename Descriptor>
bool set_tl0_pic_idx(MutableBytes payload, const Descriptor& descriptor, uint8_t tl0_pic_idx) {
  if (!descriptor.tl0_pic_idx) return false;
  PARLEY_CHECK(payload.size() >= descriptor.size);
  payload[descriptor.tl0_pic_idx_offset] = tl0_pic_idx;
  return true;
}

}  // namespace parley::rtp
