// Differential tests against libsrtp, the implementation in Chromium and Firefox.
#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <vector>

#include "srtp/context.h"
#include "srtp/test_bytes.h"

namespace parley::srtp {
namespace {

srtp_profile_t profile_of(Profile profile) {
  switch (profile) {
    case Profile::kAeadAes128Gcm:
      return srtp_profile_aead_aes_128_gcm;
    case Profile::kAeadAes256Gcm:
      return srtp_profile_aead_aes_256_gcm;
    case Profile::kAes128CmSha1_80:
      return srtp_profile_aes128_cm_sha1_80;
  }
  return srtp_profile_reserved;
}

// A libsrtp session of one direction with the key's material.
class Reference {
 public:
  Reference(const MasterKey& key, bool sends) {
    static const auto initialised = srtp_init();
    EXPECT_EQ(initialised, srtp_err_status_ok);
    std::vector<uint8_t> material(key.key().begin(), key.key().end());
    material.insert(material.end(), key.salt().begin(), key.salt().end());
    srtp_policy_t policy{};
    EXPECT_EQ(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile_of(key.profile)), 0);
    EXPECT_EQ(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile_of(key.profile)),
              0);
    policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
    policy.key = material.data();
    policy.window_size = 1024;
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~Reference() { srtp_dealloc(session_); }
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  Packet protect(const Packet& packet) { return run(srtp_protect, packet); }
  Packet protect_rtcp(const Packet& packet) { return run(srtp_protect_rtcp, packet); }
  // Empty if refused.
  Packet unprotect(const Packet& packet) { return run(srtp_unprotect, packet); }
  Packet unprotect_rtcp(const Packet& packet) { return run(srtp_unprotect_rtcp, packet); }

 private:
  Packet run(srtp_err_status_t (*function)(srtp_t, void*, int*), Packet packet) {
    int length = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    if (function(session_, packet.data(), &length) != srtp_err_status_ok) return {};
    packet.resize(static_cast<size_t>(length));
    return packet;
  }
  srtp_t session_ = nullptr;
};

// Sequence numbers over two wraps, with gaps, each four in random order.
std::vector<uint32_t> disordered_indices(SeededRandom& random) {
  std::vector<uint32_t> indices;
  for (uint32_t i = 60'000; i < 3 * 65'536; i += 1 + static_cast<uint32_t>(random.below(40))) {
    indices.push_back(i);
  }
  for (size_t i = 0; i + 4 <= indices.size(); i += 4) {
    for (size_t k = 3; k > 0; --k) std::swap(indices[i + k], indices[i + random.below(k + 1)]);
  }
  return indices;
}

class LibsrtpTest : public ::testing::TestWithParam<Profile> {
 protected:
  SeededRandom random_{17};
  MasterKey key_ = test_key(GetParam(), 23);

  Packet random_rtp(uint32_t index) {
    return rtp_packet(static_cast<uint32_t>(1 + index % 3), static_cast<uint16_t>(index),
                      random_.below(1300), random_.below(4), random_.below(4));
  }
};

TEST_P(LibsrtpTest, OpensWhatWeSeal) {
  SenderContext ours(key_);
  Reference theirs(key_, false);
  for (const uint32_t index : disordered_indices(random_)) {
    const Packet plain = random_rtp(index);
    Packet sealed = plain;
    sealed.resize(plain.size() + ours.rtp_overhead());
    ASSERT_TRUE(ours.protect_rtp(sealed, plain.size())) << index;
    ASSERT_EQ(theirs.unprotect(sealed), plain) << index;
  }
}

TEST_P(LibsrtpTest, SealsTheSameBytesWhichWeOpen) {
  Reference theirs(key_, true);
  SenderContext ours(key_);
  ReceiverContext receiver(key_);
  for (const uint32_t index : disordered_indices(random_)) {
    const Packet plain = random_rtp(index);
    Packet sealed = theirs.protect(plain);
    ASSERT_FALSE(sealed.empty()) << index;
    Packet mine = plain;
    mine.resize(plain.size() + ours.rtp_overhead());
    ASSERT_TRUE(ours.protect_rtp(mine, plain.size()));
    ASSERT_EQ(mine, sealed) << index;
    const auto size = receiver.unprotect_rtp(sealed);
    ASSERT_TRUE(size) << index << " " << to_string(size.error());
    sealed.resize(*size);
    ASSERT_EQ(sealed, plain);
  }
}

TEST_P(LibsrtpTest, RtcpBothWays) {
  SenderContext our_sender(key_);
  ReceiverContext our_receiver(key_);
  Reference their_sender(key_, true);
  Reference their_receiver(key_, false);
  for (uint32_t i = 0; i < 500; ++i) {
    const Packet plain = rtcp_packet(1 + i % 3, 4 * random_.below(200));
    Packet sealed = plain;
    sealed.resize(plain.size() + our_sender.rtcp_overhead());
    ASSERT_TRUE(our_sender.protect_rtcp(sealed, plain.size()));
    ASSERT_EQ(their_receiver.unprotect_rtcp(sealed), plain);

    Packet theirs = their_sender.protect_rtcp(plain);
    ASSERT_FALSE(theirs.empty());
    const auto size = our_receiver.unprotect_rtcp(theirs);
    ASSERT_TRUE(size) << to_string(size.error());
    theirs.resize(*size);
    ASSERT_EQ(theirs, plain);
  }
}

// Both refuse the same packets, whatever order they come in.
TEST_P(LibsrtpTest, SameVerdictsOnReplays) {
  SenderContext ours(key_);
  ReceiverContext receiver(key_);
  Reference theirs(key_, false);
  std::vector<Packet> sealed;
  for (uint32_t i = 64'000; i < 64'000 + 4000; ++i) {
    Packet packet = rtp_packet(1, static_cast<uint16_t>(i), 10);
    packet.resize(packet.size() + ours.rtp_overhead());
    ASSERT_TRUE(ours.protect_rtp(packet, packet.size() - ours.rtp_overhead()));
    sealed.push_back(packet);
  }
  size_t accepted = 0;
  for (size_t i = 0; i < 20'000; ++i) {
    const size_t around = i * 3000 / 20'000 + random_.below(1000);
    Packet packet = sealed[around];
    const bool theirs_took = !theirs.unprotect(packet).empty();
    ASSERT_EQ(receiver.unprotect_rtp(packet).has_value(), theirs_took) << i;
    accepted += theirs_took;
  }
  EXPECT_GT(accepted, 1000u);
}

INSTANTIATE_TEST_SUITE_P(Profiles, LibsrtpTest, ::testing::ValuesIn(kProfiles),
                         [](const auto& test) {
                           switch (test.param) {
                             case Profile::kAeadAes128Gcm:
                               return "Gcm128";
                             case Profile::kAeadAes256Gcm:
                               return "Gcm256";
                             case Profile::kAes128CmSha1_80:
                               return "CmSha1";
                           }
                           return "";
                         });

}  // namespace
}  // namespace parley::srtp
