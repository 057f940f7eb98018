#include "dtls/srtp_exporter.h"

#include <openssl/crypto.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include <cstring>
#include <string_view>

namespace parley::dtls {
namespace {

// RFC 5764 §4.2.
constexpr std::string_view kExporterLabel = "EXTRACTOR-dtls_srtp";
constexpr size_t kMaxMaterial = 2 * (32 + 14);

struct Lengths {
  size_t key;
  size_t salt;
};

// RFC 5764 §4.1.2, RFC 7714 §12.
constexpr Lengths lengths_of(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::kAes128CmSha1_80:
      return {16, 14};
    case SrtpProfile::kAeadAes128Gcm:
      return {16, 12};
    case SrtpProfile::kAeadAes256Gcm:
      return {32, 12};
  }
  return {0, 0};
}

constexpr std::string_view name_of(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::kAes128CmSha1_80:
      return "SRTP_AES128_CM_SHA1_80";
    case SrtpProfile::kAeadAes128Gcm:
      return "SRTP_AEAD_AES_128_GCM";
    case SrtpProfile::kAeadAes256Gcm:
      return "SRTP_AEAD_AES_256_GCM";
  }
  return "";
}

SrtpWriteKey make_key(const uint8_t* key, const uint8_t* salt, Lengths lengths) {
  SrtpWriteKey result;
  result.key_length = lengths.key;
  result.salt_length = lengths.salt;
  std::memcpy(result.key_storage.data(), key, lengths.key);
  std::memcpy(result.salt_storage.data(), salt, lengths.salt);
  return result;
}

}  // namespace

std::string profile_list(const BoundedVector<SrtpProfile, 3>& profiles) {
  std::string list;
  for (const SrtpProfile profile : profiles) {
    if (!list.empty()) list += ':';
    list += name_of(profile);
  }
  return list;
}

// client_write_key | server_write_key | client_write_salt | server_write_salt
std::optional<SrtpKeys> export_srtp_keys(SSL* ssl, Role role) {
  const SRTP_PROTECTION_PROFILE* agreed = SSL_get_selected_srtp_profile(ssl);
  if (!agreed) return std::nullopt;
  const auto profile = static_cast<SrtpProfile>(agreed->id);
  const Lengths lengths = lengths_of(profile);
  if (lengths.key == 0) return std::nullopt;

  uint8_t material[kMaxMaterial];
  if (SSL_export_keying_material(ssl, material, 2 * (lengths.key + lengths.salt),
                                 kExporterLabel.data(), kExporterLabel.size(), nullptr, 0,
                                 0) != 1) {
    return std::nullopt;
  }
  const uint8_t* salts = material + 2 * lengths.key;
  const SrtpWriteKey client = make_key(material, salts, lengths);
  const SrtpWriteKey server = make_key(material + lengths.key, salts + lengths.salt, lengths);
  OPENSSL_cleanse(material, sizeof material);
  if (role == Role::kServer) return SrtpKeys{.profile = profile, .local = server, .remote = client};
  return SrtpKeys{.profile = profile, .local = client, .remote = server};
}

}  // namespace parley::dtls
