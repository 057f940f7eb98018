// AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714), by a cipher that each backend has.
#pragma once

#include <array>
#include <cstring>

#include "srtp/gcm_cipher.h"
#include "srtp/packet_layout.h"
#include "srtp/transform.h"

namespace parley::srtp {
namespace gcm {

// Read as 12 bytes; in a place of 16, as one store makes it.
struct alignas(16) Iv {
  std::array<uint8_t, 16> bytes;
  const uint8_t* data() const { return bytes.data(); }
};

struct Salt {
  uint64_t high;  // 8 bytes
  uint32_t low;   // 4 bytes

  explicit Salt(const StreamKeys& keys)
      : high(load_be64(keys.salt_storage.data())), low(load_be32(&keys.salt_storage[8])) {}
};

// RFC 7714 §8.1 (RTP) and §9.1 (RTCP):
//
//   0  0  0  0  0  0  0  0  0  0  1  1
//   0  1  2  3  4  5  6  7  8  9  0  1
//  |00|00|    SSRC   |     ROC   | SEQ |   XOR 12 bytes of salt
//  |00|00|    SSRC   |00|00|0+31-bit index|
//
// Both are SSRC and a 48-bit index.
inline Iv make_iv(const Salt& salt, uint32_t ssrc, uint64_t index) {
  const uint64_t high = salt.high ^ (uint64_t{ssrc} << 16 | index >> 32);
  const uint32_t low = salt.low ^ static_cast<uint32_t>(index);
  Iv iv;
  store_be128(iv.bytes.data(), high, uint64_t{low} << 32);
  return iv;
}

}  // namespace gcm

// With the cipher in place, so that what a packet needs is one piece of memory.
template <typename Cipher>
class GcmTransform final : public Transform {
 public:
  explicit GcmTransform(const SessionKeys& keys)
      : rtp_salt_(keys.rtp),
        rtcp_salt_(keys.rtcp),
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

  gcm::Salt rtp_salt_;
  gcm::Salt rtcp_salt_;
  Cipher rtp_;
  Cipher rtcp_;
};

}  // namespace parley::srtp
