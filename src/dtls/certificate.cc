#include "dtls/certificate.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <climits>
#include <utility>

#include "dtls/ssl_context.h"

namespace parley::dtls {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;

// RFC 5280 §4.1.2.2: positive and at most 20 octets; random, so that two certificates of one issuer
// name differ.
bool set_serial(X509* x509) {
  const NumberPtr serial(BN_new());
  return serial && BN_rand(serial.get(), 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_add_word(serial.get(), 1) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x509));
}

// RFC 8827 §6.5: the name should tell nothing about the user.
bool set_name(X509* x509) {
  static constexpr unsigned char kName[] = "WebRTC";
  X509_NAME* name = X509_get_subject_name(x509);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kName, -1, -1, 0) == 1 &&
         X509_set_issuer_name(x509, name) == 1;
}

bool set_dates(X509* x509) {
  return ASN1_TIME_set_string(X509_getm_notBefore(x509), "20240101000000Z") == 1 &&
         ASN1_TIME_set_string(X509_getm_notAfter(x509), "99991231235959Z") == 1;
}

X509Ptr self_sign(EVP_PKEY* key) {
  X509Ptr x509(X509_new());
  if (!x509 || X509_set_version(x509.get(), 2) != 1) return nullptr;  // 2 means v3
  if (!set_serial(x509.get()) || !set_name(x509.get()) || !set_dates(x509.get())) return nullptr;
  if (X509_set_pubkey(x509.get(), key) != 1) return nullptr;
  if (X509_sign(x509.get(), key, EVP_sha256()) == 0) return nullptr;
  return x509;
}

BioPtr reader(std::string_view text) {
  if (text.size() > INT_MAX) return nullptr;
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never prompts for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

struct Certificate::Impl {
  X509Ptr x509;
  KeyPtr key;
  ContextPtr server;
  ContextPtr client;
  Fingerprint fingerprint{};

  static std::unique_ptr<Impl> make(X509Ptr x509, KeyPtr key) {
    auto impl = std::make_unique<Impl>();
    impl->server.reset(make_ssl_context(Role::kServer, x509.get(), key.get()));
    impl->client.reset(make_ssl_context(Role::kClient, x509.get(), key.get()));
    const bool good =
        impl->server && impl->client && certificate_fingerprint(x509.get(), impl->fingerprint);
    ERR_clear_error();
    if (!good) return nullptr;
    impl->x509 = std::move(x509);
    impl->key = std::move(key);
    return impl;
  }
};

Certificate::Certificate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Certificate::Certificate(Certificate&&) noexcept = default;
Certificate& Certificate::operator=(Certificate&&) noexcept = default;
Certificate::~Certificate() = default;

std::expected<Certificate, CertificateError> Certificate::generate() {
  KeyPtr key(EVP_EC_gen("P-256"));
  X509Ptr x509 = key ? self_sign(key.get()) : nullptr;
  auto impl = x509 ? Impl::make(std::move(x509), std::move(key)) : nullptr;
  ERR_clear_error();
  if (!impl) return std::unexpected(CertificateError::kCryptoFailure);
  return Certificate(std::move(impl));
}

std::expected<Certificate, CertificateError> Certificate::from_pem(std::string_view pem) {
  const BioPtr certificate_text = reader(pem);
  const BioPtr key_text = reader(pem);
  if (!certificate_text || !key_text) return std::unexpected(CertificateError::kBadPem);
  X509Ptr x509(PEM_read_bio_X509(certificate_text.get(), nullptr, no_passphrase, nullptr));
  KeyPtr key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_passphrase, nullptr));
  const bool matches = x509 && key && X509_check_private_key(x509.get(), key.get()) == 1;
  ERR_clear_error();
  if (!x509 || !key) return std::unexpected(CertificateError::kBadPem);
  if (!matches) return std::unexpected(CertificateError::kKeyMismatch);
  auto impl = Impl::make(std::move(x509), std::move(key));
  if (!impl) return std::unexpected(CertificateError::kCryptoFailure);
  return Certificate(std::move(impl));
}

std::string Certificate::to_pem() const {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out) return {};
  if (PEM_write_bio_PKCS8PrivateKey(out.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_X509(out.get(), impl_->x509.get()) != 1) {
    ERR_clear_error();
    return {};
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return length > 0 ? std::string(text, static_cast<size_t>(length)) : std::string();
}

const Fingerprint& Certificate::fingerprint_sha256() const {
  return impl_->fingerprint;
}

ssl_ctx_st* Certificate::ssl_context(Role role) const {
  return role == Role::kServer ? impl_->server.get() : impl_->client.get();
}

}  // namespace parley::dtls
