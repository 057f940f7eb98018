#include "srtp/gcm_cipher.h"

#include "base/check.h"
#include "srtp/gcm_backends.h"

namespace parley::srtp {

std::unique_ptr<GcmCipher> make_gcm_cipher(Backend backend, Bytes key) {
  PARLEY_CHECK(key.size() == 16 || key.size() == 32);
  if (backend != Backend::kOpenSsl) {
    if (auto cipher = make_ipsec_mb_gcm(key)) return cipher;
  }
  return make_openssl_gcm(key);
}

}  // namespace parley::srtp
