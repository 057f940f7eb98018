// The certificate an endpoint shows in the DTLS handshake, with its private key.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "dtls/fingerprint.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX; its headers stay in .cc files

namespace parley::dtls {

enum class Role { kClient, kServer };

enum class CertificateError {
  kBadPem,         // no certificate, no private key, or neither can be read
  kKeyMismatch,    // the private key isn't the certificate's
  kCryptoFailure,  // OpenSSL refused, for instance for want of memory or randomness
};

// A self-signed ECDSA P-256 certificate (RFC 8827 §6.5) and what OpenSSL needs to use it.
// Immutable, so that many sessions, on any thread, share one by const reference; it must outlive
// their construction. Trust comes from the fingerprint alone: name, serial number and dates mean
// nothing to the peer.
class Certificate {
 public:
  // A new key pair. The dates are fixed, "no well-defined expiration" (RFC 5280 §4.1.2.5), so no
  // clock is needed.
  static std::expected<Certificate, CertificateError> generate();
  // Both a CERTIFICATE and a PRIVATE KEY block, in either order.
  static std::expected<Certificate, CertificateError> from_pem(std::string_view pem);

  Certificate(Certificate&&) noexcept;
  Certificate& operator=(Certificate&&) noexcept;
  ~Certificate();

  // The private key (PKCS #8, unencrypted) and the certificate; from_pem() reads it back.
  std::string to_pem() const;
  const Fingerprint& fingerprint_sha256() const;

  // For Session: the configured OpenSSL context of a role.
  ssl_ctx_st* ssl_context(Role role) const;

 private:
  struct Impl;
  explicit Certificate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::dtls
