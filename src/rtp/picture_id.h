// The counters in VP8 (RFC 7741 §4.2) and VP9 (RFC 9628 §4.2) payload descriptors: the picture id,
// 7 bits or, behind a set first bit, 15; TL0PICIDX; and VP8's KEYIDX.
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

// Where the counters of a payload lie: all that is needed to replace them in it, or in a copy.
struct CounterPlaces {
  uint8_t picture_id = 0;        // of its first byte in the payload; 0 = none
  uint8_t tl0_pic_idx = 0;       // likewise
  uint8_t key_index = 0;         // likewise; VP8 only
  bool long_picture_id = false;  // 15 bits (M), otherwise 7
  bool operator==(const CounterPlaces&) const = default;
};

// Replace a counter in place. `places` must come from parsing these bytes (or the bytes they were
// copied from). set_picture_id keeps the form that the sender uses, so that the size never changes.
// False, and nothing written, if there is no such field.
inline bool set_picture_id(MutableBytes payload, const CounterPlaces& places, uint16_t picture_id) {
  if (places.picture_id == 0) return false;
  PARLEY_CHECK(payload.size() > size_t{places.picture_id} + (places.long_picture_id ? 1 : 0));
  uint8_t* at = &payload[places.picture_id];
  if (places.long_picture_id) {
    store_be16(at, static_cast<uint16_t>(0x8000 | picture_id));
  } else {
    *at = static_cast<uint8_t>(picture_id & 0x7f);
  }
  return true;
}

inline bool set_tl0_pic_idx(MutableBytes payload, const CounterPlaces& places,
                            uint8_t tl0_pic_idx) {
  if (places.tl0_pic_idx == 0) return false;
  PARLEY_CHECK(payload.size() > places.tl0_pic_idx);
  payload[places.tl0_pic_idx] = tl0_pic_idx;
  return true;
}

// KEYIDX shares its byte with TID and Y.
inline bool set_key_index(MutableBytes payload, const CounterPlaces& places, uint8_t key_index) {
  if (places.key_index == 0) return false;
  PARLEY_CHECK(payload.size() > places.key_index);
  uint8_t& p = payload[places.key_index];
  p = static_cast<uint8_t>((p & 0xe0) | (key_index & 0x1f));
  return true;
}

}  // namespace parley::rtp
