#include "srtp/key_derivation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "srtp/aes_counter.h"
#include "srtp/hmac_sha1.h"
#include "srtp/test_bytes.h"

namespace parley::srtp {
namespace {

using ::testing::ElementsAreArray;

// RFC 3711 §B.3.
TEST(KeyDerivationTest, Rfc3711Vectors) {
  const Packet key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
  const Packet salt = hex("0EC675AD498AFEEBB6960B3AABE6");
  const auto derive = [&](KeyLabel label, size_t length) {
    Packet out(length);
    derive_key(key, salt, label, out);
    return out;
  };
  EXPECT_EQ(derive(KeyLabel::kRtpEncryption, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
  EXPECT_EQ(derive(KeyLabel::kRtpSalt, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
  EXPECT_EQ(derive(KeyLabel::kRtpAuthentication, 94),
            hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE"
                "E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25"
                "6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2"));
}

// RFC 3711 §B.2.
TEST(AesCounterTest, Rfc3711Keystream) {
  AesCounter cipher(hex("2B7E151628AED2A6ABF7158809CF4F3C"));
  const Packet iv = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
  Packet out(48);
  cipher.apply(iv.data(), out.data(), out.data(), out.size());
  EXPECT_EQ(out, hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB"
                     "41E95B3BB0A2E8DD477901E4FCA894C0"));
}

TEST(KeyDerivationTest, SessionKeysAreTheLabelledOnes) {
  const MasterKey master =
      *MasterKey::make(Profile::kAes128CmSha1_80, hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
                       hex("0EC675AD498AFEEBB6960B3AABE6"));
  const SessionKeys keys = derive_session_keys(master);
  EXPECT_THAT(keys.encryption(keys.rtp), ElementsAreArray(hex("C61E7A93744F39EE10734AFE3FF7A087")));
  EXPECT_THAT(keys.rtp.salt_storage, ElementsAreArray(hex("30CBBC08863D8C85D49DB34A9AE1")));
  EXPECT_THAT(keys.rtp.authentication,
              ElementsAreArray(hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")));
  EXPECT_NE(keys.rtp.encryption_storage, keys.rtcp.encryption_storage);
}

TEST(MasterKeyTest, LengthsMustBeTheProfiles) {
  const Packet bytes(32);
  const auto make = [&](Profile profile, size_t key, size_t salt) {
    return MasterKey::make(profile, Bytes(bytes).first(key), Bytes(bytes).first(salt)).has_value();
  };
  EXPECT_TRUE(make(Profile::kAeadAes128Gcm, 16, 12));
  EXPECT_TRUE(make(Profile::kAeadAes256Gcm, 32, 12));
  EXPECT_TRUE(make(Profile::kAes128CmSha1_80, 16, 14));
  EXPECT_FALSE(make(Profile::kAeadAes128Gcm, 16, 14));
  EXPECT_FALSE(make(Profile::kAeadAes256Gcm, 16, 12));
  EXPECT_FALSE(make(Profile::kAes128CmSha1_80, 0, 0));
}

// RFC 2202 §3, cases 1 and 2.
TEST(HmacSha1Test, Rfc2202Vectors) {
  EXPECT_THAT(HmacSha1(Packet(20, 0x0b)).digest(as_bytes("Hi "), as_bytes("There"), {}),
              ElementsAreArray(hex("b617318655057264e28bc0b6fb378c8ef146be00")));
  const HmacSha1 jefe(as_bytes("Jefe"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(jefe.digest(as_bytes("what do ya"), as_bytes(" want for "), as_bytes("nothing?")),
                ElementsAreArray(hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")));
  }
}

}  // namespace
}  // namespace parley::srtp
