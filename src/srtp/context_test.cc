#include "srtp/context.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

#include "srtp/test_bytes.h"

namespace parley::srtp {
namespace {

class ContextTest : public ::testing::TestWithParam<Profile> {
 protected:
  SenderContext sender_{test_key(GetParam())};
  ReceiverContext receiver_{test_key(GetParam())};

  Packet protect(Packet plain) {
    const size_t length = plain.size();
    plain.resize(length + sender_.rtp_overhead());
    EXPECT_EQ(sender_.protect_rtp(plain, length), plain.size());
    return plain;
  }
  Packet protect_rtcp(Packet plain) {
    const size_t length = plain.size();
    plain.resize(length + sender_.rtcp_overhead());
    EXPECT_EQ(sender_.protect_rtcp(plain, length), plain.size());
    return plain;
  }
  std::expected<Packet, SrtpError> unprotect(Packet packet) {
    const auto size = receiver_.unprotect_rtp(packet);
    if (!size) return std::unexpected(size.error());
    packet.resize(*size);
    return packet;
  }
  std::expected<Packet, SrtpError> unprotect_rtcp(Packet packet) {
    const auto size = receiver_.unprotect_rtcp(packet);
    if (!size) return std::unexpected(size.error());
    packet.resize(*size);
    return packet;
  }
  static auto error(SrtpError e) { return std::expected<Packet, SrtpError>(std::unexpected(e)); }
};

TEST_P(ContextTest, RoundTripKeepsEveryShapeOfPacket) {
  uint16_t sequence = 0;
  for (const size_t payload :
       std::initializer_list<size_t>{0, 1, 15, 16, 17, 160, 1199, 1200, 1450}) {
    for (const size_t csrcs : std::initializer_list<size_t>{0, 1, 15}) {
      for (const size_t extension : std::initializer_list<size_t>{0, 1, 9}) {
        const Packet plain = rtp_packet(7, ++sequence, payload, csrcs, extension);
        const Packet sealed = protect(plain);
        EXPECT_EQ(sealed.size(), plain.size() + tag_length(GetParam()));
        const size_t header = plain.size() - payload;
        EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(header),
                               sealed.begin()));
        if (payload > 15) {
          EXPECT_FALSE(std::equal(plain.begin(), plain.end(), sealed.begin()));
        }
        EXPECT_EQ(unprotect(sealed), plain);
      }
    }
  }
}

TEST_P(ContextTest, OutOfPlaceEqualsInPlaceAndLeavesTheSharedPayload) {
  SenderContext other(test_key(GetParam()));
  const Packet plain = rtp_packet(7, 99, 1200, 1, 2);
  const Packet sealed = protect(plain);
  const Bytes header = Bytes(plain).first(plain.size() - 1200);
  const Packet before = plain;
  Packet out(sealed.size() + 5, 0xee);
  EXPECT_EQ(other.protect_rtp_to(header, Bytes(plain).last(1200), out), sealed.size());
  EXPECT_EQ(plain, before);
  EXPECT_TRUE(std::equal(sealed.begin(), sealed.end(), out.begin()));
  EXPECT_TRUE(std::all_of(out.end() - 5, out.end(), [](uint8_t b) { return b == 0xee; }));
}

TEST_P(ContextTest, HeaderMayStandInTheOutputAlready) {
  const Packet plain = rtp_packet(7, 99, 100);
  Packet out(plain.size() + kMaxRtpOverhead);
  std::copy(plain.begin(), plain.begin() + 12, out.begin());
  const auto size = sender_.protect_rtp_to(Bytes(out).first(12), Bytes(plain).subspan(12), out);
  ASSERT_TRUE(size);
  out.resize(*size);
  EXPECT_EQ(unprotect(out), plain);
}

// RFC 3711 §3.3.1: three times around.
TEST_P(ContextTest, RollOverCounterFollowsTheSequenceNumber) {
  for (uint32_t i = 0; i < 3 * 65536; i += 97) {
    const Packet plain = rtp_packet(7, static_cast<uint16_t>(i), 20);
    ASSERT_EQ(unprotect(protect(plain)), plain) << i;
  }
}

TEST_P(ContextTest, ReorderAcrossTheWrapAndReplay) {
  std::vector<Packet> plain;
  std::vector<Packet> sealed;
  for (uint32_t i = 65000; i < 65536 + 300; ++i) {
    plain.push_back(rtp_packet(7, static_cast<uint16_t>(i), 20));
    sealed.push_back(protect(plain.back()));
  }
  // Groups of nine backwards.
  for (size_t group = 0; group < sealed.size(); group += 9) {
    for (size_t i = std::min(group + 9, sealed.size()); i-- > group;) {
      ASSERT_EQ(unprotect(sealed[i]), plain[i]) << i;
    }
  }
  for (const Packet& packet : sealed) ASSERT_EQ(unprotect(packet), error(SrtpError::kReplayed));
}

