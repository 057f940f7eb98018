#include "srtp/key_derivation.h"

#include <openssl/crypto.h>

#include <cstring>

#include "base/check.h"
#include "srtp/aes_counter.h"

namespace parley::srtp {

// RFC 3711 §4.3.1: x = (label || index DIV rate) XOR master_salt, both taken as 112-bit numbers
// aligned to the right; at rate zero the 48 bits behind the label are zero. §4.3.3: the keystream
// for IV = x * 2^16 is the key. A GCM salt of 96 bits is padded with 16 zero bits on the right (RFC
// 7714 §11).
void derive_key(Bytes master_key, Bytes master_salt, KeyLabel label, MutableBytes out) {
  PARLEY_CHECK(master_salt.size() == 12 || master_salt.size() == 14);
  std::array<uint8_t, AesCounter::kBlockLength> iv{};
  std::memcpy(iv.data(), master_salt.data(), master_salt.size());
  iv[7] ^= static_cast<uint8_t>(label);
  std::memset(out.data(), 0, out.size());
  AesCounter(master_key).apply(iv.data(), out.data(), out.data(), out.size());
}

SessionKeys::~SessionKeys() {
  OPENSSL_cleanse(&rtp, sizeof rtp);
  OPENSSL_cleanse(&rtcp, sizeof rtcp);
}

SessionKeys derive_session_keys(const MasterKey& master) {
  SessionKeys keys;
  keys.profile = master.profile;
  const auto derive = [&](KeyLabel label, uint8_t* out, size_t length) {
    derive_key(master.key(), master.salt(), label, MutableBytes(out, length));
  };
  const size_t key = key_length(master.profile);
  const size_t salt = salt_length(master.profile);
  derive(KeyLabel::kRtpEncryption, keys.rtp.encryption_storage.data(), key);
  derive(KeyLabel::kRtpSalt, keys.rtp.salt_storage.data(), salt);
  derive(KeyLabel::kRtcpEncryption, keys.rtcp.encryption_storage.data(), key);
  derive(KeyLabel::kRtcpSalt, keys.rtcp.salt_storage.data(), salt);
  if (!is_gcm(master.profile)) {
    derive(KeyLabel::kRtpAuthentication, keys.rtp.authentication.data(), 20);
    derive(KeyLabel::kRtcpAuthentication, keys.rtcp.authentication.data(), 20);
  }
  return keys;
}

}  // namespace parley::srtp
