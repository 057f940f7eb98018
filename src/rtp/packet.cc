#include "rtp/packet.h"

#include "base/check.h"

namespace parley::rtp {
namespace {

// How the elements of a header are carried.
struct ExtensionLayout {
  bool valid = true;
  bool two_byte = false;
  size_t block_size = 0;  // elements and their headers, before padding to 32 bits
};

ExtensionLayout layout_of(std::span<const ExtensionElement> elements) {
  ExtensionLayout layout;
  size_t data_size = 0;
  for (const ExtensionElement& e : elements) {
    if (e.id == 0 || e.data.size() > 255) return {.valid = false};
    if (e.id > 14 || e.data.empty() || e.data.size() > 16) layout.two_byte = true;
    data_size += e.data.size();
  }
  layout.block_size = data_size + elements.size() * (layout.two_byte ? 2 : 1);
  // The length field counts 32-bit words in 16 bits.
  if (layout.block_size > 0xffff * size_t{4}) layout.valid = false;
  return layout;
}

constexpr size_t padded(size_t size) {
  return (size + 3) & ~size_t{3};
}

size_t size_with(const HeaderFields& fields, const ExtensionLayout& layout) {
  if (!layout.valid) return 0;
  return kFixedHeaderSize + (fields.csrc ? 4 : 0) +
         (fields.extensions.empty() ? 0 : 4 + padded(layout.block_size));
}

}  // namespace

// RFC 3550 §5.1
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//   |                           timestamp                           |
//   |                             SSRC                              |
//   |                     CSRC list (CC of them)                    |
//   | if X:  defined by profile     |   length in 32-bit words      |
//   |                     extension block ....                      |
//   |                         payload ....                          |
//   |              if P: padding ....               | padding count |
std::expected<PacketView, PacketError> PacketView::parse(Bytes data) {
  if (data.size() < kFixedHeaderSize) return std::unexpected(PacketError::kTooShort);
  const uint8_t* p = data.data();
  if (p[0] >> 6 != 2) return std::unexpected(PacketError::kBadVersion);

  PacketView view;
  view.data = data;
  view.marker = (p[1] & 0x80) != 0;
  view.has_extension = (p[0] & 0x10) != 0;
  view.payload_type = p[1] & 0x7f;
  view.sequence_number = load_be16(p + 2);
  view.timestamp = load_be32(p + 4);
  view.ssrc = load_be32(p + 8);

  Bytes rest = data.subspan(kFixedHeaderSize);
  const size_t csrc_size = size_t{p[0] & 0x0fu} * 4;
  if (rest.size() < csrc_size) return std::unexpected(PacketError::kTruncatedCsrcs);
  view.csrc_bytes = rest.first(csrc_size);
  rest = rest.subspan(csrc_size);

  if (view.has_extension) {
    if (rest.size() < 4) return std::unexpected(PacketError::kTruncatedExtension);
    view.extension_profile = load_be16(rest.data());
    const size_t size = size_t{load_be16(rest.data() + 2)} * 4;
    rest = rest.subspan(4);
    if (rest.size() < size) return std::unexpected(PacketError::kTruncatedExtension);
    view.extension = rest.first(size);
    rest = rest.subspan(size);
  }

  if ((p[0] & 0x20) != 0) {
    if (rest.empty()) return std::unexpected(PacketError::kBadPadding);
    view.padding_size = rest.back();
    if (view.padding_size == 0 || view.padding_size > rest.size()) {
      return std::unexpected(PacketError::kBadPadding);
    }
    rest = rest.first(rest.size() - view.padding_size);
  }
  view.payload = rest;
  return view;
}

ExtensionReader::ExtensionReader(uint16_t profile, Bytes block) {
  two_byte_ = (profile & 0xfff0) == kTwoByteProfile;
  if (two_byte_ || profile == kOneByteProfile) rest_ = block;
}

// RFC 8285 §4.2 and §4.3; an id of 0 with no length is one byte of padding in both.
//
//    0 1 2 3 4 5 6 7                0                   1
//   +-+-+-+-+-+-+-+-+               0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//   |  id   | len-1 |              +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   +-+-+-+-+-+-+-+-+              |      id       |      len      |
//      one-byte form                       two-byte form
std::optional<ExtensionElement> ExtensionReader::next() {
  while (!rest_.empty() && rest_[0] == 0) rest_ = rest_.subspan(1);
  if (rest_.empty()) return std::nullopt;

  uint8_t id = 0;
  size_t header = 0;
  size_t length = 0;
  if (two_byte_) {
    id = rest_[0];
    header = 2;
    length = rest_.size() >= 2 ? rest_[1] : 0;
  } else {
    id = rest_[0] >> 4;
    header = 1;
    length = (rest_[0] & 0x0fu) + 1;
    // RFC 8285 §4.2: id 15, and id 0 with a length, end the whole block.
    if (id == 0 || id == 15) length = rest_.size();
  }
  if (rest_.size() < header + length) {
    rest_ = {};
    return std::nullopt;
  }
  const ExtensionElement element{.id = id, .data = rest_.subspan(header, length)};
  rest_ = rest_.subspan(header + length);
  return element;
}

Bytes find_extension(const PacketView& packet, uint8_t id) {
  if (id == 0) return {};
  ExtensionReader reader(packet);
  while (const auto element = reader.next()) {
    if (element->id == id) return element->data;
  }
  return {};
}

size_t header_size(const HeaderFields& fields) {
  return size_with(fields, layout_of(fields.extensions));
}

size_t write_header(MutableBytes out, const HeaderFields& fields) {
  const ExtensionLayout layout = layout_of(fields.extensions);
  const size_t size = size_with(fields, layout);
  if (size == 0 || size > out.size()) return 0;

  const size_t fixed = write_fixed_header(out, fields, !fields.extensions.empty());
  ExtensionWriter writer(out.subspan(fixed), layout.two_byte ? ExtensionWriter::Form::kTwoByte
                                                             : ExtensionWriter::Form::kOneByte);
  for (const ExtensionElement& e : fields.extensions) writer.add(e.id, e.data);
  PARLEY_CHECK(fixed + writer.finish() == size && writer.ok());
  return size;
}

void set_marker(MutableBytes packet, bool marker) {
  packet[1] = static_cast<uint8_t>((packet[1] & 0x7f) | (marker ? 0x80 : 0));
}

void set_payload_type(MutableBytes packet, uint8_t payload_type) {
  packet[1] = static_cast<uint8_t>((packet[1] & 0x80) | (payload_type & 0x7f));
}

void set_sequence_number(MutableBytes packet, uint16_t sequence_number) {
  store_be16(packet.data() + 2, sequence_number);
}

void set_timestamp(MutableBytes packet, uint32_t timestamp) {
  store_be32(packet.data() + 4, timestamp);
}

void set_ssrc(MutableBytes packet, uint32_t ssrc) {
  store_be32(packet.data() + 8, ssrc);
}

}  // namespace parley::rtp
