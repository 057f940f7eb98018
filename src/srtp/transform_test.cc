#include "srtp/transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "srtp/test_bytes.h"

namespace parley::srtp {
namespace {

// RFC 7714 §16 and §17 name the session keys, with "Quid pro quo" as the salt.
SessionKeys rfc7714_keys(Profile profile) {
  SessionKeys keys;
  keys.profile = profile;
  const Packet salt = hex("517569642070726f2071756f");
  for (StreamKeys* stream : {&keys.rtp, &keys.rtcp}) {
    std::iota(stream->encryption_storage.begin(), stream->encryption_storage.end(), uint8_t{0});
    std::ranges::copy(salt, stream->salt_storage.begin());
  }
  return keys;
}

constexpr uint32_t kRtpSsrc = 0x5501a0b2;
constexpr uint64_t kRtpIndex = 0xf17b;
const char kRtpHeader[] = "8040f17b 8041f8d3 5501a0b2";
const char kRtpPayload[] =
    "47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573";

struct RtpVector {
  Profile profile;
  const char* body;  // ciphertext and tag
};
// RFC 7714 §16.1.1 and §16.2.1.
const RtpVector kRtpVectors[] = {
    {Profile::kAeadAes128Gcm,
     "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833"
     "899d7f27 beb16a91 52cf765e e4390cce"},
    {Profile::kAeadAes256Gcm,
     "32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b"
     "7aa3db36 dfffd6b0 f9bb7878 d7a76c13"},
};

// RFC 7714 §17.1 and §17.2.
constexpr uint32_t kRtcpSsrc = 0x4d617273;
constexpr uint32_t kRtcpIndex = 0x5d4;
const char kRtcpPlain[] =
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef "
    "deadbeef deadbeef deadbeef";
const RtpVector kRtcpVectors[] = {
    {Profile::kAeadAes128Gcm,
     "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda "
     "4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4"},
    {Profile::kAeadAes256Gcm,
     "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be "
     "8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4"},
};

class Rfc7714Test : public ::testing::TestWithParam<Backend> {};

TEST_P(Rfc7714Test, SealsRtp) {
  for (const auto& vector : kRtpVectors) {
    const auto transform = make_transform(rfc7714_keys(vector.profile), GetParam());
    const Packet payload = hex(kRtpPayload);
    Packet out(payload.size() + 16);
    transform->seal_rtp(kRtpSsrc, kRtpIndex, hex(kRtpHeader), payload, out.data());
    EXPECT_EQ(out, hex(vector.body));
  }
}

TEST_P(Rfc7714Test, OpensRtp) {
  for (const auto& vector : kRtpVectors) {
    const auto transform = make_transform(rfc7714_keys(vector.profile), GetParam());
    Packet body = hex(vector.body);
    ASSERT_TRUE(transform->open_rtp(kRtpSsrc, kRtpIndex, hex(kRtpHeader), body));
    body.resize(body.size() - 16);
    EXPECT_EQ(body, hex(kRtpPayload));
  }
}

TEST_P(Rfc7714Test, SealsAndOpensRtcp) {
  for (const auto& vector : kRtcpVectors) {
    const auto transform = make_transform(rfc7714_keys(vector.profile), GetParam());
    const Packet plain = hex(kRtcpPlain);
    Packet packet = plain;
    packet.resize(plain.size() + 20);
    transform->seal_rtcp(kRtcpSsrc, kRtcpIndex, packet.data(), plain.size());
    EXPECT_EQ(packet, hex(vector.body));
    ASSERT_TRUE(transform->open_rtcp(kRtcpSsrc, 0x80000000 | kRtcpIndex, packet));
    EXPECT_TRUE(std::equal(plain.begin(), plain.end(), packet.begin()));
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Rfc7714Test,
                         ::testing::Values(Backend::kOpenSsl, Backend::kIpsecMb),
                         [](const auto& test) {
                           return test.param == Backend::kOpenSsl ? "OpenSsl" : "IpsecMb";
                         });

// The two libraries must give the same bytes at every length, in place and out of place.
TEST(GcmCipherTest, BackendsAgreeAtAllLengths) {
  if (!ipsec_mb_available()) GTEST_SKIP() << "no intel-ipsec-mb here";
  SeededRandom random(3);
  for (const size_t key_size : {size_t{16}, size_t{32}}) {
    Packet key(key_size);
    random.fill(key);
    const auto a = make_gcm_cipher(Backend::kOpenSsl, key);
    const auto b = make_gcm_cipher(Backend::kIpsecMb, key);
    ASSERT_NE(a->name(), b->name());
    for (size_t length = 0; length <= 2000; ++length) {
      Packet plain(length + 1), iv(12), aad(random.below(70));
      random.fill(plain);
      random.fill(iv);
      random.fill(aad);
      Packet by_a(length + 16), by_b(length + 16), in_place(plain.begin(), plain.end() - 1);
      in_place.resize(length + 16);
      a->seal(iv.data(), aad, plain.data(), by_a.data(), length, &by_a[length]);
      b->seal(iv.data(), aad, plain.data(), by_b.data(), length, &by_b[length]);
      ASSERT_EQ(by_a, by_b) << length;
      b->seal(iv.data(), aad, in_place.data(), in_place.data(), length, &in_place[length]);
      ASSERT_EQ(in_place, by_b) << length;

      Packet opened(length + 1, plain[length]);
      ASSERT_TRUE(b->open(iv.data(), aad, by_a.data(), opened.data(), length, &by_a[length]));
      ASSERT_EQ(opened, plain) << length;
      ASSERT_TRUE(a->open(iv.data(), aad, by_b.data(), by_b.data(), length, &by_b[length]));
      by_a[random.below(by_a.size())] ^= 1;
      ASSERT_FALSE(a->open(iv.data(), aad, by_a.data(), opened.data(), length, &by_a[length]));
      ASSERT_FALSE(b->open(iv.data(), aad, by_a.data(), opened.data(), length, &by_a[length]));
    }
  }
}

TEST(GcmCipherTest, AutoTakesTheFastOne) {
  const auto cipher = make_gcm_cipher(Backend::kAuto, Packet(16));
  EXPECT_EQ(cipher->name().starts_with("ipsec-mb"), ipsec_mb_available());
  EXPECT_EQ(make_gcm_cipher(Backend::kOpenSsl, Packet(16))->name(), "openssl");
}

}  // namespace
}  // namespace parley::srtp