TEST_P(ContextTest, PacketsOlderThanTheWindowAreRefused) {
  std::vector<Packet> sealed;
  for (uint16_t i = 0; i <= 1024; ++i) sealed.push_back(protect(rtp_packet(7, i, 20)));
  EXPECT_TRUE(unprotect(sealed[1024]));
  EXPECT_EQ(unprotect(sealed[0]), error(SrtpError::kReplayed));
  EXPECT_TRUE(unprotect(sealed[1]));
}

// A nonce must not be used for two packets: with GCM that gives the authentication key away.
TEST_P(ContextTest, SenderRefusesASequenceNumberUsedBefore) {
  for (const uint16_t sequence : {uint16_t{100}, uint16_t{102}, uint16_t{101}})
    protect(rtp_packet(7, sequence, 20));
  const auto again = [&](uint16_t sequence) {
    Packet packet = rtp_packet(7, sequence, 30);
    packet.resize(packet.size() + kMaxRtpOverhead);
    return sender_.protect_rtp(packet, packet.size() - kMaxRtpOverhead);
  };
  for (const uint16_t sequence : {uint16_t{100}, uint16_t{101}, uint16_t{102}}) {
    EXPECT_EQ(again(sequence).error(), SrtpError::kReplayed);
  }
  EXPECT_TRUE(again(103));
  EXPECT_TRUE(again(99));
  EXPECT_TRUE(again(1000));
  EXPECT_EQ(again(1000 - 512).error(), SrtpError::kReplayed);
  EXPECT_TRUE(again(1000 - 511));
  // From before the roll-over counter began.
  Packet first = rtp_packet(8, 5, 20);
  protect(first);
  Packet older = rtp_packet(8, 65530, 20);
  older.resize(older.size() + kMaxRtpOverhead);
  EXPECT_EQ(sender_.protect_rtp(older, 32).error(), SrtpError::kReplayed);
}

TEST_P(ContextTest, EveryFlippedBitIsNoticedAndChangesNoState) {
  const Packet plain = rtp_packet(7, 40000, 24, 1, 1);
  const Packet sealed = protect(plain);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Packet damaged = sealed;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ASSERT_FALSE(unprotect(damaged)) << bit;
    ASSERT_EQ(receiver_.ssrcs(), 0u);
  }
  EXPECT_EQ(unprotect(sealed), plain);
  EXPECT_EQ(receiver_.ssrcs(), 1u);
}

TEST_P(ContextTest, ForgedSequenceNumbersDontMoveTheWindow) {
  EXPECT_TRUE(unprotect(protect(rtp_packet(7, 100, 20))));
  Packet forged = protect(rtp_packet(7, 101, 20));
  store_be16(&forged[2], 30000);
  EXPECT_EQ(unprotect(forged), error(SrtpError::kBadAuth));
  EXPECT_TRUE(unprotect(protect(rtp_packet(7, 102, 20))));
}

TEST_P(ContextTest, TruncatedPacketsAreRefused) {
  const Packet rtp = protect(rtp_packet(7, 1, 40, 2, 3));
  const Packet rtcp = protect_rtcp(rtcp_packet(7, 24));
  for (size_t size = 0; size < rtp.size(); ++size) {
    EXPECT_FALSE(unprotect(Packet(rtp.begin(), rtp.begin() + static_cast<std::ptrdiff_t>(size))));
  }
  for (size_t size = 0; size < rtcp.size(); ++size) {
    EXPECT_FALSE(
        unprotect_rtcp(Packet(rtcp.begin(), rtcp.begin() + static_cast<std::ptrdiff_t>(size))));
  }
  EXPECT_EQ(unprotect({}), error(SrtpError::kTooShort));
  EXPECT_EQ(unprotect_rtcp({}), error(SrtpError::kTooShort));
  EXPECT_EQ(receiver_.ssrcs(), 0u);
}

TEST_P(ContextTest, GarbageIsRefused) {
  SeededRandom random(2);
  for (int i = 0; i < 20'000; ++i) {
    Packet garbage(random.below(120));
    random.fill(garbage);
    if (!garbage.empty() && i % 2) garbage[0] = static_cast<uint8_t>(0x80 | (garbage[0] & 0x3f));
    ASSERT_FALSE(unprotect(garbage));
    ASSERT_FALSE(unprotect_rtcp(garbage));
  }
}

TEST_P(ContextTest, RtcpRoundTripAndReplay) {
  for (size_t extra = 0; extra < 300; extra += 4) {
    const Packet plain = rtcp_packet(static_cast<uint32_t>(extra % 3), extra);
    const Packet sealed = protect_rtcp(plain);
    EXPECT_EQ(sealed.size(), plain.size() + tag_length(GetParam()) + 4);
    EXPECT_EQ(unprotect_rtcp(sealed), plain);
    EXPECT_EQ(unprotect_rtcp(sealed), error(SrtpError::kReplayed));
  }
}

