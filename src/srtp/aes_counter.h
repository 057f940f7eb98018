// AES in counter mode as SRTP uses it (RFC 3711 §4.1.1, RFC 6188 for 256 bits): cipher and key
// derivation function.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

struct evp_cipher_ctx_st;

namespace parley::srtp {

// One key, expanded at construction. Not for two threads at once.
class AesCounter {
 public:
  static constexpr size_t kBlockLength = 16;

  // 16 or 32 bytes of key.
  explicit AesCounter(Bytes key);
  ~AesCounter();
  AesCounter(const AesCounter&) = delete;
  AesCounter& operator=(const AesCounter&) = delete;

  // out = in XOR keystream, `length` bytes, starting with the counter block `iv` of 16 bytes. `out`
  // is `in` or overlaps nothing of it. Encrypts and decrypts alike; allocates nothing.
  void apply(const uint8_t* iv, const uint8_t* in, uint8_t* out, size_t length);

 private:
  evp_cipher_ctx_st* context_;
};

}  // namespace parley::srtp
