#include "rtp/vp8_descriptor.h"

namespace parley::rtp {

// RFC 7741 §4.2
//
//         0 1 2 3 4 5 6 7
//        +-+-+-+-+-+-+-+-+
//        |X|R|N|S|R| PID |
//        +-+-+-+-+-+-+-+-+
//   X:   |I|L|T|K|  RSV  |
//        +-+-+-+-+-+-+-+-+
//   I:   |M|  PictureID  |
//        +-+-+-+-+-+-+-+-+
//   M:   |   PictureID   |
//        +-+-+-+-+-+-+-+-+
//   L:   |   TL0PICIDX   |
//        +-+-+-+-+-+-+-+-+
//   T/K: |TID|Y| KEYIDX  |
//        +-+-+-+-+-+-+-+-+
std::optional<Vp8Descriptor> parse_vp8_descriptor(Bytes payload) {
  ByteReader reader(payload);
  // Where it is given back: to copy what was just written byte by byte takes longer than to read
  // it.
  std::optional<Vp8Descriptor> out(std::in_place);
  Vp8Descriptor& d = *out;
  const uint8_t first = reader.u8();
  d.non_reference = (first & 0x20) != 0;
  d.start_of_partition = (first & 0x10) != 0;
  d.partition_index = first & 0x07;

  const uint8_t extended = (first & 0x80) != 0 ? reader.u8() : uint8_t{0};
  if ((extended & 0x80) != 0) {
    d.places.picture_id = static_cast<uint8_t>(reader.offset());
    const PictureId id = read_picture_id(reader);
    d.picture_id = id.value;
    d.long_picture_id = d.places.long_picture_id = id.is_long;
  }
  if ((extended & 0x40) != 0) {
    d.places.tl0_pic_idx = static_cast<uint8_t>(reader.offset());
    d.tl0_pic_idx = reader.u8();
  }
  if ((extended & 0x30) != 0) {
    if ((extended & 0x10) != 0) d.places.key_index = static_cast<uint8_t>(reader.offset());
    const uint8_t layers = reader.u8();
    if ((extended & 0x20) != 0) {
      d.temporal_id = layers >> 6;
      d.layer_sync = (layers & 0x20) != 0;
    }
    if ((extended & 0x10) != 0) d.key_index = layers & 0x1f;
  }
  d.size = static_cast<uint8_t>(reader.offset());
  if (!reader.ok()) out.reset();
  return out;
}

// RFC 7741 §4.3 and RFC 6386 §9.1: P is 0 on a key frame, whose tag goes on with a start code and
// the size, little endian, each with two bits of scaling on top.
//
//    0 1 2 3 4 5 6 7
//   |Size0|H| VER |P|  Size1 (8)  |  Size2 (8)  |
//   |     9d      |     01     |     2a     |  width (14+2)  |  height (14+2)  |
std::optional<Vp8FrameHeader> parse_vp8_frame_header(Bytes payload,
                                                     const Vp8Descriptor& descriptor) {
  if (!descriptor.starts_frame() || payload.size() < size_t{descriptor.size} + 1) {
    return std::nullopt;
  }
  const Bytes frame = payload.subspan(descriptor.size);
  Vp8FrameHeader header{.key_frame = (frame[0] & 0x01) == 0};
  if (!header.key_frame) return header;
  if (frame.size() < 10 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a) {
    return std::nullopt;
  }
  header.width = static_cast<uint16_t>((frame[6] | (frame[7] << 8)) & 0x3fff);
  header.height = static_cast<uint16_t>((frame[8] | (frame[9] << 8)) & 0x3fff);
  return header;
}

bool is_vp8_key_frame(Bytes payload) {
  const auto descriptor = parse_vp8_descriptor(payload);
  if (!descriptor) return false;
  const auto header = parse_vp8_frame_header(payload, *descriptor);
  return header && header->key_frame;
}

size_t write_vp8_descriptor(MutableBytes out, const Vp8Descriptor& d) {
  const bool layers = d.temporal_id || d.key_index;
  const int extended = (d.picture_id ? 0x80 : 0) | (d.tl0_pic_idx ? 0x40 : 0) |
                       (d.temporal_id ? 0x20 : 0) | (d.key_index ? 0x10 : 0);
  ByteWriter writer(out);
  writer.u8(static_cast<uint8_t>((extended != 0 ? 0x80 : 0) | (d.non_reference ? 0x20 : 0) |
                                 (d.start_of_partition ? 0x10 : 0) | (d.partition_index & 0x07)));
  if (extended != 0) writer.u8(static_cast<uint8_t>(extended));
  if (d.picture_id) {
    write_picture_id(writer, {.value = *d.picture_id, .is_long = d.long_picture_id});
  }
  if (d.tl0_pic_idx) writer.u8(*d.tl0_pic_idx);
  if (layers) {
    writer.u8(static_cast<uint8_t>((d.temporal_id.value_or(0) << 6) | (d.layer_sync ? 0x20 : 0) |
                                   (d.key_index.value_or(0) & 0x1f)));
  }
  return writer.ok() ? writer.size() : 0;
}

}  // namespace parley::rtp
