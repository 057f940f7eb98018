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
