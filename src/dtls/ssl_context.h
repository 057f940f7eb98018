// The OpenSSL settings every session of a certificate shares.
#pragma once

#include "dtls/certificate.h"

struct evp_pkey_st;
struct x509_st;

namespace parley::dtls {

// A new SSL_CTX for the role, owned by the caller; null if OpenSSL refuses a setting. Sessions made
// from it must set their SSL's ex_data of ssl_peer_check_index() to a PeerCheck that lives as long
// as the SSL.
ssl_ctx_st* make_ssl_context(Role role, x509_st* certificate, evp_pkey_st* key);

// The ex_data slot for the PeerCheck.
int ssl_peer_check_index();

// What a session expects of its peer's certificate, and what came of it.
struct PeerCheck {
  Fingerprint expected{};
  bool mismatch = false;
};

bool certificate_fingerprint(const x509_st* certificate, Fingerprint& out);

}  // namespace parley::dtls
