// The cryptographic half of SRTP: encrypts and authenticates one packet whose index is known. No
// state between packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "srtp/gcm_cipher.h"
#include "srtp/key_derivation.h"
#include "srtp/profile.h"

namespace parley::srtp {

// The keys of one direction. Used by SenderContext and ReceiverContext, which know the indices.
// Lengths have been checked by them. Nothing here allocates.
class Transform {
 public:
  // RFC 3711 §3.4: the first bit of the SRTCP index word, set on encrypted packets.
  static constexpr uint32_t kEncryptedFlag = 0x80000000;

  virtual ~Transform() = default;

  // Encrypts `payload` to `out` (its own place, or no overlap) and puts the tag behind it. `header`
  // is authenticated.
  virtual void seal_rtp(uint32_t ssrc, uint64_t index, Bytes header, Bytes payload,
                        uint8_t* out) = 0;
  // `body` is ciphertext and tag, decrypted in place. False, and the body spoilt, if it isn't
  // authentic.
  [[nodiscard]] virtual bool open_rtp(uint32_t ssrc, uint64_t index, Bytes header,
                                      MutableBytes body) = 0;
  // `packet` is `length` bytes of plain RTCP with room behind for tag and index word.
  virtual void seal_rtcp(uint32_t ssrc, uint32_t index, uint8_t* packet, size_t length) = 0;
  // `packet` is everything, tag and index word included; `index_word` is the latter, its E flag
  // set.
  [[nodiscard]] virtual bool open_rtcp(uint32_t ssrc, uint32_t index_word, MutableBytes packet) = 0;

  // Which memory seal_rtp() needs; to be fetched, not to be read.
  virtual Bytes hot() const { return {}; }

  // The library behind it, for logs.
  virtual std::string_view name() const = 0;
};

std::unique_ptr<Transform> make_transform(const SessionKeys& keys, Backend backend);

// The two kinds make_transform() chooses from.
std::unique_ptr<Transform> make_gcm_transform(const SessionKeys& keys, Backend backend);
std::unique_ptr<Transform> make_cm_transform(const SessionKeys& keys);

}  // namespace parley::srtp
