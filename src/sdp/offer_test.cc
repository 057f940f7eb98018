#include "sdp/offer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdp/parse.h"

namespace parley::sdp {
namespace {

using rtp::MediaKind;
using rtp::SsrcPair;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

constexpr const char* kFingerprint =
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

ClientOffer client() {
  return {.tracks = {{.kind = MediaKind::kAudio, .ssrc = {7, 0}},
                     {.kind = MediaKind::kVideo, .rids = {"l", "h"}},
                     {.kind = MediaKind::kVideo, .ssrc = {8, 9}}},
          .audio_slots = 1,
          .video_slots = 2,
          .ice_ufrag = "clnt",
          .ice_pwd = "0123456789012345678901",
          .fingerprint = kFingerprint};
}

TEST(SdpOfferTest, OffersTracksThenSlots) {
  const auto offer = parse(build_offer(client()));
  ASSERT_TRUE(offer) << offer.error().message;
  ASSERT_EQ(offer->media.size(), 6u);
  EXPECT_THAT(offer->bundle()->mids, ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_EQ(offer->media[0].direction, Direction::kSendOnly);
  EXPECT_THAT(offer->media[0].ssrcs, ElementsAre(SsrcLine{7, "client", ""}));
  EXPECT_EQ(offer->media[1].simulcast->send, (std::vector<SimulcastStream>{{{"l"}}, {{"h"}}}));
  EXPECT_THAT(offer->media[1].ssrcs, IsEmpty());
  EXPECT_THAT(offer->media[2].ssrc_groups, ElementsAre(SsrcGroup{"FID", {8, 9}}));
  EXPECT_EQ(offer->media[3].media, "audio");
  EXPECT_EQ(offer->media[3].direction, Direction::kRecvOnly);
  EXPECT_EQ(offer->media[5].media, "video");
}

TEST(SdpOfferTest, OffersTransportWideNumbersUnlessToldNotTo) {
  ClientOffer one = client();
  EXPECT_THAT(build_offer(one), HasSubstr("transport-wide-cc-extensions"));
  one.transport_feedback = false;
  EXPECT_THAT(build_offer(one), Not(HasSubstr("transport-wide-cc-extensions")));
}

TEST(SdpOfferTest, ReadsTheServersAnswer) {
  AnswerParameters server{.ice_ufrag = "srvr",
                          .ice_pwd = "abcdefghijklmnopqrstuvwx",
                          .fingerprint = kFingerprint,
                          .candidates = {*SocketAddress::parse("[2001:db8::1]:7000"),
                                         *SocketAddress::parse("192.0.2.1:7001")},
                          .cname = "parley"};
  server.slot_ssrc = [next = 100u](std::string_view) mutable {
    next += 2;
    return SsrcPair{next, next + 1};
  };
  const auto offer = parse(build_offer(client()));
  ASSERT_TRUE(offer);
  const auto made = answer(*offer, server);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->remote_ice_ufrag, "clnt");
  EXPECT_EQ(made->sections[2].ssrcs, (std::vector<SsrcPair>{{8, 9}}));

  const auto read = parse_answer(made->sdp);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->ice_ufrag, "srvr");
  EXPECT_EQ(read->ice_pwd, "abcdefghijklmnopqrstuvwx");
  EXPECT_TRUE(read->ice_lite);
  EXPECT_EQ(sha256_to_text(read->fingerprint), kFingerprint);
  EXPECT_THAT(read->candidates, ElementsAre(*SocketAddress::parse("192.0.2.1:7001"),
                                            *SocketAddress::parse("[2001:db8::1]:7000")));
  EXPECT_THAT(read->slot_ssrcs(),
              ElementsAre(Pair("3", SsrcPair{102, 0}), Pair("4", SsrcPair{104, 105}),
                          Pair("5", SsrcPair{106, 107})));
  ASSERT_EQ(read->sections.size(), 6u);
  EXPECT_EQ(read->sections[0].direction, ClientDirection::kSends);
  EXPECT_THAT(read->sections[0].codecs, ElementsAre(kOfferedOpus));
  EXPECT_THAT(read->sections[1].rids, ElementsAre("l", "h"));
  EXPECT_THAT(read->sections[1].codecs,
              ElementsAre(kOfferedVp8, kOfferedH264, kOfferedVp9, kOfferedAv1));
  EXPECT_EQ(read->sections[1].extensions.rid, 10);
  EXPECT_EQ(read->sections[3].stream, "slot-0");
  EXPECT_EQ(read->sections[4].stream, "slot-0");
  EXPECT_EQ(read->sections[5].stream, "slot-1");
  EXPECT_THAT(read->sections[5].codecs,
              ElementsAre(kOfferedVp8, kOfferedH264, kOfferedVp9, kOfferedAv1));
}

TEST(SdpOfferTest, RefusesAnswersThatLackATransport) {
  EXPECT_EQ(parse_answer("x").error().code, SdpErrorCode::kSyntax);
  EXPECT_EQ(parse_answer("v=0\r\n").error().code, SdpErrorCode::kNoBundle);
  const std::string media = "v=0\na=group:BUNDLE 0\nm=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:0\n";
  EXPECT_EQ(parse_answer(media).error().code, SdpErrorCode::kNoIce);
  EXPECT_EQ(
      parse_answer(media + "a=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\n").error().code,
      SdpErrorCode::kNoFingerprint);
}

}  // namespace
}  // namespace parley::sdp
