// MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT: keys, computing, verifying (RFC 8489
// §9, §14.5 to §14.7).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "stun/message.h"

namespace parley::stun {

inline constexpr size_t kSha1Size = 20;
inline constexpr size_t kSha256Size = 32;

// An HMAC key with its two pads already hashed, so that each message costs only its own blocks and
// two more. Make one for each password and keep it: a plain value of 104 bytes. For short-term
// credentials the key is the password's bytes; for long-term ones long_term_key().
class IntegrityKey {
 public:
  IntegrityKey() : IntegrityKey(Bytes{}) {}
  explicit IntegrityKey(Bytes key);

  // HMAC of `header` followed by `body`, so that a header with another length needs no copy of the
  // message.
  std::array<uint8_t, kSha1Size> hmac_sha1(Bytes header, Bytes body) const;
  std::array<uint8_t, kSha256Size> hmac_sha256(Bytes header, Bytes body) const;

 private:
  std::array<uint32_t, 5> sha1_inner_;
  std::array<uint32_t, 5> sha1_outer_;
  std::array<uint32_t, 8> sha256_inner_;
  std::array<uint32_t, 8> sha256_outer_;
};

// RFC 8489 §9.2.2: MD5(username ":" realm ":" password). The password has had OpaqueString applied
// already.
std::array<uint8_t, 16> long_term_key(std::string_view username, std::string_view realm,
                                      std::string_view password);
// The same with SHA-256, for a PASSWORD-ALGORITHM that says so (RFC 8489 §18.5.1).
std::array<uint8_t, 32> long_term_key_sha256(std::string_view username, std::string_view realm,
                                             std::string_view password);

enum class Integrity : uint8_t { Missing, Wrong, Valid };

// Each in constant time with respect to the value compared.
Integrity check_integrity(const MessageView& message, const IntegrityKey& key);
Integrity check_integrity_sha256(const MessageView& message, const IntegrityKey& key);
// Wrong also if FINGERPRINT isn't the last attribute.
Integrity check_fingerprint(const MessageView& message);

// The value of FINGERPRINT for the bytes before it, of which the header already counts FINGERPRINT
// itself.
uint32_t fingerprint(Bytes header, Bytes body);

}  // namespace parley::stun
