// The one-block SHA interface is deprecated in OpenSSL 3 in favour of EVP, which can't restart from
// a saved state without an allocation and a provider look-up on each message.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "stun/integrity.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <optional>

namespace parley::stun {
namespace {

constexpr size_t kBlock = 64;  // of SHA-1 and SHA-256 alike
constexpr uint32_t kFingerprintXor = 0x5354554e;

using Pad = std::array<uint8_t, kBlock>;

Pad pad(const Pad& key, uint8_t mask) {
  Pad out;
  std::ranges::transform(key, out.begin(), [mask](uint8_t b) { return uint8_t(b ^ mask); });
  return out;
}

std::array<uint32_t, 5> sha1_state_after(const Pad& block) {
  SHA_CTX c;
  SHA1_Init(&c);
  SHA1_Update(&c, block.data(), block.size());
  return {c.h0, c.h1, c.h2, c.h3, c.h4};
}

SHA_CTX sha1_resume(const std::array<uint32_t, 5>& state) {
  SHA_CTX c;
  SHA1_Init(&c);
  c.h0 = state[0];
  c.h1 = state[1];
  c.h2 = state[2];
  c.h3 = state[3];
  c.h4 = state[4];
  c.Nl = kBlock * 8;
  return c;
}

std::array<uint32_t, 8> sha256_state_after(const Pad& block) {
  SHA256_CTX c;
  SHA256_Init(&c);
  SHA256_Update(&c, block.data(), block.size());
  std::array<uint32_t, 8> state;
  std::copy_n(c.h, 8, state.begin());
  return state;
}

SHA256_CTX sha256_resume(const std::array<uint32_t, 8>& state) {
  SHA256_CTX c;
  SHA256_Init(&c);
  std::ranges::copy(state, c.h);
  c.Nl = kBlock * 8;
  return c;
}

// CRC-32 of ITU-T V.42 (reflected 0xEDB88320), four bytes at a time.
constexpr auto kCrcTables = [] {
  std::array<std::array<uint32_t, 256>, 4> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c >> 1) ^ ((c & 1) ? 0xEDB88320u : 0u);
    tables[0][i] = c;
  }
  for (size_t t = 1; t < 4; ++t) {
    for (size_t i = 0; i < 256; ++i) {
      const uint32_t c = tables[t - 1][i];
      tables[t][i] = (c >> 8) ^ tables[0][c & 0xFF];
    }
  }
  return tables;
}();

uint32_t crc32_update(uint32_t crc, Bytes data) {
  size_t i = 0;
  for (; i + 4 <= data.size(); i += 4) {
    crc ^= uint32_t{data[i]} | (uint32_t{data[i + 1]} << 8) | (uint32_t{data[i + 2]} << 16) |
           (uint32_t{data[i + 3]} << 24);
    crc = kCrcTables[3][crc & 0xFF] ^ kCrcTables[2][(crc >> 8) & 0xFF] ^
          kCrcTables[1][(crc >> 16) & 0xFF] ^ kCrcTables[0][crc >> 24];
  }
  for (; i < data.size(); ++i) crc = (crc >> 8) ^ kCrcTables[0][(crc ^ data[i]) & 0xFF];
  return crc;
}

// RFC 8489 §14.5: the header as if the message ended with the attribute at `offset` of `value_size`
// bytes.
std::array<uint8_t, kHeaderSize> header_ending_at(const MessageView& message, size_t offset,
                                                  size_t value_size) {
  std::array<uint8_t, kHeaderSize> header;
  std::copy_n(message.bytes().begin(), kHeaderSize, header.begin());
  store_be16(header.data() + 2, static_cast<uint16_t>(offset + 4 + value_size - kHeaderSize));
  return header;
}

Bytes body_before(const MessageView& message, size_t offset) {
  return message.bytes().subspan(kHeaderSize, offset - kHeaderSize);
}

}  // namespace

IntegrityKey::IntegrityKey(Bytes key) {
  Pad sha1_key{};
  Pad sha256_key{};
  if (key.size() > kBlock) {  // RFC 2104 §2: a long key is hashed first
    SHA1(key.data(), key.size(), sha1_key.data());
    SHA256(key.data(), key.size(), sha256_key.data());
  } else {
    std::ranges::copy(key, sha1_key.begin());
    sha256_key = sha1_key;
  }
  sha1_inner_ = sha1_state_after(pad(sha1_key, 0x36));
  sha1_outer_ = sha1_state_after(pad(sha1_key, 0x5c));
  sha256_inner_ = sha256_state_after(pad(sha256_key, 0x36));
  sha256_outer_ = sha256_state_after(pad(sha256_key, 0x5c));
}

