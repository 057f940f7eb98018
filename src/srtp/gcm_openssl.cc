#include <openssl/evp.h>

#include "base/check.h"
#include "srtp/gcm_backends.h"
#include "srtp/transform_gcm.h"

namespace parley::srtp {
namespace {

// The context is kept and only its IV set for each packet: expanding the key again would double the
// cost.
class OpenSslGcm final : public GcmCipher {
 public:
  explicit OpenSslGcm(Bytes key) : context_(EVP_CIPHER_CTX_new()) {
    PARLEY_CHECK(context_ != nullptr);
    const EVP_CIPHER* cipher = key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    PARLEY_CHECK(EVP_EncryptInit_ex(context_, cipher, nullptr, key.data(), nullptr) == 1);
  }
  ~OpenSslGcm() override { EVP_CIPHER_CTX_free(context_); }
  OpenSslGcm(const OpenSslGcm&) = delete;
  OpenSslGcm& operator=(const OpenSslGcm&) = delete;

  void seal(const uint8_t* iv, Bytes aad, const uint8_t* in, uint8_t* out, size_t length,
            uint8_t* tag) override {
    int n = 0;
    uint8_t nothing[16];
    PARLEY_CHECK(EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, iv) == 1);
    add(aad, true);
    if (length > 0) {
      PARLEY_CHECK(EVP_EncryptUpdate(context_, out, &n, in, static_cast<int>(length)) == 1);
    }
    PARLEY_CHECK(EVP_EncryptFinal_ex(context_, nothing, &n) == 1);
    PARLEY_CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, kTagLength, tag) == 1);
  }

  bool open(const uint8_t* iv, Bytes aad, const uint8_t* in, uint8_t* out, size_t length,
            const uint8_t* tag) override {
    int n = 0;
    uint8_t nothing[16];
    // OpenSSL takes the tag as non-const, but only copies it.
    auto* expected = const_cast<uint8_t*>(tag);
    PARLEY_CHECK(EVP_DecryptInit_ex(context_, nullptr, nullptr, nullptr, iv) == 1);
    PARLEY_CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, kTagLength, expected) == 1);
    add(aad, false);
    if (length > 0) {
      PARLEY_CHECK(EVP_DecryptUpdate(context_, out, &n, in, static_cast<int>(length)) == 1);
    }
    return EVP_DecryptFinal_ex(context_, nothing, &n) == 1;
  }

  std::string_view name() const override { return "openssl"; }

 private:
  void add(Bytes aad, bool encrypt) {
    if (aad.empty()) return;
    int n = 0;
    const int size = static_cast<int>(aad.size());
    PARLEY_CHECK((encrypt ? EVP_EncryptUpdate(context_, nullptr, &n, aad.data(), size)
                          : EVP_DecryptUpdate(context_, nullptr, &n, aad.data(), size)) == 1);
  }

  EVP_CIPHER_CTX* context_;
};

}  // namespace

std::unique_ptr<GcmCipher> make_openssl_gcm(Bytes key) {
  return std::make_unique<OpenSslGcm>(key);
}

std::unique_ptr<Transform> make_openssl_transform(const SessionKeys& keys) {
  return std::make_unique<GcmTransform<OpenSslGcm>>(keys);
}

}  // namespace parley::srtp
