#include "io/certificate_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace parley::io {
namespace {
namespace fs = std::filesystem;

constexpr int64_t kNow = 1'767'225'600;
constexpr int64_t kDay = 24 * 3600;

class CertificateFileTest : public testing::Test {
 protected:
  CertificateFileTest()
      : folder_(fs::path(testing::TempDir()) / ("parley-certificate-" + std::to_string(getpid()))) {
  }
  ~CertificateFileTest() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories(folder_);
    std::ofstream(folder_ / name) << text;
  }
  fs::path folder_;
  CertificateNames names_{
      .hosts = {"meet.example.org"},
      .addresses = {IpAddress::v4(192, 0, 2, 7), *IpAddress::parse("2001:db8::7")}};
};

TEST_F(CertificateFileTest, MakesOneAtTheFirstStartAndKeepsIt) {
  const auto first = load_or_create_certificate(folder_, names_, kNow);
  ASSERT_TRUE(first) << first.error();
  EXPECT_TRUE(first->self_signed);
  for (const char* name :
       {"localhost", "127.0.0.1", "::1", "meet.example.org", "192.0.2.7", "2001:db8::7"}) {
    EXPECT_NE(std::find(first->names.begin(), first->names.end(), name), first->names.end())
        << name;
  }
  struct stat s{};
  ASSERT_EQ(stat((folder_ / "https-key.pem").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  const auto second = load_or_create_certificate(folder_, {}, kNow + kDay);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->sha256, first->sha256);
  EXPECT_EQ(second->sha256.size(), 32u * 3 - 1);
}

TEST_F(CertificateFileTest, ReplacesItsOwnOnceExpired) {
  const auto first = load_or_create_certificate(folder_, names_, kNow);
  const auto later = load_or_create_certificate(folder_, names_, kNow + 900 * kDay);
  ASSERT_TRUE(first && later);
  EXPECT_NE(first->sha256, later->sha256);
}

TEST_F(CertificateFileTest, NamesTheFileThatIsMissing) {
  const auto result = load_certificate(folder_ / "c.pem", folder_ / "k.pem", kNow);
  ASSERT_FALSE(result);
  EXPECT_EQ(
      result.error(),
      "The certificate " + (folder_ / "c.pem").string() +
          " can't be read: No such file or directory; correct https.certificate or the file's "
          "permissions.");
}

TEST_F(CertificateFileTest, RefusesAForeignKey) {
  write("c.pem", make_self_signed(names_, kNow).certificate_pem);
  write("k.pem", make_self_signed(names_, kNow).key_pem);
  const auto result = load_certificate(folder_ / "c.pem", folder_ / "k.pem", kNow);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().find("doesn't belong to the certificate"), std::string::npos)
      << result.error();
}

TEST_F(CertificateFileTest, RefusesWhatIsNoPemAndWhatHasExpired) {
  const ServerCertificate good = make_self_signed(names_, kNow);
  write("c.pem", "hello");
  write("k.pem", good.key_pem);
  EXPECT_NE(load_certificate(folder_ / "c.pem", folder_ / "k.pem", kNow)
                .error()
                .find("holds no certificate"),
            std::string::npos);
  write("c.pem", good.certificate_pem);
  write("k.pem", "hello");
  EXPECT_NE(load_certificate(folder_ / "c.pem", folder_ / "k.pem", kNow)
                .error()
                .find("holds no unencrypted"),
            std::string::npos);
  write("k.pem", good.key_pem);
  EXPECT_NE(load_certificate(folder_ / "c.pem", folder_ / "k.pem", kNow + 900 * kDay)
                .error()
                .find("has expired"),
            std::string::npos);
  EXPECT_TRUE(load_certificate(folder_ / "c.pem", folder_ / "k.pem", kNow));
}

TEST_F(CertificateFileTest, NeverOverwritesWhatItCanNotRead) {
  write("https-certificate.pem", "mine");
  write("https-key.pem", "mine too");
  const auto result = load_or_create_certificate(folder_, names_, kNow);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().find("remove both files"), std::string::npos) << result.error();
}

}  // namespace
}  // namespace parley::io