std::array<uint8_t, kSha1Size> IntegrityKey::hmac_sha1(Bytes header, Bytes body) const {
  std::array<uint8_t, kSha1Size> digest;
  SHA_CTX c = sha1_resume(sha1_inner_);
  SHA1_Update(&c, header.data(), header.size());
  SHA1_Update(&c, body.data(), body.size());
  SHA1_Final(digest.data(), &c);
  c = sha1_resume(sha1_outer_);
  SHA1_Update(&c, digest.data(), digest.size());
  SHA1_Final(digest.data(), &c);
  return digest;
}

std::array<uint8_t, kSha256Size> IntegrityKey::hmac_sha256(Bytes header, Bytes body) const {
  std::array<uint8_t, kSha256Size> digest;
  SHA256_CTX c = sha256_resume(sha256_inner_);
  SHA256_Update(&c, header.data(), header.size());
  SHA256_Update(&c, body.data(), body.size());
  SHA256_Final(digest.data(), &c);
  c = sha256_resume(sha256_outer_);
  SHA256_Update(&c, digest.data(), digest.size());
  SHA256_Final(digest.data(), &c);
  return digest;
}

std::array<uint8_t, 16> long_term_key(std::string_view username, std::string_view realm,
                                      std::string_view password) {
  std::array<uint8_t, 16> key;
  MD5_CTX c;
  MD5_Init(&c);
  MD5_Update(&c, username.data(), username.size());
  MD5_Update(&c, ":", 1);
  MD5_Update(&c, realm.data(), realm.size());
  MD5_Update(&c, ":", 1);
  MD5_Update(&c, password.data(), password.size());
  MD5_Final(key.data(), &c);
  return key;
}

std::array<uint8_t, 32> long_term_key_sha256(std::string_view username, std::string_view realm,
                                             std::string_view password) {
  std::array<uint8_t, 32> key;
  SHA256_CTX c;
  SHA256_Init(&c);
  SHA256_Update(&c, username.data(), username.size());
  SHA256_Update(&c, ":", 1);
  SHA256_Update(&c, realm.data(), realm.size());
  SHA256_Update(&c, ":", 1);
  SHA256_Update(&c, password.data(), password.size());
  SHA256_Final(key.data(), &c);
  return key;
}

Integrity check_integrity(const MessageView& message, const IntegrityKey& key) {
  const auto offset = message.offset_of(Attribute::MessageIntegrity);
  if (!offset) return Integrity::Missing;
  const Bytes value = *message.find(Attribute::MessageIntegrity);
  if (value.size() != kSha1Size) return Integrity::Wrong;
  const auto expected =
      key.hmac_sha1(header_ending_at(message, *offset, kSha1Size), body_before(message, *offset));
  return CRYPTO_memcmp(expected.data(), value.data(), kSha1Size) == 0 ? Integrity::Valid
                                                                      : Integrity::Wrong;
}

Integrity check_integrity_sha256(const MessageView& message, const IntegrityKey& key) {
  const auto offset = message.offset_of(Attribute::MessageIntegritySha256);
  if (!offset) return Integrity::Missing;
  const Bytes value = *message.find(Attribute::MessageIntegritySha256);
  // RFC 8489 §14.6: may be truncated, to 16 bytes at least, in steps of 4.
  if (value.size() < 16 || value.size() > kSha256Size || value.size() % 4 != 0) {
    return Integrity::Wrong;
  }
  const auto expected = key.hmac_sha256(header_ending_at(message, *offset, value.size()),
                                        body_before(message, *offset));
  return CRYPTO_memcmp(expected.data(), value.data(), value.size()) == 0 ? Integrity::Valid
                                                                         : Integrity::Wrong;
}

Integrity check_fingerprint(const MessageView& message) {
  const auto offset = message.offset_of(Attribute::Fingerprint);
  if (!offset) return Integrity::Missing;
  if (*offset + 8 != message.bytes().size()) return Integrity::Wrong;
  const auto value = message.u32(Attribute::Fingerprint);
  if (!value) return Integrity::Wrong;
  const uint32_t expected =
      fingerprint(message.bytes().first(kHeaderSize), body_before(message, *offset));
  return *value == expected ? Integrity::Valid : Integrity::Wrong;
}

// RFC 8489 §14.7
uint32_t fingerprint(Bytes header, Bytes body) {
  return (crc32_update(crc32_update(0xFFFFFFFF, header), body) ^ 0xFFFFFFFF) ^ kFingerprintXor;
}

}  // namespace parley::stun
