// The protection profiles of DTLS-SRTP that we speak, and the master keys of one direction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/bytes.h"

namespace parley::srtp {

// The numbers of the IANA registry "DTLS-SRTP Protection Profiles".
enum class Profile : uint16_t {
  kAes128CmSha1_80 = 0x0001,  // RFC 3711, RFC 5764 §4.1.2
  kAeadAes128Gcm = 0x0007,    // RFC 7714 §14.2
  kAeadAes256Gcm = 0x0008,    // RFC 7714 §14.2
};

constexpr bool is_gcm(Profile profile) {
  return profile != Profile::kAes128CmSha1_80;
}
constexpr size_t key_length(Profile profile) {
  return profile == Profile::kAeadAes256Gcm ? 32 : 16;
}
constexpr size_t salt_length(Profile profile) {
  return is_gcm(profile) ? 12 : 14;
}
// Authentication tag of RTP and of RTCP.
constexpr size_t tag_length(Profile profile) {
  return is_gcm(profile) ? 16 : 10;
}

inline constexpr size_t kMaxTagLength = 16;
// RFC 3711 §3.4: the E flag and the 31-bit index, in the clear at the end of each SRTCP packet.
inline constexpr size_t kRtcpIndexLength = 4;
// What a packet grows by at most.
inline constexpr size_t kMaxRtpOverhead = kMaxTagLength;
inline constexpr size_t kMaxRtcpOverhead = kMaxTagLength + kRtcpIndexLength;

// Key and salt of one direction as DTLS exports them.
struct MasterKey {
  Profile profile = Profile::kAeadAes128Gcm;
  std::array<uint8_t, 32> key_storage{};
  std::array<uint8_t, 14> salt_storage{};

  // Nullopt if the lengths aren't the profile's.
  static std::optional<MasterKey> make(Profile profile, Bytes key, Bytes salt) {
    if (key.size() != key_length(profile) || salt.size() != salt_length(profile)) {
      return std::nullopt;
    }
    MasterKey result{.profile = profile};
    std::memcpy(result.key_storage.data(), key.data(), key.size());
    std::memcpy(result.salt_storage.data(), salt.data(), salt.size());
    return result;
  }
  Bytes key() const { return Bytes(key_storage.data(), key_length(profile)); }
  Bytes salt() const { return Bytes(salt_storage.data(), salt_length(profile)); }
};

}  // namespace parley::srtp
