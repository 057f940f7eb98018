#include "rtp/vp9_descriptor.h"

namespace parley::rtp {
namespace {

// RFC 9628 §4.2.1; the resolutions N_S + 1 times, the picture block N_G times.
//
//         0 1 2 3 4 5 6 7
//   V:   | N_S |Y|G|-|-|-|
//   Y:   |  WIDTH (16)   |  HEIGHT (16)  |
//   G:   |      N_G      |
//        | TID |U| R |-|-|  P_DIFF (8) R times
Vp9Structure read_structure(ByteReader& reader) {
  Vp9Structure s;
  const uint8_t first = reader.u8();
  s.spatial_layers = static_cast<uint8_t>((first >> 5) + 1);
  s.has_resolutions = (first & 0x10) != 0;
  s.has_group = (first & 0x08) != 0;
  if (s.has_resolutions) {
    for (size_t i = 0; i < s.spatial_layers; ++i) {
      s.resolutions[i].width = reader.u16();
      s.resolutions[i].height = reader.u16();
    }
  }
  if (s.has_group) {
    s.group_size = reader.u8();
    for (size_t i = 0; i < s.group_size && reader.ok(); ++i) reader.skip((reader.u8() >> 2) & 0x03);
  }
  return s;
}

}  // namespace

// RFC 9628 §4.2
//
//         0 1 2 3 4 5 6 7
//        |I|P|L|F|B|E|V|Z|
//   I:   |M| PICTURE ID  |
//   M:   | EXTENDED PID  |
//   L:   | TID |U| SID |D|
//        |   TL0PICIDX   |  non-flexible mode only
//   P,F: | P_DIFF      |N|  up to 3 times
//   V:   |      SS       |
std::optional<Vp9Descriptor> parse_vp9_descriptor(Bytes payload) {
  ByteReader reader(payload);
  Vp9Descriptor d;
  const uint8_t first = reader.u8();
  d.inter_picture = (first & 0x40) != 0;
  d.has_layers = (first & 0x20) != 0;
  d.flexible = (first & 0x10) != 0;
  d.starts_frame = (first & 0x08) != 0;
  d.ends_frame = (first & 0x04) != 0;
  d.not_for_upper = (first & 0x01) != 0;
  if ((first & 0x80) != 0) {
    d.places.picture_id = static_cast<uint8_t>(reader.offset());
    const PictureId id = read_picture_id(reader);
    d.picture_id = id.value;
    d.long_picture_id = d.places.long_picture_id = id.is_long;
  }
  if (d.has_layers) {
    const uint8_t layers = reader.u8();
    d.temporal_id = layers >> 5;
    d.switch_up = (layers & 0x10) != 0;
    d.spatial_id = (layers >> 1) & 0x07;
    d.inter_layer = (layers & 0x01) != 0;
    if (!d.flexible) {
      d.places.tl0_pic_idx = static_cast<uint8_t>(reader.offset());
      d.tl0_pic_idx = reader.u8();
    }
  }
  if (d.flexible && d.inter_picture) {
    for (bool more = true; more && reader.ok();) {
      const uint8_t reference = reader.u8();
      if (reader.ok() && (reference >> 1) == 0) return std::nullopt;
      if (!d.p_diffs.push_back(reference >> 1)) return std::nullopt;
      more = (reference & 0x01) != 0;
    }
  }
  if ((first & 0x02) != 0) d.structure = read_structure(reader);
  if (!reader.ok()) return std::nullopt;
  d.size = static_cast<uint16_t>(reader.offset());
  return d;
}

size_t write_vp9_descriptor(MutableBytes out, const Vp9Descriptor& d) {
  ByteWriter writer(out);
  writer.u8(static_cast<uint8_t>((d.picture_id ? 0x80 : 0) | (d.inter_picture ? 0x40 : 0) |
                                 (d.has_layers ? 0x20 : 0) | (d.flexible ? 0x10 : 0) |
                                 (d.starts_frame ? 0x08 : 0) | (d.ends_frame ? 0x04 : 0) |
                                 (d.structure ? 0x02 : 0) | (d.not_for_upper ? 0x01 : 0)));
  if (d.picture_id) {
    write_picture_id(writer, {.value = *d.picture_id, .is_long = d.long_picture_id});
  }
  if (d.has_layers) {
    writer.u8(static_cast<uint8_t>((d.temporal_id << 5) | (d.switch_up ? 0x10 : 0) |
                                   ((d.spatial_id & 0x07) << 1) | (d.inter_layer ? 1 : 0)));
    if (!d.flexible) writer.u8(d.tl0_pic_idx.value_or(0));
  }
  if (d.flexible && d.inter_picture) {
    for (size_t i = 0; i < d.p_diffs.size(); ++i) {
      writer.u8(static_cast<uint8_t>((d.p_diffs[i] << 1) | (i + 1 < d.p_diffs.size() ? 1 : 0)));
    }
  }
  if (d.structure) {
    const Vp9Structure& s = *d.structure;
    writer.u8(static_cast<uint8_t>(((s.spatial_layers - 1) << 5) | (s.has_resolutions ? 0x10 : 0)));
    for (size_t i = 0; s.has_resolutions && i < s.spatial_layers; ++i) {
      writer.u16(s.resolutions[i].width);
      writer.u16(s.resolutions[i].height);
    }
  }
  return writer.ok() ? writer.size() : 0;
}

}  // namespace parley::rtp
