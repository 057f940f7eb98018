#include "stun/builder.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace parley::stun {
namespace {

// The value of an address attribute; returns its size.
size_t write_address(const SocketAddress& address, std::array<uint8_t, 20>& value) {
  const Bytes ip = address.ip.bytes();
  value[0] = 0;
  value[1] = address.ip.is_v4() ? 1 : 2;
  store_be16(value.data() + 2, address.port);
  std::memcpy(value.data() + 4, ip.data(), ip.size());
  return 4 + ip.size();
}

}  // namespace

MessageBuilder::MessageBuilder(MutableBytes out, MessageClass message_class, Method method,
                               const TransactionId& transaction_id)
    : out_(out), writer_(out) {
  writer_.u16(message_type(message_class, method));
  writer_.u16(0);
  writer_.u32(kMagicCookie);
  writer_.bytes(transaction_id);
}

void MessageBuilder::add(Attribute type, Bytes value) {
  // RFC 8489 §14: padded to 4; the padding is not counted in the attribute's length.
  const size_t padding = (4 - value.size() % 4) % 4;
  writer_.u16(static_cast<uint16_t>(type));
  writer_.u16(static_cast<uint16_t>(value.size()));
  writer_.bytes(value);
  writer_.zeros(padding);
}

void MessageBuilder::add_u32(Attribute type, uint32_t value) {
  std::array<uint8_t, 4> b;
  store_be32(b.data(), value);
  add(type, b);
}

void MessageBuilder::add_u64(Attribute type, uint64_t value) {
  std::array<uint8_t, 8> b;
  store_be64(b.data(), value);
  add(type, b);
}

void MessageBuilder::add_address(Attribute type, const SocketAddress& address) {
  std::array<uint8_t, 20> value;
  const size_t size = write_address(address, value);
  add(type, Bytes(value).first(size));
}

void MessageBuilder::add_xor_address(Attribute type, const SocketAddress& address) {
  if (!writer_.ok()) return;
  std::array<uint8_t, 20> value;
  const size_t size = write_address(address, value);
  // RFC 8489 §14.2: cookie and transaction id, as they lie in the header.
  const uint8_t* mask = out_.data() + 4;
  value[2] ^= mask[0];
  value[3] ^= mask[1];
  for (size_t i = 4; i < size; ++i) value[i] ^= mask[i - 4];
  add(type, Bytes(value).first(size));
}

void MessageBuilder::add_error(int code, std::string_view reason) {
  PARLEY_CHECK(code >= 300 && code <= 699);
  // RFC 8489 §14.8: at most 127 characters, 763 bytes; ours are short and ASCII.
  std::array<uint8_t, 132> value{};
  reason = reason.substr(0, value.size() - 4);
  value[2] = static_cast<uint8_t>(code / 100);
  value[3] = static_cast<uint8_t>(code % 100);
  std::memcpy(value.data() + 4, reason.data(), reason.size());
  add(Attribute::ErrorCode, Bytes(value).first(4 + reason.size()));
}

void MessageBuilder::add_unknown_attributes(std::span<const uint16_t> types) {
  std::array<uint8_t, 2 * kMaxAttributes> value;
  const size_t count = std::min(types.size(), kMaxAttributes);
  for (size_t i = 0; i < count; ++i) store_be16(value.data() + 2 * i, types[i]);
  add(Attribute::UnknownAttributes, Bytes(value).first(2 * count));
}

void MessageBuilder::set_length(size_t extra) {
  store_be16(out_.data() + 2, static_cast<uint16_t>(writer_.size() + extra - kHeaderSize));
}

void MessageBuilder::add_integrity(const IntegrityKey& key) {
  if (!writer_.ok()) return;
  set_length(4 + kSha1Size);
  add(Attribute::MessageIntegrity, key.hmac_sha1(header(), body()));
}

void MessageBuilder::add_integrity_sha256(const IntegrityKey& key) {
  if (!writer_.ok()) return;
  set_length(4 + kSha256Size);
  add(Attribute::MessageIntegritySha256, key.hmac_sha256(header(), body()));
}

void MessageBuilder::add_fingerprint() {
  if (!writer_.ok()) return;
  set_length(8);
  add_u32(Attribute::Fingerprint, fingerprint(header(), body()));
}

std::optional<size_t> MessageBuilder::finish() {
  if (!writer_.ok() || writer_.size() - kHeaderSize > 0xFFFF) return std::nullopt;
  set_length(0);
  return writer_.size();
}

}  // namespace parley::stun
