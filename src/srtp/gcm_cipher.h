// AES-GCM with a 96-bit IV and a 128-bit tag, by whichever library is fastest here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace parley::srtp {

enum class Backend {
  kAuto,  // intel-ipsec-mb where it was built in and the processor has AES instructions, else
          // OpenSSL
  kOpenSsl,
  kIpsecMb,  // four times OpenSSL's speed on a packet; x86-64 only
};

// True if kIpsecMb can be had; never changes while the process runs.
bool ipsec_mb_available();

// One key, expanded at construction. Not for two threads at once, but different ciphers are
// independent. seal() and open() allocate nothing.
class GcmCipher {
 public:
  static constexpr size_t kIvLength = 12;
  static constexpr size_t kTagLength = 16;

  virtual ~GcmCipher() = default;

  // Encrypts `length` bytes from `in` to `out` (the same place, or no overlap) and writes the
  // 16-byte tag over the ciphertext and `aad`. An IV must never be used twice for different data.
  virtual void seal(const uint8_t* iv, Bytes aad, const uint8_t* in, uint8_t* out, size_t length,
                    uint8_t* tag) = 0;
  // Decrypts; false if the tag is wrong, and then what `out` holds is meaningless.
  [[nodiscard]] virtual bool open(const uint8_t* iv, Bytes aad, const uint8_t* in, uint8_t* out,
                                  size_t length, const uint8_t* tag) = 0;
  // How much of a cipher a packet of 1,200 bytes needs, for those who fetch it ahead: with ipsec-mb
  // round keys and 48 powers of the hash key.
  static constexpr size_t kHotBytes = 64 + 240 + 48 * 16;
  // For logs: "openssl", "ipsec-mb avx512".
  virtual std::string_view name() const = 0;
};

// 16 or 32 bytes of key. kIpsecMb falls back to OpenSSL where it isn't available.
std::unique_ptr<GcmCipher> make_gcm_cipher(Backend backend, Bytes key);

}  // namespace parley::srtp
