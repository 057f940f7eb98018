// RTP packets on the wire (RFC 3550 §5.1) and their header extension elements (RFC 8285). A
// PacketView points into the buffer it was parsed from and owns nothing; parsing and writing are
// total on any input and never allocate.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace parley::rtp {

inline constexpr size_t kFixedHeaderSize = 12;
inline constexpr uint16_t kOneByteProfile = 0xBEDE;  // RFC 8285 §4.2
inline constexpr uint16_t kTwoByteProfile = 0x1000;  // §4.3; the low four bits are "appbits"

enum class PacketError : uint8_t {
  kTooShort,            // less than the fixed header
  kBadVersion,          // the version isn't 2
  kTruncatedCsrcs,      // the CSRC list runs past the end
  kTruncatedExtension,  // the extension block runs past the end
  kBadPadding,          // a padding count of zero or beyond the payload
};

// One parsed packet. All spans lie within the parsed buffer and live as long as it does.
struct PacketView {
  bool marker = false;
  bool has_extension = false;  // the X bit
  uint8_t payload_type = 0;    // 7 bits
  uint8_t padding_size = 0;    // bytes at the end, the count byte included
  uint16_t sequence_number = 0;
  uint16_t extension_profile = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  Bytes csrc_bytes;  // 4 bytes each, at most 15
  Bytes extension;   // the extension block after its 4-byte header, a multiple of 4
  Bytes payload;     // without padding; empty for a padding-only probe
  Bytes data;        // the whole packet

  // Every field or the first error found. Extension elements are not looked at here.
  static std::expected<PacketView, PacketError> parse(Bytes data);

  size_t csrc_count() const { return csrc_bytes.size() / 4; }
  // `index` < csrc_count().
  uint32_t csrc(size_t index) const { return load_be32(csrc_bytes.data() + 4 * index); }
  // Fixed header, CSRCs and extension block.
  size_t header_size() const { return data.size() - payload.size() - padding_size; }
};

struct ExtensionElement {
  uint8_t id = 0;  // 1..14 in the one-byte form (15 is reserved), 1..255 in the two-byte form
  Bytes data;      // 1..16 bytes in the one-byte form, 0..255 in the two-byte form
};

// Walks the elements of an extension block in wire order. Ends at the first malformed element; what
// came before it stands (RFC 8285 §4.2). A block of another profile has no elements.
class ExtensionReader {
 public:
  explicit ExtensionReader(const PacketView& packet)
      : ExtensionReader(packet.extension_profile, packet.extension) {}
  ExtensionReader(uint16_t profile, Bytes block);

  std::optional<ExtensionElement> next();

 private:
  Bytes rest_;
  bool two_byte_ = false;
};

// Calls visit(id, bytes) for each element in wire order.
template <typename Visit>
void for_each_extension(const PacketView& packet, Visit&& visit) {
  ExtensionReader reader(packet);
  while (const auto element = reader.next()) visit(element->id, element->data);
}

// The bytes of the first element with this id; empty if there is none, if it is empty, or if `id`
// is 0 (not negotiated).
Bytes find_extension(const PacketView& packet, uint8_t id);

// What write_header puts into a header. Spans are only read during the call.
struct HeaderFields {
  uint8_t payload_type = 0;  // 7 bits
  bool marker = false;
  uint16_t sequence_number = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  std::optional<uint32_t> csrc;
  bool padding = false;                          // the packet will end in padding and its count
  std::span<const ExtensionElement> extensions;  // ids 1..255, at most 255 bytes each
};

// The size write_header would take; 0 if an element has the id 0 or is longer than 255 bytes.
size_t header_size(const HeaderFields& fields);

// Writes an extension block element by element. What doesn't fit its form, or `out`, sets the
// failed state, which sticks.
class ExtensionWriter {
 public:
  enum class Form : uint8_t { kOneByte, kTwoByte };

  // From the start of `out`: the 4-byte header of the block, too.
  ExtensionWriter(MutableBytes out, Form form) : out_(out), two_byte_(form == Form::kTwoByte) {}

  void add(uint8_t id, Bytes data) {
    const size_t head = two_byte_ ? 2 : 1;
    const bool fits = two_byte_ ? id != 0 && data.size() <= 255
                                : id - 1u < 14 && data.size() - 1 < 16;  // RFC 8285 §4.2
    if (!fits || end_ + head + data.size() > out_.size()) {
      failed_ = true;
      return;
    }
    uint8_t* at = &out_[end_];
    end_ += head + data.size();
    if (two_byte_) {
      *at++ = id;
      *at++ = static_cast<uint8_t>(data.size());
    } else {
      *at++ = static_cast<uint8_t>((size_t{id} << 4) | (data.size() - 1));
    }
    if (!data.empty()) std::memcpy(at, data.data(), data.size());
  }
  // The bytes of the whole block; 0, and no block to send, without elements or if not ok().
  size_t finish() {
    if (failed_ || end_ == kHead) return 0;
    const size_t words = (end_ - kHead + 3) / 4;
    const size_t size = kHead + 4 * words;
    failed_ = size > out_.size() || words > UINT16_MAX;
    if (failed_) return 0;
    for (size_t i = end_; i < size; ++i) out_[i] = 0;
    const uint32_t profile = two_byte_ ? kTwoByteProfile : kOneByteProfile;
    store_be32(out_.data(), profile << 16 | static_cast<uint32_t>(words));
    return size;
  }
  bool ok() const { return !failed_; }

 private:
  static constexpr size_t kHead = 4;

  MutableBytes out_;
  bool two_byte_;
  bool failed_ = false;
  size_t end_ = kHead;
};

// Writes fixed header and CSRC at the start of `out`, `fields.extensions` left out; `extended`: a
// block of an ExtensionWriter follows. Returns the bytes written, 0 if `out` is too small.
inline size_t write_fixed_header(MutableBytes out, const HeaderFields& fields, bool extended) {
  const size_t size = kFixedHeaderSize + (fields.csrc ? 4 : 0);
  if (out.size() < size) return 0;
  const uint32_t flags = 0x8000u | (fields.padding ? 0x2000u : 0) | (extended ? 0x1000u : 0) |
                         (fields.csrc ? 0x0100u : 0) | (fields.marker ? 0x80u : 0) |
                         (fields.payload_type & 0x7fu);
  const uint64_t first =
      uint64_t{flags} << 48 | uint64_t{fields.sequence_number} << 32 | fields.timestamp;
  if (fields.csrc) {
    store_be128(out.data(), first, uint64_t{fields.ssrc} << 32 | *fields.csrc);
  } else {
    store_be64(out.data(), first);
    store_be32(&out[8], fields.ssrc);
  }
  return size;
}

// Writes a header at the start of `out`, choosing the one-byte extension form if all elements fit
// it (ids 1..14, 1..16 bytes) and the two-byte form otherwise; no extension block without elements.
// Returns the bytes written, 0 and nothing written if `out` is too small or an element can't be
// carried.
size_t write_header(MutableBytes out, const HeaderFields& fields);

// In-place changes of a packet that PacketView::parse accepted.
void set_marker(MutableBytes packet, bool marker);
void set_payload_type(MutableBytes packet, uint8_t payload_type);
void set_sequence_number(MutableBytes packet, uint16_t sequence_number);
void set_timestamp(MutableBytes packet, uint32_t timestamp);
void set_ssrc(MutableBytes packet, uint32_t ssrc);

}  // namespace parley::rtp
