#include "stun/message.h"

#include <algorithm>

namespace parley::stun {
namespace {

constexpr uint8_t kFamilyV4 = 1;
constexpr uint8_t kFamilyV6 = 2;

std::optional<SocketAddress> read_address(Bytes value, Bytes xor_mask) {
  if (value.size() != 8 && value.size() != 20) return std::nullopt;
  const uint8_t family = value[1];
  const size_t ip_size = value.size() - 4;
  if ((family == kFamilyV4) != (ip_size == 4) || (family == kFamilyV6) != (ip_size == 16)) {
    return std::nullopt;
  }
  std::array<uint8_t, 18> plain{};
  std::copy(value.begin() + 2, value.end(), plain.begin());
  if (!xor_mask.empty()) {
    plain[0] ^= xor_mask[0];
    plain[1] ^= xor_mask[1];
    for (size_t i = 0; i < ip_size; ++i) plain[i + 2] ^= xor_mask[i];
  }
  SocketAddress address;
  address.port = load_be16(plain.data());
  if (ip_size == 4) {
    address.ip = IpAddress::v4(load_be32(plain.data() + 2));
  } else {
    std::array<uint8_t, 16> ip;
    std::copy_n(plain.begin() + 2, 16, ip.begin());
    address.ip = IpAddress::v6(ip);
  }
  return address;
}

}  // namespace

bool is_stun(Bytes datagram) {
  return datagram.size() >= kHeaderSize && datagram[0] <= 3 &&
         load_be32(datagram.data() + 4) == kMagicCookie;
}

// RFC 8489 §5:
//  0                 1
//  2  3  4 5 6 7 8 9 0 1 2 3 4 5
// |M11..M7      |C1|M6..M4|C0|M3..M0|
uint16_t message_type(MessageClass message_class, Method method) {
  const auto m = static_cast<unsigned>(method);
  const auto c = static_cast<unsigned>(message_class);
  return static_cast<uint16_t>((m & 0x00F) | ((m & 0x070) << 1) | ((m & 0xF80) << 2) |
                               ((c & 1) << 4) | ((c & 2) << 7));
}

std::expected<MessageView, ParseError> MessageView::parse(Bytes datagram) {
  if (datagram.size() < kHeaderSize) return std::unexpected(ParseError::TooShort);
  if (!is_stun(datagram)) {
    // RFC 8489 §5: the two top bits are zero; the first byte of such a message may be up to 0x3F,
    // but RFC 7983 leaves STUN only 0..3, which holds every method in use.
    return std::unexpected(ParseError::NotStun);
  }
  const size_t length = load_be16(datagram.data() + 2);
  if (length % 4 != 0 || length != datagram.size() - kHeaderSize) {
    return std::unexpected(ParseError::BadLength);
  }

  MessageView view;
  view.data_ = datagram;
  const unsigned type = load_be16(datagram.data());
  view.class_ = static_cast<MessageClass>(((type >> 4) & 1) | ((type >> 7) & 2));
  view.method_ =
      static_cast<Method>((type & 0x00F) | ((type >> 1) & 0x070) | ((type >> 2) & 0xF80));
  std::copy_n(datagram.begin() + 8, 12, view.transaction_id_.begin());

  // RFC 8489 §14.5, §14.6, §14.7: what may still follow, as a rank that only rises.
  int rank = 0;
  size_t offset = kHeaderSize;
  while (offset < datagram.size()) {
    if (datagram.size() - offset < 4) return std::unexpected(ParseError::BadAttribute);
    const uint16_t attribute = load_be16(datagram.data() + offset);
    const uint16_t size = load_be16(datagram.data() + offset + 2);
    const size_t padded = (size_t{size} + 3) & ~size_t{3};
    if (padded > datagram.size() - offset - 4) return std::unexpected(ParseError::BadAttribute);

    int attribute_rank = 0;
    if (attribute == static_cast<uint16_t>(Attribute::MessageIntegrity)) attribute_rank = 1;
    if (attribute == static_cast<uint16_t>(Attribute::MessageIntegritySha256)) attribute_rank = 2;
    if (attribute == static_cast<uint16_t>(Attribute::Fingerprint)) attribute_rank = 3;
    if (rank == 0 || attribute_rank > rank) {
      rank = attribute_rank;
      const Entry entry{attribute, size, static_cast<uint32_t>(offset)};
      if (!view.attributes_.push_back(entry)) {
        return std::unexpected(ParseError::TooManyAttributes);
      }
    }
    offset += 4 + padded;
  }
  return view;
}

const MessageView::Entry* MessageView::entry(Attribute type) const {
  for (const Entry& e : attributes_) {
    if (e.type == static_cast<uint16_t>(type)) return &e;
  }
  return nullptr;
}

std::optional<Bytes> MessageView::find(Attribute type) const {
  const Entry* e = entry(type);
  if (!e) return std::nullopt;
  return data_.subspan(e->offset + 4, e->length);
}

std::optional<size_t> MessageView::offset_of(Attribute type) const {
  const Entry* e = entry(type);
  if (!e) return std::nullopt;
  return e->offset;
}

std::optional<std::string_view> MessageView::text(Attribute type) const {
  const auto value = find(type);
  if (!value) return std::nullopt;
  return as_text(*value);
}

std::optional<uint32_t> MessageView::u32(Attribute type) const {
  const auto value = find(type);
  if (!value || value->size() != 4) return std::nullopt;
  return load_be32(value->data());
}

std::optional<uint64_t> MessageView::u64(Attribute type) const {
  const auto value = find(type);
  if (!value || value->size() != 8) return std::nullopt;
  return load_be64(value->data());
}

std::optional<SocketAddress> MessageView::address(Attribute type) const {
  const auto value = find(type);
  if (!value) return std::nullopt;
  return read_address(*value, {});
}

std::optional<SocketAddress> MessageView::xor_address(Attribute type) const {
  const auto value = find(type);
  if (!value) return std::nullopt;
  // RFC 8489 §14.2: the mask is the cookie followed by the transaction id, which is how they lie in
  // the header.
  return read_address(*value, data_.subspan(4, 16));
}

// RFC 8489 §14.8: 21 reserved bits, 3 bits of hundreds, 8 bits of the rest, reason phrase.
std::optional<ErrorCode> MessageView::error_code() const {
  const auto value = find(Attribute::ErrorCode);
  if (!value || value->size() < 4) return std::nullopt;
  const int hundreds = (*value)[2] & 0x07;
  const int rest = (*value)[3];
  if (hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  return ErrorCode{hundreds * 100 + rest, as_text(value->subspan(4))};
}

BoundedVector<uint16_t, kMaxAttributes> MessageView::unknown_attributes() const {
  BoundedVector<uint16_t, kMaxAttributes> list;
  const auto value = find(Attribute::UnknownAttributes);
  if (!value) return list;
  for (size_t i = 0; i + 1 < value->size() && !list.full(); i += 2) {
    list.push_back(load_be16(value->data() + i));
  }
  return list;
}

BoundedVector<uint16_t, kMaxAttributes> MessageView::not_understood(
    std::span<const Attribute> understood) const {
  BoundedVector<uint16_t, kMaxAttributes> list;
  for (const Entry& e : attributes_) {
    if (e.type >= 0x8000) continue;
    if (std::ranges::find(understood, static_cast<Attribute>(e.type)) != understood.end()) continue;
    if (std::ranges::find(list, e.type) == list.end()) list.push_back(e.type);
  }
  return list;
}

}  // namespace parley::stun