TEST_P(ContextTest, RtcpFlippedBitsAreNoticed) {
  const Packet plain = rtcp_packet(7, 16);
  const Packet sealed = protect_rtcp(plain);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Packet damaged = sealed;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ASSERT_FALSE(unprotect_rtcp(damaged)) << bit;
  }
  EXPECT_EQ(unprotect_rtcp(sealed), plain);
}

// RFC 8827 §6.5: media and its control are always encrypted.
TEST_P(ContextTest, RtcpWithoutTheEncryptedFlagIsRefused) {
  Packet sealed = protect_rtcp(rtcp_packet(7, 16));
  sealed[sealed.size() - (is_gcm(GetParam()) ? 4 : 14)] &= 0x7f;
  EXPECT_EQ(unprotect_rtcp(sealed), error(SrtpError::kNotEncrypted));
}

TEST_P(ContextTest, SsrcsAreBoundedAndCanBeRemoved) {
  for (uint32_t ssrc = 0; ssrc < ReceiverContext::kMaxSsrcs; ++ssrc) {
    EXPECT_TRUE(unprotect(protect(rtp_packet(ssrc, 1, 20))));
  }
  const Packet late = protect(rtp_packet(1000, 1, 20));
  EXPECT_EQ(unprotect(late), error(SrtpError::kTooManySsrcs));
  EXPECT_EQ(unprotect_rtcp(protect_rtcp(rtcp_packet(1001))), error(SrtpError::kTooManySsrcs));
  EXPECT_TRUE(unprotect(protect(rtp_packet(5, 2, 20))));
  EXPECT_TRUE(receiver_.remove_ssrc(5));
  EXPECT_FALSE(receiver_.remove_ssrc(5));
  EXPECT_TRUE(unprotect(late));
}

TEST_P(ContextTest, SenderRefusesMoreSsrcsThanItsLimit) {
  SenderContext small(test_key(GetParam()), Backend::kAuto, 2);
  Packet buffer(100);
  const auto send = [&](uint32_t ssrc, uint16_t sequence) {
    const Packet plain = rtp_packet(ssrc, sequence, 20);
    return small.protect_rtp_to(Bytes(plain).first(12), Bytes(plain).subspan(12), buffer);
  };
  EXPECT_TRUE(send(1, 1));
  EXPECT_TRUE(send(2, 1));
  EXPECT_EQ(send(3, 1).error(), SrtpError::kTooManySsrcs);
  EXPECT_TRUE(send(1, 2));
}

TEST_P(ContextTest, ProtectChecksRoomAndHeader) {
  Packet packet = rtp_packet(7, 1, 20);
  const size_t length = packet.size();
  packet.resize(length + sender_.rtp_overhead() - 1);
  EXPECT_EQ(sender_.protect_rtp(packet, length).error(), SrtpError::kNoRoom);
  EXPECT_EQ(sender_.protect_rtp(packet, packet.size() + 1).error(), SrtpError::kNoRoom);
  EXPECT_EQ(sender_.protect_rtp(packet, 11).error(), SrtpError::kBadHeader);
  EXPECT_EQ(sender_.protect_rtp_to(Bytes(packet).first(13), {}, packet).error(),
            SrtpError::kBadHeader);
  EXPECT_EQ(sender_.protect_rtp_to({}, {}, packet).error(), SrtpError::kBadHeader);
  EXPECT_EQ(
      sender_.protect_rtp_to(Bytes(packet).first(12), {}, MutableBytes(packet).first(15)).error(),
      SrtpError::kNoRoom);
  Packet rtcp = rtcp_packet(7);
  EXPECT_EQ(sender_.protect_rtcp(rtcp, rtcp.size()).error(), SrtpError::kNoRoom);
  rtcp.resize(60);
  EXPECT_EQ(sender_.protect_rtcp(rtcp, 7).error(), SrtpError::kBadHeader);
}

TEST_P(ContextTest, OtherKeysOpenNothing) {
  ReceiverContext stranger(test_key(GetParam(), 2));
  Packet sealed = protect(rtp_packet(7, 1, 20));
  EXPECT_EQ(stranger.unprotect_rtp(sealed).error(), SrtpError::kBadAuth);
  Packet rtcp = protect_rtcp(rtcp_packet(7));
  EXPECT_EQ(stranger.unprotect_rtcp(rtcp).error(), SrtpError::kBadAuth);
}

INSTANTIATE_TEST_SUITE_P(Profiles, ContextTest, ::testing::ValuesIn(kProfiles),
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
