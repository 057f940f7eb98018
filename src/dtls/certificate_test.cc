#include "dtls/certificate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace parley::dtls {
namespace {

// Made once with `openssl ecparam -genkey -name prime256v1` and `openssl req -x509`; the
// fingerprint with `openssl x509 -fingerprint -sha256`.
constexpr char kPem[] =
    R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHa3z/tRShSF74L9b
BThS77r9SStdXO+QvADMmAcJXk6hRANCAASezAxFYkOJ2tpkS6oncVKuz7946QBk
1kC8WMftvgSNUURDWxE4jvL2g80ihiljosxMZ1VpcDMp1SDxtz71Leq8
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBejCCAR+gAwIBAgIUUqER6VRyqggqKHBjFVtjRAhP+WUwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGV2ViUlRDMCAXDTI2MTEyMDIxMjIzMFoYDzIxMjYxMDI3MjEy
MjMwWjARMQ8wDQYDVQQDDAZXZWJSVEMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASezAxFYkOJ2tpkS6oncVKuz7946QBk1kC8WMftvgSNUURDWxE4jvL2g80ihilj
osxMZ1VpcDMp1SDxtz71Leq8o1MwUTAdBgNVHQ4EFgQUt0ID0ZdJHJMVQ47uufRJ
IFdR0HwwHwYDVR0jBBgwFoAUt0ID0ZdJHJMVQ47uufRJIFdR0HwwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA01UjfBioGF15ZF+sY4ANQoZWaYbU
dwCEaQNYfZaD8ykCIQD3lgnNfN6cwF43uNPPLaFhPAX1r7ginm6o01HXR1kKzw==
-----END CERTIFICATE-----
)";
constexpr char kPemFingerprint[] =
    "01:B1:32:8A:8C:54:F4:D1:45:D4:2D:57:AE:94:59:88:"
    "16:6E:56:E6:38:B1:F0:88:FC:96:AA:1E:54:3D:C7:B6";

TEST(CertificateTest, FingerprintIsTheOneOpensslPrints) {
  const auto certificate = Certificate::from_pem(kPem);
  ASSERT_TRUE(certificate);
  EXPECT_EQ(fingerprint_text(certificate->fingerprint_sha256()), kPemFingerprint);
}

TEST(CertificateTest, PemRoundTripKeepsTheFingerprint) {
  const auto made = Certificate::generate();
  ASSERT_TRUE(made);
  const std::string pem = made->to_pem();
  EXPECT_NE(pem.find("-----BEGIN PRIVATE KEY-----"), std::string::npos);
  EXPECT_NE(pem.find("-----BEGIN CERTIFICATE-----"), std::string::npos);
  const auto read = Certificate::from_pem(pem);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->fingerprint_sha256(), made->fingerprint_sha256());
}

TEST(CertificateTest, TwoGeneratedOnesDiffer) {
  const auto a = Certificate::generate();
  const auto b = Certificate::generate();
  ASSERT_TRUE(a);
  ASSERT_TRUE(b);
  EXPECT_NE(a->fingerprint_sha256(), b->fingerprint_sha256());
}

TEST(CertificateTest, BadPemIsRefused) {
  const auto refusal = [](std::string_view pem) {
    const auto result = Certificate::from_pem(pem);
    return result ? std::optional<CertificateError>() : result.error();
  };
  EXPECT_EQ(refusal(""), CertificateError::kBadPem);
  EXPECT_EQ(refusal("hello"), CertificateError::kBadPem);
  const std::string pem = Certificate::generate()->to_pem();
  const size_t second = pem.find("-----BEGIN CERTIFICATE");
  EXPECT_EQ(refusal(pem.substr(0, second)), CertificateError::kBadPem);
  EXPECT_EQ(refusal(pem.substr(second)), CertificateError::kBadPem);
  // The key of one with the certificate of another.
  const std::string other = Certificate::generate()->to_pem();
  EXPECT_EQ(refusal(pem.substr(0, second) + other.substr(other.find("-----BEGIN CERTIFICATE"))),
            CertificateError::kKeyMismatch);
}

TEST(FingerprintTest, ParsesEitherCaseAndNothingElse) {
  Fingerprint fingerprint{};
  for (size_t i = 0; i < fingerprint.size(); ++i) fingerprint[i] = static_cast<uint8_t>(i * 8 + 2);
  const std::string text = fingerprint_text(fingerprint);
  EXPECT_EQ(text,
            "02:0A:12:1A:22:2A:32:3A:42:4A:52:5A:62:6A:72:7A:82:8A:92:9A:A2:AA:B2:BA:C2:CA:D2:DA:"
            "E2:EA:F2:FA");
  std::string lower = text;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  EXPECT_EQ(parse_fingerprint(text), fingerprint);
  EXPECT_EQ(parse_fingerprint(lower), fingerprint);
  EXPECT_FALSE(parse_fingerprint(""));
  EXPECT_FALSE(parse_fingerprint(text.substr(1)));
  EXPECT_FALSE(parse_fingerprint(text + ":00"));
  std::string bad = text;
  bad[0] = 'G';
  EXPECT_FALSE(parse_fingerprint(bad));
  bad = text;
  bad[2] = '-';
  EXPECT_FALSE(parse_fingerprint(bad));
}

}  // namespace
}  // namespace parley::dtls
