#include "io/certificate_file.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "io/file_descriptor.h"

namespace parley::io {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kValidSeconds = int64_t{825} * 24 * 3600;
constexpr size_t kMaxPemBytes = 1 << 20;

template <auto free_function>
struct Freer {
  template <typename T>
  void operator()(T* p) const {
    free_function(p);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

Bio bio_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(length)};
}

std::expected<std::string, std::string> read_pem(const fs::path& path, const char* what,
                                                 const char* setting) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto fail = [&](const char* why) {
    return std::unexpected(
        fmt::format("The {} {} can't be read: {}; correct {} or the file's permissions.", what,
                    path.string(), why, setting));
  };
  if (!fd) return fail(strerror(errno));
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0) return fail(strerror(errno));
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(n));
    if (text.size() > kMaxPemBytes) return fail("it is longer than 1 MiB");
  }
}

// Appears whole or not at all, and never with wider permissions than `mode`.
std::expected<void, std::string> write_file(const fs::path& path, const std::string& text,
                                            mode_t mode) {
  const fs::path temporary = path.string() + ".new";
  ::unlink(temporary.c_str());
  const auto fail = [&] {
    return std::unexpected(
        fmt::format("The file {} can't be written: {}; make the data folder writable or choose "
                    "another with --data.",
                    path.string(), strerror(errno)));
  };
  const FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return fail();
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd.get(), text.data() + done, text.size() - done);
    if (n < 0) return fail();
    done += static_cast<size_t>(n);
  }
  if (::fsync(fd.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) return fail();
  return {};
}

int refuse_password(char*, int, int, void*) {
  return -1;
}

int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? int64_t{timegm(&parts)} : 0;
}

std::string sha256_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
  std::string text;
  for (unsigned i = 0; i < length; ++i)
    text += fmt::format("{}{:02X}", i == 0 ? "" : ":", digest[i]);
  return text;
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type == GEN_DNS) {
      const ASN1_IA5STRING* text = name->d.dNSName;
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                         static_cast<size_t>(ASN1_STRING_length(text)));
    } else if (name->type == GEN_IPADD) {
      const unsigned char* bytes = ASN1_STRING_get0_data(name->d.iPAddress);
      const int length = ASN1_STRING_length(name->d.iPAddress);
      if (length == 4) names.push_back(IpAddress::v4(load_be32(bytes)).to_string());
      if (length == 16) {
        std::array<uint8_t, 16> v6;
        memcpy(v6.data(), bytes, 16);
        names.push_back(IpAddress::v6(v6).to_string());
      }
    }
  }
  GENERAL_NAMES_free(list);
  return names;
}

void fill_in(ServerCertificate& result, X509* leaf) {
  result.not_after_s = seconds_of(X509_get0_notAfter(leaf));
  result.sha256 = sha256_of(leaf);
  result.names = names_of(leaf);
  result.self_signed = X509_NAME_cmp(X509_get_subject_name(leaf), X509_get_issuer_name(leaf)) == 0;
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  PARLEY_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// A name that can stand in a certificate and in OpenSSL's comma-separated notation.
bool is_dns_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
             std::string::npos;
}

std::string alternative_names(const CertificateNames& names) {
  std::string text = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& host : names.hosts) {
    if (is_dns_name(host) && host != "localhost") text += ",DNS:" + host;
  }
  for (const IpAddress& ip : names.addresses) {
    if (!ip.is_loopback() && !ip.is_unspecified()) text += ",IP:" + ip.to_string();
  }
  return text;
}

}  // namespace

