#include "srtp/aes_counter.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace parley::srtp {

AesCounter::AesCounter(Bytes key) : context_(EVP_CIPHER_CTX_new()) {
  PARLEY_CHECK(key.size() == 16 || key.size() == 32);
  PARLEY_CHECK(context_ != nullptr);
  const EVP_CIPHER* cipher = key.size() == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
  PARLEY_CHECK(EVP_EncryptInit_ex(context_, cipher, nullptr, key.data(), nullptr) == 1);
}

AesCounter::~AesCounter() {
  EVP_CIPHER_CTX_free(context_);
}

void AesCounter::apply(const uint8_t* iv, const uint8_t* in, uint8_t* out, size_t length) {
  if (length == 0) return;
  int written = 0;
  PARLEY_CHECK(EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, iv) == 1);
  PARLEY_CHECK(EVP_EncryptUpdate(context_, out, &written, in, static_cast<int>(length)) == 1);
}

}  // namespace parley::srtp
