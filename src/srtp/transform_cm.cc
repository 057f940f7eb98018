// AES128_CM_SHA1_80 (RFC 3711 §4.1.1, §4.2.1): for peers that know no GCM.
#include <openssl/crypto.h>

#include <array>
#include <cstring>

#include "srtp/aes_counter.h"
#include "srtp/hmac_sha1.h"
#include "srtp/packet_layout.h"
#include "srtp/transform.h"

namespace parley::srtp {
namespace {

constexpr size_t kTag = tag_length(Profile::kAes128CmSha1_80);

struct Stream {
  explicit Stream(const SessionKeys& session, const StreamKeys& keys)
      : cipher(session.encryption(keys)), hmac(keys.authentication), salt(keys.salt_storage) {}

  // RFC 3711 §4.1.1: IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16).
  void crypt(uint32_t ssrc, uint64_t index, const uint8_t* in, uint8_t* out, size_t length) {
    std::array<uint8_t, AesCounter::kBlockLength> iv{};
    std::memcpy(iv.data(), salt.data(), salt.size());
    store_be32(&iv[4], load_be32(&iv[4]) ^ ssrc);
    store_be64(&iv[8], load_be64(&iv[8]) ^ (index << 16));
    cipher.apply(iv.data(), in, out, length);
  }

  AesCounter cipher;
  HmacSha1 hmac;
  std::array<uint8_t, 14> salt;
};

class CmTransform final : public Transform {
 public:
  explicit CmTransform(const SessionKeys& keys) : rtp_(keys, keys.rtp), rtcp_(keys, keys.rtcp) {}

  // RFC 3711 §4.2: the tag covers the packet and the roll-over counter, which isn't sent.
  void seal_rtp(uint32_t ssrc, uint64_t index, Bytes header, Bytes payload, uint8_t* out) override {
    rtp_.crypt(ssrc, index, payload.data(), out, payload.size());
    const auto digest = rtp_digest(index, header, Bytes(out, payload.size()));
    std::memcpy(out + payload.size(), digest.data(), kTag);
  }

  bool open_rtp(uint32_t ssrc, uint64_t index, Bytes header, MutableBytes body) override {
    const size_t length = body.size() - kTag;
    const auto digest = rtp_digest(index, header, body.first(length));
    if (CRYPTO_memcmp(digest.data(), &body[length], kTag) != 0) return false;
    rtp_.crypt(ssrc, index, body.data(), body.data(), length);
    return true;
  }

  // RFC 3711 §3.4: header, ciphertext, index word, tag over all before it.
  void seal_rtcp(uint32_t ssrc, uint32_t index, uint8_t* packet, size_t length) override {
    uint8_t* body = packet + kRtcpHeaderLength;
    rtcp_.crypt(ssrc, index, body, body, length - kRtcpHeaderLength);
    store_be32(packet + length, kEncryptedFlag | index);
    const auto digest = rtcp_.hmac.digest(Bytes(packet, length + kRtcpIndexLength), {}, {});
    std::memcpy(packet + length + kRtcpIndexLength, digest.data(), kTag);
  }

  bool open_rtcp(uint32_t ssrc, uint32_t index_word, MutableBytes packet) override {
    const size_t tag = packet.size() - kTag;
    const auto digest = rtcp_.hmac.digest(packet.first(tag), {}, {});
    if (CRYPTO_memcmp(digest.data(), &packet[tag], kTag) != 0) return false;
    uint8_t* body = &packet[kRtcpHeaderLength];
    const size_t length = tag - kRtcpIndexLength - kRtcpHeaderLength;
    rtcp_.crypt(ssrc, index_word & ~kEncryptedFlag, body, body, length);
    return true;
  }

  std::string_view name() const override { return "openssl"; }

 private:
  std::array<uint8_t, HmacSha1::kDigestLength> rtp_digest(uint64_t index, Bytes header,
                                                          Bytes ciphertext) const {
    uint8_t roc[4];
    store_be32(roc, static_cast<uint32_t>(index >> 16));
    return rtp_.hmac.digest(header, ciphertext, roc);
  }

  Stream rtp_;
  Stream rtcp_;
};

}  // namespace

std::unique_ptr<Transform> make_cm_transform(const SessionKeys& keys) {
  return std::make_unique<CmTransform>(keys);
}

}  // namespace parley::srtp
