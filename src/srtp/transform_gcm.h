// AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714), by a cipher that each backend has.
#pragma once

#include <array>
#include <cstring>

#include "srtp/gcm_cipher.h"
#include "srtp/packet_layout.h"
#include "srtp/transform.h"

namespace parley::srtp {
namespace gcm {

using Iv = std::array<uint8_t, GcmCipher::kIvLength>;

inline Iv salt_of(const StreamKeys& keys) {
  Iv salt;
  std::memcpy(salt.data(), keys.salt_storage.data(), salt.size());
  return salt;
}

// RFC 7714 §8.1 (RTP) and §9.1 (RTCP):
//
//   0  0  0  0  0  0  0  0  0  0  1  1
//   0  1  2  3  4  5  6  7  8  9  0  1
//  |00|00|    SSRC   |     ROC   | SEQ |   XOR 12 bytes of salt
//  |00|00|    SSRC   |00|00|0+31-bit index|
//
// Both are SSRC and a 48-bit index.
inline Iv make_iv(const Iv& salt, uint32_t ssrc, uint64_t index) {
  Iv iv = salt;
  store_be32(&iv[2], load_be32(&salt[2]) ^ ssrc);
  store_be16(&iv[6], static_cast<uint16_t>(load_be16(&salt[6]) ^ (index >> 32)));
  store_be32(&iv[8], load_be32(&salt[8]) ^ static_cast<uint32_t>(index));
  return iv;
}

}  // namespace gcm

// With the cipher in place, so that what a packet needs is one piece of memory.
template <typename Cipher>
class GcmTransform final : public Transform {
 public:
  explicit GcmTransform(const SessionKeys& keys)
      : rtp_salt_(gcm::salt_of(keys.rtp)),
        rtcp_salt_(gcm::salt_of(keys.rtcp)),
        rtp_(keys.encryption(keys.rtp)),
        rtcp_(keys.encryption(keys.rtcp)) {}

  void seal_rtp(uint32_t ssrc, uint64_t index, Bytes header, Bytes payload, uint8_t* out) override {
    const gcm::Iv iv = gcm::make_iv(rtp_salt_, ssrc, index);
    // Some place other than null for an empty payload: the library checks its pointers.
    const uint8_t* in = payload.empty() ? out : payload.data();
    rtp_.seal(iv.data(), header, in, out, payload.size(), out + payload.size());
  }

  bool open_rtp(uint32_t ssrc, uint64_t index, Bytes header, MutableBytes body) override {
    const gcm::Iv iv = gcm::make_iv(rtp_salt_, ssrc, index);
    const size_t length = body.size() - GcmCipher::kTagLength;
    return rtp_.open(iv.data(), header, body.data(), body.data(), length, &body[length]);
  }

  // RFC 7714 §9.2: header, ciphertext, tag, index word; authenticated are the header and the index
  // word.
  void seal_rtcp(uint32_t ssrc, uint32_t index, uint8_t* packet, size_t length) override {
    const gcm::Iv iv = gcm::make_iv(rtcp_salt_, ssrc, index);
    const uint32_t index_word = kEncryptedFlag | index;
    const RtcpAad aad = make_aad(packet, index_word);
    uint8_t* body = packet + kRtcpHeaderLength;
    uint8_t* tag = packet + length;
    rtcp_.seal(iv.data(), aad, body, body, length - kRtcpHeaderLength, tag);
    store_be32(tag + GcmCipher::kTagLength, index_word);
  }

  bool open_rtcp(uint32_t ssrc, uint32_t index_word, MutableBytes packet) override {
    const gcm::Iv iv = gcm::make_iv(rtcp_salt_, ssrc, index_word & ~kEncryptedFlag);
    const RtcpAad aad = make_aad(packet.data(), index_word);
    const size_t tag = packet.size() - kRtcpIndexLength - GcmCipher::kTagLength;
    uint8_t* body = &packet[kRtcpHeaderLength];
    return rtcp_.open(iv.data(), aad, body, body, tag - kRtcpHeaderLength, &packet[tag]);
  }

  Bytes hot() const override {
    return {reinterpret_cast<const uint8_t*>(this), kOwnBytes + GcmCipher::kHotBytes};
  }

  std::string_view name() const override { return rtp_.name(); }

 private:
  using RtcpAad = std::array<uint8_t, kRtcpHeaderLength + kRtcpIndexLength>;
  static RtcpAad make_aad(const uint8_t* packet, uint32_t index_word) {
    RtcpAad aad;
    std::memcpy(aad.data(), packet, kRtcpHeaderLength);
    store_be32(&aad[kRtcpHeaderLength], index_word);
    return aad;
  }

  static constexpr size_t kOwnBytes = 64;

  gcm::Iv rtp_salt_;
  gcm::Iv rtcp_salt_;
  Cipher rtp_;
  Cipher rtcp_;
};

}  // namespace parley::srtp
