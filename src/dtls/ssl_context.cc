#include "dtls/ssl_context.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace parley::dtls {
namespace {

// RFC 8827 §6.5 demands ECDHE-ECDSA with AES128-GCM; the other two are for peers without AES
// instructions and for those who insist on 256 bits.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384";
constexpr char kGroups[] = "X25519:P-256:P-384";
// Preference order. OpenSSL's server takes the first of its own list that the client offers, so a
// browser that lists AES128_CM first still gets GCM, which costs us a third as much.
constexpr char kSrtpProfiles[] =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";

// RFC 8122 §6.2: the certificate is good if its fingerprint is the one that signalling brought;
// there is no chain.
int verify_peer(X509_STORE_CTX* store, void*) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* check =
      ssl ? static_cast<PeerCheck*>(SSL_get_ex_data(ssl, ssl_peer_check_index())) : nullptr;
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  Fingerprint actual{};
  if (check && leaf && certificate_fingerprint(leaf, actual) &&
      CRYPTO_memcmp(actual.data(), check->expected.data(), actual.size()) == 0) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  if (check) check->mismatch = true;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

bool configure(SSL_CTX* ctx, X509* certificate, EVP_PKEY* key) {
  if (SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) != 1) return false;
  if (SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) != 1) return false;
  if (SSL_CTX_set_cipher_list(ctx, kCiphers) != 1) return false;
  if (SSL_CTX_set1_groups_list(ctx, kGroups) != 1) return false;
  if (SSL_CTX_set_tlsext_use_srtp(ctx, kSrtpProfiles) != 0) return false;  // zero is success here
  if (SSL_CTX_use_certificate(ctx, certificate) != 1) return false;
  if (SSL_CTX_use_PrivateKey(ctx, key) != 1) return false;
  // The MTU is ours to say; tickets, resumption and renegotiation have no use in WebRTC.
  SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                               SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  // Two record buffers of 17 kB each are given back while a session is idle, which after the
  // handshake is always.
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, verify_peer, nullptr);
  return true;
}

}  // namespace

int ssl_peer_check_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool certificate_fingerprint(const X509* certificate, Fingerprint& out) {
  unsigned length = 0;
  return X509_digest(certificate, EVP_sha256(), out.data(), &length) == 1 && length == out.size();
}

SSL_CTX* make_ssl_context(Role role, X509* certificate, EVP_PKEY* key) {
  SSL_CTX* ctx = SSL_CTX_new(role == Role::kServer ? DTLS_server_method() : DTLS_client_method());
  if (!ctx) return nullptr;
  if (configure(ctx, certificate, key)) return ctx;
  SSL_CTX_free(ctx);
  return nullptr;
}

}  // namespace parley::dtls