ServerCertificate make_self_signed(const CertificateNames& names, int64_t now_s) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  PARLEY_CHECK(key && certificate);
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  // At most 20 bytes, positive, unpredictable (RFC 5280 §4.1.2.2).
  std::array<unsigned char, 16> serial;
  PARLEY_CHECK(RAND_bytes(serial.data(), static_cast<int>(serial.size())) == 1);
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
  BN_free(number);
  // A day back, for clients whose clock is slow.
  ASN1_TIME_set(X509_getm_notBefore(x), static_cast<time_t>(now_s - 24 * 3600));
  ASN1_TIME_set(X509_getm_notAfter(x), static_cast<time_t>(now_s - 24 * 3600 + kValidSeconds));
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("Parley"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  X509_set_pubkey(x, key.get());
  add_extension(x, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(x, NID_key_usage, "critical,digitalSignature");
  add_extension(x, NID_ext_key_usage, "serverAuth");
  add_extension(x, NID_subject_key_identifier, "hash");
  add_extension(x, NID_subject_alt_name, alternative_names(names));
  PARLEY_CHECK(X509_sign(x, key.get(), EVP_sha256()) > 0);

  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_mem()));
  PARLEY_CHECK(PEM_write_bio_X509(certificate_bio.get(), x) == 1);
  PARLEY_CHECK(PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                        nullptr) == 1);
  ServerCertificate result{.certificate_pem = text_of(certificate_bio),
                           .key_pem = text_of(key_bio)};
  fill_in(result, x);
  return result;
}

std::expected<ServerCertificate, std::string> load_certificate(const fs::path& certificate,
                                                               const fs::path& key, int64_t now_s) {
  auto certificate_pem = read_pem(certificate, "certificate", "https.certificate");
  if (!certificate_pem) return std::unexpected(certificate_pem.error());
  auto key_pem = read_pem(key, "private key", "https.key");
  if (!key_pem) return std::unexpected(key_pem.error());

  const Certificate leaf(
      PEM_read_bio_X509(bio_of(*certificate_pem).get(), nullptr, nullptr, nullptr));
  if (!leaf) {
    ERR_clear_error();
    return std::unexpected(fmt::format(
        "The file {} holds no certificate in PEM form; https.certificate must name one.",
        certificate.string()));
  }
  const Key private_key(
      PEM_read_bio_PrivateKey(bio_of(*key_pem).get(), nullptr, refuse_password, nullptr));
  if (!private_key) {
    ERR_clear_error();
    return std::unexpected(fmt::format(
        "The file {} holds no unencrypted private key in PEM form; https.key must name one.",
        key.string()));
  }
  if (X509_check_private_key(leaf.get(), private_key.get()) != 1) {
    ERR_clear_error();
    return std::unexpected(
        fmt::format("The private key {} doesn't belong to the certificate {}; give the pair that "
                    "was made together.",
                    key.string(), certificate.string()));
  }
  ServerCertificate result{.certificate_pem = std::move(*certificate_pem),
                           .key_pem = std::move(*key_pem)};
  fill_in(result, leaf.get());
  if (result.not_after_s <= now_s) {
    return std::unexpected(
        fmt::format("The certificate {} has expired; renew it.", certificate.string()));
  }
  return result;
}

std::expected<ServerCertificate, std::string> load_or_create_certificate(
    const fs::path& folder, const CertificateNames& names, int64_t now_s) {
  const fs::path certificate_path = folder / "https-certificate.pem";
  const fs::path key_path = folder / "https-key.pem";
  std::error_code error;
  const bool has_certificate = fs::exists(certificate_path, error);
  const bool has_key = fs::exists(key_path, error);
  if (has_certificate && has_key) {
    auto kept = load_certificate(certificate_path, key_path, now_s);
    if (kept) return kept;
    // An expired one is replaced; anything else may be the operator's mistake, which must not be
    // overwritten.
    auto even_if_expired = load_certificate(certificate_path, key_path, 0);
    if (!even_if_expired || !even_if_expired->self_signed) {
      return std::unexpected(kept.error() +
                             " Or remove both files from the data folder to have new ones made.");
    }
  }
  fs::create_directories(folder, error);
  if (error) {
    return std::unexpected(
        fmt::format("The data folder {} can't be made: {}; choose another with --data.",
                    folder.string(), error.message()));
  }
  ServerCertificate made = make_self_signed(names, now_s);
  if (auto written = write_file(key_path, made.key_pem, 0600); !written)
    return std::unexpected(written.error());
  if (auto written = write_file(certificate_path, made.certificate_pem, 0644); !written) {
    return std::unexpected(written.error());
  }
  return made;
}

}  // namespace parley::io
