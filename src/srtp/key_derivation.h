// Session keys out of the master key (RFC 3711 §4.3; RFC 7714 §11 for GCM).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "srtp/profile.h"

namespace parley::srtp {

// RFC 3711 §4.3.2.
enum class KeyLabel : uint8_t {
  kRtpEncryption = 0,
  kRtpAuthentication = 1,
  kRtpSalt = 2,
  kRtcpEncryption = 3,
  kRtcpAuthentication = 4,
  kRtcpSalt = 5,
};

// The AES-CM pseudorandom function of RFC 3711 §4.3.3 (RFC 6188 §3 for 32-byte keys) at key
// derivation rate zero, the only one DTLS-SRTP has. Fills `out`; the salt may have 12 or 14 bytes.
void derive_key(Bytes master_key, Bytes master_salt, KeyLabel label, MutableBytes out);

// The keys of RTP or of RTCP, one direction.
struct StreamKeys {
  std::array<uint8_t, 32> encryption_storage{};
  std::array<uint8_t, 20> authentication{};  // AES-CM profile only
  std::array<uint8_t, 14> salt_storage{};    // 12 bytes used by GCM
};

struct SessionKeys {
  Profile profile = Profile::kAeadAes128Gcm;
  StreamKeys rtp;
  StreamKeys rtcp;

  SessionKeys() = default;
  SessionKeys(const SessionKeys&) = default;
  SessionKeys& operator=(const SessionKeys&) = default;
  ~SessionKeys();  // wipes

  Bytes encryption(const StreamKeys& stream) const {
    return Bytes(stream.encryption_storage.data(), key_length(profile));
  }
};

SessionKeys derive_session_keys(const MasterKey& master);

}  // namespace parley::srtp
