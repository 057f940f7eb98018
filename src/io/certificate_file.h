// The certificate that HTTPS shows: the operator's, or one that is made at the first start.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "base/address.h"

namespace parley::io {

struct ServerCertificate {
  std::string certificate_pem;
  std::string key_pem;
  bool self_signed = false;
  int64_t not_after_s = 0;         // seconds since 1970
  std::string sha256;              // "AB:CD:…" of the leaf, as browsers show it
  std::vector<std::string> names;  // its subject alternative names
};

// What a new self-signed certificate is for.
struct CertificateNames {
  std::vector<std::string> hosts;
  std::vector<IpAddress> addresses;
};

// Every error is one sentence that names the file and what to do.

// Reads a chain and its key, and checks that they belong together, are not encrypted and not
// expired at `now_s`.
std::expected<ServerCertificate, std::string> load_certificate(
    const std::filesystem::path& certificate, const std::filesystem::path& key, int64_t now_s);

// The certificate kept in `folder` (https-certificate.pem, https-key.pem); makes folder and files
// (the key with mode 0600) when they are missing or the certificate has expired. A certificate that
// is still good is kept even if the host's addresses have changed, since people have told their
// browsers to trust it.
std::expected<ServerCertificate, std::string> load_or_create_certificate(
    const std::filesystem::path& folder, const CertificateNames& names, int64_t now_s);

// ECDSA P-256, valid for 825 days, the most that Apple's systems accept.
ServerCertificate make_self_signed(const CertificateNames& names, int64_t now_s);

}  // namespace parley::io
