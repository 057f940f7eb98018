#include "rtp/h264.h"

namespace parley::rtp {
namespace {

constexpr NalType nal_type(uint8_t header) {
  return static_cast<NalType>(header & 0x1f);
}

// `nal` is a unit with its header, or the beginning of one behind the header of its fragment.
// first_mb_in_slice is the first ue(v) of a slice header (ITU-T H.264 §7.3.3): 0 is coded as a
// single 1 bit.
void add_nal(H264Payload& found, NalType type, Bytes nal) {
  const bool first_slice = nal.size() > 1 && (nal[1] & 0x80) != 0;
  switch (type) {
    case NalType::kIdr:
      found.has_idr = true;
      found.starts_frame |= first_slice;
      break;
    case NalType::kSlice:
      found.starts_frame |= first_slice;
      break;
    case NalType::kSps:
      found.has_sps = true;
      found.resolution = parse_h264_resolution(nal);
      found.starts_frame = true;
      break;
    case NalType::kPps:
      found.has_pps = true;
      found.starts_frame = true;
      break;
    case NalType::kSei:
    case NalType::kAccessUnitDelimiter:
      found.starts_frame = true;
      break;
    default:
      break;
  }
}

// RFC 6184 §5.7.1: a STAP-A header, then 16-bit sizes each with its NAL unit.
//
//   |F|NRI| 24 |    size 1     | NAL 1 ....  |    size 2     | NAL 2 ....
std::optional<H264Payload> parse_stap_a(Bytes units) {
  ByteReader reader(units);
  H264Payload found;
  while (reader.remaining() > 0) {
    const Bytes nal = reader.bytes(reader.u16());
    if (!reader.ok() || nal.empty()) return std::nullopt;
    add_nal(found, nal_type(nal[0]), nal);
  }
  return found;
}

// RFC 6184 §5.8: FU indicator, FU header, fragment.
//
//    0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7
//   |F|NRI|   28    |S|E|R|  Type   |
std::optional<H264Payload> parse_fu_a(Bytes payload) {
  if (payload.size() < 2) return std::nullopt;
  H264Payload found;
  if ((payload[1] & 0x80) != 0) {
    add_nal(found, nal_type(payload[1]), payload.subspan(1));
  }
  return found;
}

}  // namespace

// RFC 6184 §5.3
//    0 1 2 3 4 5 6 7
//   |F|NRI|  Type   |
std::optional<H264Payload> parse_h264_payload(Bytes payload) {
  if (payload.empty()) return std::nullopt;
  const NalType type = nal_type(payload[0]);
  if (type == NalType::kStapA) {
    return payload.size() > 1 ? parse_stap_a(payload.subspan(1)) : std::nullopt;
  }
  if (type == NalType::kFuA) return parse_fu_a(payload);
  if (static_cast<uint8_t>(type) == 0 || static_cast<uint8_t>(type) > 23) return std::nullopt;

  H264Payload found;
  add_nal(found, type, payload);
  return found;
}

bool is_h264_key_frame(Bytes payload) {
  const auto found = parse_h264_payload(payload);
  return found && found->is_key_frame();
}

}  // namespace parley::rtp
