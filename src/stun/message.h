// Reading STUN messages (RFC 8489 §5, §14). A view over a caller's datagram; nothing is copied or
// allocated.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/bounded.h"
#include "base/bytes.h"

namespace parley::stun {

inline constexpr uint32_t kMagicCookie = 0x2112A442;
inline constexpr size_t kHeaderSize = 20;
// More than any STUN, TURN or ICE message in use carries (about 12); a message with more is
// refused.
inline constexpr size_t kMaxAttributes = 32;

using TransactionId = std::array<uint8_t, 12>;

// The two class bits of the message type (RFC 8489 §5).
enum class MessageClass : uint8_t { Request = 0, Indication = 1, Success = 2, Error = 3 };

enum class Method : uint16_t {
  Binding = 0x001,
  Allocate = 0x003,
  Refresh = 0x004,
  Send = 0x006,
  Data = 0x007,
  CreatePermission = 0x008,
  ChannelBind = 0x009,
};

// Attribute numbers of RFC 8489 §18.3, RFC 8656 §18 and RFC 8445 §20.2. Below 0x8000 the receiver
// must understand them.
enum class Attribute : uint16_t {
  MappedAddress = 0x0001,
  Username = 0x0006,
  MessageIntegrity = 0x0008,
  ErrorCode = 0x0009,
  UnknownAttributes = 0x000A,
  ChannelNumber = 0x000C,
  Lifetime = 0x000D,
  XorPeerAddress = 0x0012,
  Data = 0x0013,
  Realm = 0x0014,
  Nonce = 0x0015,
  XorRelayedAddress = 0x0016,
  RequestedAddressFamily = 0x0017,
  EvenPort = 0x0018,
  RequestedTransport = 0x0019,
  DontFragment = 0x001A,
  MessageIntegritySha256 = 0x001C,
  XorMappedAddress = 0x0020,
  ReservationToken = 0x0022,
  Priority = 0x0024,
  UseCandidate = 0x0025,
  Software = 0x8022,
  Fingerprint = 0x8028,
  IceControlled = 0x8029,
  IceControlling = 0x802A,
};

enum class ParseError : uint8_t {
  TooShort,           // less than a header
  NotStun,            // top bits or magic cookie differ
  BadLength,          // the length field disagrees with the datagram, or isn't a multiple of 4
  BadAttribute,       // an attribute reaches past the end
  TooManyAttributes,  // more than kMaxAttributes
};

struct ErrorCode {
  int code = 0;             // 300..699
  std::string_view reason;  // UTF-8, points into the message
};

// RFC 7983 §7: a first byte of 0..3, and the magic cookie. Cheap; says nothing about the rest.
bool is_stun(Bytes datagram);

// A parsed message. Valid as long as the bytes it was parsed from. Attributes after
// MESSAGE-INTEGRITY other than MESSAGE-INTEGRITY-SHA256 and FINGERPRINT are not protected and so
// not visible here (RFC 8489 §14.5).
class MessageView {
 public:
  // `datagram` must be exactly one message. Total: any input gives a view or an error.
  static std::expected<MessageView, ParseError> parse(Bytes datagram);

  MessageClass message_class() const { return class_; }
  Method method() const { return method_; }  // may be a number outside the enum
  bool is(MessageClass message_class, Method method) const {
    return class_ == message_class && method_ == method;
  }
  const TransactionId& transaction_id() const { return transaction_id_; }
  Bytes bytes() const { return data_; }

  // The value of the first attribute of that type (RFC 8489 §14: later duplicates are ignored).
  std::optional<Bytes> find(Attribute type) const;
  bool has(Attribute type) const { return find(type).has_value(); }
  // Where the attribute's header starts in bytes(); for integrity computation.
  std::optional<size_t> offset_of(Attribute type) const;

  // Typed reads; nullopt if the attribute is missing or its value has the wrong form.
  std::optional<std::string_view> text(Attribute type) const;
  std::optional<uint32_t> u32(Attribute type) const;
  std::optional<uint64_t> u64(Attribute type) const;
  std::optional<SocketAddress> address(Attribute type) const;      // MAPPED-ADDRESS form
  std::optional<SocketAddress> xor_address(Attribute type) const;  // XOR-MAPPED-ADDRESS form
  std::optional<ErrorCode> error_code() const;
  // The numbers an UNKNOWN-ATTRIBUTES attribute lists; the first kMaxAttributes of them.
  BoundedVector<uint16_t, kMaxAttributes> unknown_attributes() const;

  // The comprehension-required attributes of this message that are not in `understood` (RFC 8489
  // §6.3).
  BoundedVector<uint16_t, kMaxAttributes> not_understood(
      std::span<const Attribute> understood) const;

 private:
  struct Entry {
    uint16_t type;
    uint16_t length;
    uint32_t offset;  // of the attribute header
  };

  MessageView() = default;
  const Entry* entry(Attribute type) const;

  Bytes data_;
  MessageClass class_ = MessageClass::Request;
  Method method_ = Method::Binding;
  TransactionId transaction_id_{};
  BoundedVector<Entry, kMaxAttributes> attributes_;
};

// RFC 8489 §5: the method's bits with the two class bits between them.
uint16_t message_type(MessageClass message_class, Method method);

}  // namespace parley::stun
