// AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714).
#include <array>
#include <cstring>

#include "base/prefetch.h"
#include "srtp/packet_layout.h"
#include "srtp/transform.h"

namespace parley::srtp {
namespace {

using Iv = std::array<uint8_t, GcmCipher::kIvLength>;

// RFC 7714 §8.1 (RTP) and §9.1 (RTCP):
//
//   0  0  0  0  0  0  0  0  0  0  1  1
//   0  1  2  3  4  5  6  7  8  9  0  1
//  |00|00|    SSRC   |     ROC   | SEQ |   XOR 12 bytes of salt
//  |00|00|    SSRC   |00|00|0+31-bit index|
//
// Both are SSRC and a 48-bit index.
Iv make_iv(const StreamKeys& keys, uint32_t ssrc, uint64_t index) {
  Iv iv;
  store_be16(&iv[0], 0);
  store_be32(&iv[2], ssrc);
  store_be16(&iv[6], static_cast<uint16_t>(index >> 32));
  store_be32(&iv[8], static_cast<uint32_t>(index));
  for (size_t i = 0; i < iv.size(); ++i) iv[i] ^= keys.salt_storage[i];
  return iv;
}

class GcmTransform final : public Transform {
 public:
  GcmTransform(const SessionKeys& keys, Backend backend)
      : keys_(keys),
        rtp_(make_gcm_cipher(backend, keys.encryption(keys.rtp))),
        rtcp_(make_gcm_cipher(backend, keys.encryption(keys.rtcp))) {}

  void seal_rtp(uint32_t ssrc, uint64_t index, Bytes header, Bytes payload, uint8_t* out) override {
    const Iv iv = make_iv(keys_.rtp, ssrc, index);
    // Some place other than null for an empty payload: the library checks its pointers.
    const uint8_t* in = payload.empty() ? out : payload.data();
    rtp_->seal(iv.data(), header, in, out, payload.size(), out + payload.size());
  }

  bool open_rtp(uint32_t ssrc, uint64_t index, Bytes header, MutableBytes body) override {
    const Iv iv = make_iv(keys_.rtp, ssrc, index);
    const size_t length = body.size() - GcmCipher::kTagLength;
    return rtp_->open(iv.data(), header, body.data(), body.data(), length, &body[length]);
  }

  // RFC 7714 §9.2: header, ciphertext, tag, index word; authenticated are the header and the index
  // word.
  void seal_rtcp(uint32_t ssrc, uint32_t index, uint8_t* packet, size_t length) override {
    const Iv iv = make_iv(keys_.rtcp, ssrc, index);
    const uint32_t index_word = kEncryptedFlag | index;
    const RtcpAad aad = make_aad(packet, index_word);
    uint8_t* body = packet + kRtcpHeaderLength;
    uint8_t* tag = packet + length;
    rtcp_->seal(iv.data(), aad, body, body, length - kRtcpHeaderLength, tag);
    store_be32(tag + GcmCipher::kTagLength, index_word);
  }

  bool open_rtcp(uint32_t ssrc, uint32_t index_word, MutableBytes packet) override {
    const Iv iv = make_iv(keys_.rtcp, ssrc, index_word & ~kEncryptedFlag);
    const RtcpAad aad = make_aad(packet.data(), index_word);
    const size_t tag = packet.size() - kRtcpIndexLength - GcmCipher::kTagLength;
    uint8_t* body = &packet[kRtcpHeaderLength];
    return rtcp_->open(iv.data(), aad, body, body, tag - kRtcpHeaderLength, &packet[tag]);
  }

  void prefetch() const override { parley::prefetch(rtp_.get(), GcmCipher::kHotBytes); }

  std::string_view name() const override { return rtp_->name(); }

 private:
  using RtcpAad = std::array<uint8_t, kRtcpHeaderLength + kRtcpIndexLength>;
  static RtcpAad make_aad(const uint8_t* packet, uint32_t index_word) {
    RtcpAad aad;
    std::memcpy(aad.data(), packet, kRtcpHeaderLength);
    store_be32(&aad[kRtcpHeaderLength], index_word);
    return aad;
  }

  SessionKeys keys_;  // for the salts
  std::unique_ptr<GcmCipher> rtp_;
  std::unique_ptr<GcmCipher> rtcp_;
};

}  // namespace

std::unique_ptr<Transform> make_gcm_transform(const SessionKeys& keys, Backend backend) {
  return std::make_unique<GcmTransform>(keys, backend);
}

std::unique_ptr<Transform> make_transform(const SessionKeys& keys, Backend backend) {
  return is_gcm(keys.profile) ? make_gcm_transform(keys, backend) : make_cm_transform(keys);
}

}  // namespace parley::srtp
