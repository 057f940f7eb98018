// Writing STUN messages into a caller's buffer (RFC 8489 §5, §14).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/bytes.h"
#include "stun/integrity.h"
#include "stun/message.h"

namespace parley::stun {

// Attributes appear in the order of the calls; integrity and fingerprint go last, in this order:
// add_integrity, add_integrity_sha256, add_fingerprint. What doesn't fit makes finish() fail,
// nothing else.
class MessageBuilder {
 public:
  // `out` must outlive the builder; it holds the message when finish() has been called.
  MessageBuilder(MutableBytes out, MessageClass message_class, Method method,
                 const TransactionId& transaction_id);

  void add(Attribute type, Bytes value);
  void add_text(Attribute type, std::string_view text) { add(type, as_bytes(text)); }
  void add_flag(Attribute type) { add(type, {}); }
  void add_u32(Attribute type, uint32_t value);
  void add_u64(Attribute type, uint64_t value);
  void add_address(Attribute type, const SocketAddress& address);
  void add_xor_address(Attribute type, const SocketAddress& address);
  // `code` 300..699.
  void add_error(int code, std::string_view reason);
  void add_unknown_attributes(std::span<const uint16_t> types);

  void add_integrity(const IntegrityKey& key);
  void add_integrity_sha256(const IntegrityKey& key);
  void add_fingerprint();

  // The message's size; nullopt if it didn't fit.
  std::optional<size_t> finish();

 private:
  // Writes the header's length as if the message ended `extra` bytes from here.
  void set_length(size_t extra);
  Bytes header() const { return out_.first(kHeaderSize); }
  Bytes body() const { return out_.subspan(kHeaderSize, writer_.size() - kHeaderSize); }

  MutableBytes out_;
  ByteWriter writer_;
};

}  // namespace parley::stun
