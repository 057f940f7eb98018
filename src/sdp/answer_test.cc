#include "sdp/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sdp/offer.h"
#include "sdp/parse.h"
#include "sdp/testing_offers.h"

namespace parley::sdp {
namespace {

using rtp::Codec;
using rtp::CodecParameters;
using rtp::HeaderExtensionIds;
using rtp::MediaKind;
using rtp::SsrcPair;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kServerFingerprint =
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

AnswerParameters server() {
  AnswerParameters out{.ice_ufrag = "srvr",
                       .ice_pwd = "abcdefghijklmnopqrstuvwx",
                       .fingerprint = kServerFingerprint,
                       .candidates = {*SocketAddress::parse("[2001:db8::1]:7000"),
                                      *SocketAddress::parse("192.0.2.1:7000")},
                       .session_id = 42,
                       .session_version = 3,
                       .cname = "parley"};
  out.slot_ssrc = [](std::string_view mid) {
    const auto base = 1000 + 10 * static_cast<uint32_t>(std::stoul(std::string(mid)));
    return SsrcPair{base, base + 1};
  };
  return out;
}

Answer answer_to(std::string_view text, const AnswerParameters& parameters = server()) {
  const auto offer = parse(text);
  EXPECT_TRUE(offer) << offer.error().line << ": " << offer.error().message;
  if (!offer) return {};
  auto out = answer(*offer, parameters);
  EXPECT_TRUE(out) << out.error().message;
  return out ? std::move(*out) : Answer{};
}

SdpErrorCode error_of(std::string_view text) {
  const auto offer = parse(text);
  EXPECT_TRUE(offer);
  const auto out = answer(*offer, server());
  EXPECT_FALSE(out);
  return out ? SdpErrorCode::kSyntax : out.error().code;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// A camera, an audio slot and a video slot.
std::string small_offer() {
  return build_offer({.tracks = {{.kind = MediaKind::kVideo, .ssrc = {5, 6}}},
                      .audio_slots = 1,
                      .video_slots = 1,
                      .ice_ufrag = "clnt",
                      .ice_pwd = "0123456789012345678901",
                      .fingerprint = kServerFingerprint});
}

std::vector<ClientDirection> directions(const Answer& a) {
  std::vector<ClientDirection> out;
  for (const NegotiatedSection& section : a.sections) out.push_back(section.direction);
  return out;
}

constexpr auto kSends = ClientDirection::kSends;
constexpr auto kReceives = ClientDirection::kReceives;
constexpr auto kInactive = ClientDirection::kInactive;
constexpr auto kRejected = ClientDirection::kRejected;

TEST(SdpAnswerTest, AnswersASmallOfferInFull) {
  EXPECT_EQ(
      answer_to(small_offer()).sdp,
      "v=0\r\n"
      "o=- 42 3 IN IP4 0.0.0.0\r\n"
      "s=-\r\n"
      "t=0 0\r\n"
      "a=group:BUNDLE 0 1 2\r\n"
      "a=ice-lite\r\n"
      "a=extmap-allow-mixed\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 45 46 102 103\r\n"
      "c=IN IP4 0.0.0.0\r\n"
      "a=candidate:1 1 udp 2130706431 192.0.2.1 7000 typ host\r\n"
      "a=candidate:2 1 udp 2130706175 2001:db8::1 7000 typ host\r\n"
      "a=end-of-candidates\r\n"
      "a=ice-ufrag:srvr\r\n"
      "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
      "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
      "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
      "a=setup:passive\r\n"
      "a=mid:0\r\n"
      "a=extmap:13 urn:3gpp:video-orientation\r\n"
      "a=extmap:9 http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00\r\n"
      "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
      "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
      "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
      "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
      "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
      "a=recvonly\r\n"
      "a=rtcp-mux\r\n"
      "a=rtcp-rsize\r\n"
      "a=rtpmap:96 VP8/90000\r\n"
      "a=rtcp-fb:96 transport-cc\r\n"
      "a=rtcp-fb:96 ccm fir\r\n"
      "a=rtcp-fb:96 nack\r\n"
      "a=rtcp-fb:96 nack pli\r\n"
      "a=fmtp:96 x-google-start-bitrate=1500\r\n"
      "a=rtpmap:97 rtx/90000\r\n"
      "a=fmtp:97 apt=96\r\n"
      "a=rtpmap:98 VP9/90000\r\n"
      "a=rtcp-fb:98 transport-cc\r\n"
      "a=rtcp-fb:98 ccm fir\r\n"
      "a=rtcp-fb:98 nack\r\n"
      "a=rtcp-fb:98 nack pli\r\n"
      "a=fmtp:98 profile-id=0;x-google-start-bitrate=1500\r\n"
      "a=rtpmap:99 rtx/90000\r\n"
      "a=fmtp:99 apt=98\r\n"
      "a=rtpmap:45 AV1/90000\r\n"
      "a=rtcp-fb:45 transport-cc\r\n"
      "a=rtcp-fb:45 ccm fir\r\n"
      "a=rtcp-fb:45 nack\r\n"
      "a=rtcp-fb:45 nack pli\r\n"
      "a=fmtp:45 level-idx=5;profile=0;tier=0;x-google-start-bitrate=1500\r\n"
      "a=rtpmap:46 rtx/90000\r\n"
      "a=fmtp:46 apt=45\r\n"
      "a=rtpmap:102 H264/90000\r\n"
      "a=rtcp-fb:102 transport-cc\r\n"
      "a=rtcp-fb:102 ccm fir\r\n"
      "a=rtcp-fb:102 nack\r\n"
      "a=rtcp-fb:102 nack pli\r\n"
      "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f;"
      "x-google-start-bitrate=1500\r\n"
      "a=rtpmap:103 rtx/90000\r\n"
      "a=fmtp:103 apt=102\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"
      "c=IN IP4 0.0.0.0\r\n"
      "a=ice-ufrag:srvr\r\n"
      "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
      "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
      "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
      "a=setup:passive\r\n"
      "a=mid:1\r\n"
      "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
      "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
      "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
      "a=sendonly\r\n"
      "a=msid:slot-0 1\r\n"
      "a=rtcp-mux\r\n"
      "a=rtcp-rsize\r\n"
      "a=rtpmap:111 opus/48000/2\r\n"
      "a=rtcp-fb:111 transport-cc\r\n"
      "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n"
      "a=rtpmap:63 red/48000/2\r\n"
      "a=fmtp:63 111/111\r\n"
      "a=ssrc:1010 cname:parley\r\n"
      "a=ssrc:1010 msid:slot-0 1\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 45 46 102 103\r\n"
      "c=IN IP4 0.0.0.0\r\n"
      "a=ice-ufrag:srvr\r\n"
      "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
      "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
      "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
      "a=setup:passive\r\n"
      "a=mid:2\r\n"
      "a=extmap:13 urn:3gpp:video-orientation\r\n"
      "a=extmap:12 https://aomediacodec.github.io/av1-rtp-spec/"
      "#dependency-descriptor-rtp-header-extension\r\n"
      "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
      "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
      "a=sendonly\r\n"
      "a=msid:slot-0 2\r\n"
      "a=rtcp-mux\r\n"
      "a=rtcp-rsize\r\n"
      "a=rtpmap:96 VP8/90000\r\n"
      "a=rtcp-fb:96 transport-cc\r\n"
      "a=rtcp-fb:96 ccm fir\r\n"
      "a=rtcp-fb:96 nack\r\n"
      "a=rtcp-fb:96 nack pli\r\n"
      "a=fmtp:96 x-google-start-bitrate=1500\r\n"
      "a=rtpmap:97 rtx/90000\r\n"
      "a=fmtp:97 apt=96\r\n"
      "a=rtpmap:98 VP9/90000\r\n"
      "a=rtcp-fb:98 transport-cc\r\n"
      "a=rtcp-fb:98 ccm fir\r\n"
      "a=rtcp-fb:98 nack\r\n"
      "a=rtcp-fb:98 nack pli\r\n"
      "a=fmtp:98 profile-id=0;x-google-start-bitrate=1500\r\n"
      "a=rtpmap:99 rtx/90000\r\n"
      "a=fmtp:99 apt=98\r\n"
      "a=rtpmap:45 AV1/90000\r\n"
      "a=rtcp-fb:45 transport-cc\r\n"
      "a=rtcp-fb:45 ccm fir\r\n"
      "a=rtcp-fb:45 nack\r\n"
      "a=rtcp-fb:45 nack pli\r\n"
      "a=fmtp:45 level-idx=5;profile=0;tier=0;x-google-start-bitrate=1500\r\n"
      "a=rtpmap:46 rtx/90000\r\n"
      "a=fmtp:46 apt=45\r\n"
      "a=rtpmap:102 H264/90000\r\n"
      "a=rtcp-fb:102 transport-cc\r\n"
      "a=rtcp-fb:102 ccm fir\r\n"
      "a=rtcp-fb:102 nack\r\n"
      "a=rtcp-fb:102 nack pli\r\n"
      "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f;"
      "x-google-start-bitrate=1500\r\n"
      "a=rtpmap:103 rtx/90000\r\n"
      "a=fmtp:103 apt=102\r\n"
      "a=ssrc-group:FID 1020 1021\r\n"
      "a=ssrc:1020 cname:parley\r\n"
      "a=ssrc:1020 msid:slot-0 2\r\n"
      "a=ssrc:1021 cname:parley\r\n"
      "a=ssrc:1021 msid:slot-0 2\r\n");
}

TEST(SdpAnswerTest, AnswersChromium) {
  const Answer a = answer_to(read_testdata("chromium_join"));
  EXPECT_EQ(a.remote_ice_ufrag, "5YIS");
  EXPECT_EQ(a.remote_ice_pwd, "bz/97ddeBEcItuttj62Qp/jG");
  EXPECT_EQ(sha256_to_text(a.remote_fingerprint),
            "BF:86:D6:5E:21:04:7F:DE:0A:38:6A:05:07:22:82:B6:"
            "B2:CF:2E:B0:49:0F:D1:D0:48:F3:8D:D6:A5:FE:1A:EE");
  EXPECT_THAT(directions(a), ElementsAre(kSends, kSends, kSends, kSends, kReceives, kReceives,
                                         kReceives, kReceives, kReceives));
  const CodecParameters opus{Codec::kOpus, 111, 0, 63, 48'000};
  const CodecParameters vp8{Codec::kVp8, 96, 97, 0, 90'000};
  const CodecParameters vp9{Codec::kVp9, 98, 99, 0, 90'000};  // 100 is profile 2
  const CodecParameters av1{Codec::kAv1, 45, 46, 0, 90'000};
  // 102 is baseline 42001f, 108 constrained baseline 42e01f.
  const CodecParameters h264{Codec::kH264, 108, 109, 0, 90'000};
  EXPECT_EQ(
      a.sections[0],
      (NegotiatedSection{
          .mid = "0",
          .kind = MediaKind::kAudio,
          .direction = kSends,
          .codecs = {opus},
          .extensions = {.mid = 4, .audio_level = 1, .transport_sequence = 3, .abs_send_time = 2},
          .rids = {},
          .ssrcs = {{3220407185, 0}}}));
  const HeaderExtensionIds video_track{.mid = 4,
                                       .rid = 10,
                                       .repaired_rid = 11,
                                       .transport_sequence = 3,
                                       .abs_send_time = 2,
                                       .video_orientation = 13,
                                       .video_layers_allocation = 9};
  EXPECT_EQ(a.sections[1], (NegotiatedSection{.mid = "1",
                                              .kind = MediaKind::kVideo,
                                              .direction = kSends,
                                              .codecs = {vp8, vp9, av1, h264},
                                              .extensions = video_track,
                                              .rids = {"l", "m", "h"},
                                              .ssrcs = {}}));
  EXPECT_EQ(a.sections[2], (NegotiatedSection{.mid = "2",
                                              .kind = MediaKind::kVideo,
                                              .direction = kSends,
                                              .codecs = {vp8, vp9, av1, h264},
                                              .extensions = video_track,
                                              .rids = {},
                                              .ssrcs = {{267448751, 2663389820}}}));
  EXPECT_EQ(a.sections[5],
            (NegotiatedSection{.mid = "5",
                               .kind = MediaKind::kAudio,
                               .direction = kReceives,
                               .codecs = {opus},
                               .extensions = {.mid = 4, .audio_level = 1, .transport_sequence = 3},
                               .rids = {},
                               .ssrcs = {{1050, 0}}}));
  EXPECT_EQ(a.sections[8], (NegotiatedSection{.mid = "8",
                                              .kind = MediaKind::kVideo,
                                              .direction = kReceives,
                                              .codecs = {vp8, vp9, av1, h264},
                                              .extensions = {.mid = 4,
                                                             .transport_sequence = 3,
                                                             .video_orientation = 13,
                                                             .dependency_descriptor = 12},
                                              .rids = {},
                                              .ssrcs = {{1080, 1081}}}));
  EXPECT_THAT(a.sdp, HasSubstr("a=rid:l recv\r\na=rid:m recv\r\na=rid:h recv\r\n"
                               "a=simulcast:recv l;m;h\r\n"));
}

TEST(SdpAnswerTest, AnswersFirefox) {
  const Answer a = answer_to(read_testdata("firefox_join"));
  EXPECT_EQ(a.remote_ice_ufrag, "dc2f109a");
  EXPECT_EQ(a.remote_ice_pwd, "558d1d21126cf7b339791ede9a5689df");
  EXPECT_EQ(a.remote_fingerprint[0], 0x9c);  // stands in the session part
  // All but the first two have port 0 and a=bundle-only.
  EXPECT_THAT(directions(a), ElementsAre(kSends, kSends, kSends, kSends, kReceives, kReceives,
                                         kReceives, kReceives, kReceives));
  const CodecParameters vp8{Codec::kVp8, 120, 124, 0, 90'000};
  const CodecParameters vp9{Codec::kVp9, 121, 125, 0, 90'000};
  const CodecParameters av1{Codec::kAv1, 99, 100, 0, 90'000};
  EXPECT_EQ(a.sections[0],
            (NegotiatedSection{.mid = "0",
                               .kind = MediaKind::kAudio,
                               .direction = kSends,
                               .codecs = {{Codec::kOpus, 109, 0, 0, 48'000}},
                               .extensions = {.mid = 3, .audio_level = 1, .transport_sequence = 7},
                               .rids = {},
                               .ssrcs = {{3605479559, 0}}}));
  // The simulcast m-line has SSRCs too; the rids win.
  EXPECT_EQ(a.sections[1], (NegotiatedSection{.mid = "1",
                                              .kind = MediaKind::kVideo,
                                              .direction = kSends,
                                              .codecs = {vp8, vp9, av1},
                                              .extensions = {.mid = 3,
                                                             .rid = 9,
                                                             .repaired_rid = 10,
                                                             .transport_sequence = 7,
                                                             .abs_send_time = 4},
                                              .rids = {"l", "m", "h"},
                                              .ssrcs = {}}));
  EXPECT_THAT(a.sections[2].ssrcs, ElementsAre(SsrcPair{475686007, 3022227315}));
  EXPECT_EQ(a.sections[6], (NegotiatedSection{.mid = "6",
                                              .kind = MediaKind::kVideo,
                                              .direction = kReceives,
                                              .codecs = {vp8, vp9, av1},
                                              .extensions = {.mid = 3, .transport_sequence = 7},
                                              .rids = {},
                                              .ssrcs = {{1060, 1061}}}));
  // /sendonly of the offerer is /recvonly of ours.
  EXPECT_THAT(a.sdp,
              HasSubstr("a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"));
  EXPECT_THAT(a.sdp, Not(HasSubstr("playout-delay")));
  // Its audio m-lines have no rtcp-rsize (RFC 5506 §5).
  EXPECT_FALSE(a.description.media[0].rtcp_rsize);
  EXPECT_TRUE(a.description.media[1].rtcp_rsize);
}

TEST(SdpAnswerTest, IgnoresFeedbackThatFirefoxLeavesBehind) {
  const std::string offer = read_testdata("firefox_vp8_preferred");
  EXPECT_THAT(offer, HasSubstr("a=rtcp-fb:121 nack"));
  EXPECT_THAT(offer, Not(HasSubstr("a=rtpmap:121")));
  EXPECT_THAT(answer_to(offer).sdp, Not(HasSubstr(":121")));
}

TEST(SdpAnswerTest, KeepsThePlacesOfStoppedInactiveAndDataMediaWhenRenegotiating) {
  const Answer a = answer_to(read_testdata("chromium_more_slots"));
  EXPECT_THAT(directions(a),
              ElementsAre(kSends, kSends, kRejected, kInactive, kReceives, kReceives, kReceives,
                          kReceives, kReceives, kReceives, kReceives, kReceives, kRejected));
  EXPECT_THAT(a.description.bundle()->mids,
              ElementsAre("0", "1", "3", "4", "5", "6", "7", "8", "9", "10", "11"));
  EXPECT_EQ(a.description.media[2].port, 0);
  EXPECT_EQ(a.description.media[3].direction, Direction::kInactive);
  EXPECT_EQ(a.description.media[11].msids[0], (Msid{"slot-2", "11"}));  // the third of audio
  EXPECT_EQ(a.description.media[10].msids[0], (Msid{"slot-4", "10"}));  // the fifth of video
  EXPECT_THAT(a.sdp, HasSubstr("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
}

TEST(SdpAnswerTest, KeepsThePlacesInFirefoxToo) {
  const Answer a = answer_to(read_testdata("firefox_more_slots"));
  EXPECT_THAT(directions(a),
              ElementsAre(kSends, kSends, kRejected, kInactive, kReceives, kReceives, kReceives,
                          kReceives, kReceives, kReceives, kReceives, kReceives, kRejected));
  EXPECT_EQ(a.description.media[11].msids[0], (Msid{"slot-2", "20"}));
}

TEST(SdpAnswerTest, TakesWhatThereIsOfTheCodecs) {
  const std::string offer = replaced(
      replaced(replaced(small_offer(), "VP8/90000", "VP7/90000"), "VP9/90000", "VP7/90000"),
      "AV1/90000", "AV2/90000");
  const Answer a = answer_to(offer);
  EXPECT_THAT(a.sections[0].codecs, ElementsAre(CodecParameters{Codec::kH264, 102, 103}));
  EXPECT_THAT(a.sdp, HasSubstr("a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;"
                               "profile-level-id=42e01f;x-google-start-bitrate=1500\r\n"));
  // Packetization mode 0 is another codec.
  const Answer mode0 = answer_to(replaced(offer, "packetization-mode=1", "packetization-mode=0"));
  EXPECT_THAT(directions(mode0), ElementsAre(kRejected, kReceives, kRejected));
  EXPECT_THAT(mode0.description.bundle()->mids, ElementsAre("1"));
  EXPECT_THAT(mode0.description.media[1].candidates, testing::SizeIs(2));
}

TEST(SdpAnswerTest, FollowsTheCodecPreferenceOfTheServer) {
  AnswerParameters parameters = server();
  parameters.video_codecs = {Codec::kAv1, Codec::kVp9};
  const Answer a = answer_to(read_testdata("chromium_join"), parameters);
  const CodecParameters av1{Codec::kAv1, 45, 46};
  EXPECT_THAT(a.sections[1].codecs, ElementsAre(av1, CodecParameters{Codec::kVp9, 98, 99}));
  EXPECT_THAT(a.sections[8].codecs, ElementsAre(av1, CodecParameters{Codec::kVp9, 98, 99}));
}

// With the dependency descriptor Chromium leaves VP8's picture ids and temporal layers out.
TEST(SdpAnswerTest, ATrackThatPrefersVp8GetsNoDependencyDescriptor) {
  EXPECT_EQ(answer_to(small_offer()).sections[0].extensions.dependency_descriptor, 0);
  AnswerParameters parameters = server();
  parameters.video_codecs = {Codec::kAv1, Codec::kVp9};
  EXPECT_EQ(answer_to(small_offer(), parameters).sections[0].extensions.dependency_descriptor, 12);
  const Answer vp9_first = answer_to(replaced(small_offer(), " 96 97 98 99 ", " 98 99 96 97 "));
  EXPECT_EQ(vp9_first.sections[0].extensions.dependency_descriptor, 12);
}

// RFC 8285 §4.1.2: what may need the two-byte form takes extmap-allow-mixed.
TEST(SdpAnswerTest, LargeExtensionsNeedMixedHeaders) {
  const Answer mixed = answer_to(small_offer());
  EXPECT_EQ(mixed.sections[0].extensions.video_layers_allocation, 9);
  EXPECT_EQ(mixed.sections[2].extensions.dependency_descriptor, 12);
  EXPECT_EQ(mixed.sections[2].extensions.video_layers_allocation, 0) << "the server sends none";
  const Answer without = answer_to(replaced(small_offer(), "a=extmap-allow-mixed\r\n", ""));
  EXPECT_THAT(without.sdp, Not(HasSubstr("extmap-allow-mixed")));
  EXPECT_EQ(without.sections[0].extensions.video_layers_allocation, 0);
  EXPECT_EQ(without.sections[2].extensions.dependency_descriptor, 0);
  EXPECT_EQ(without.sections[0].extensions.rid, 10);
}

TEST(SdpAnswerTest, RedStaysBeforeOpusWhenTheClientPrefersIt) {
  const std::string offer = replaced(small_offer(), "SAVPF 111 63", "SAVPF 63 111");
  EXPECT_THAT(answer_to(offer).sdp, HasSubstr("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n"));
}

TEST(SdpAnswerTest, RedOfAnotherCodecIsLeftOut) {
  for (const std::string blocks : {"111/0", "0/111", "0/0/0", "1x11/111", "/"}) {
    const std::string offer = replaced(small_offer(), "a=fmtp:63 111/111", "a=fmtp:63 " + blocks);
    EXPECT_THAT(answer_to(offer).sdp, HasSubstr("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n")) << blocks;
  }
}

TEST(SdpAnswerTest, FallsBackToRembWithoutTransportCc) {
  const std::string offer = replaced(small_offer(), "draft-holmer-rmcat", "other");
  const Answer a = answer_to(offer);
  EXPECT_THAT(a.sdp, HasSubstr("a=rtcp-fb:96 goog-remb\r\n"));
  EXPECT_THAT(a.sdp, Not(HasSubstr("transport-cc")));
  EXPECT_EQ(a.sections[2].extensions.abs_send_time, 2);
}

TEST(SdpAnswerTest, SendRecvMeansATrack) {
  const Answer a = answer_to(replaced(small_offer(), "a=sendonly", "a=sendrecv"));
  EXPECT_EQ(a.sections[0].direction, kSends);
  EXPECT_EQ(a.description.media[0].direction, Direction::kRecvOnly);
  EXPECT_THAT(a.description.media[0].ssrcs, IsEmpty());
}

TEST(SdpAnswerTest, SimulcastNeedsTheRidExtensionAndDeclaredRids) {
  const std::string offer = read_testdata("chromium_join");
  const Answer without =
      answer_to(replaced(offer, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", "urn:other"));
  EXPECT_THAT(without.sections[1].rids, IsEmpty());
  EXPECT_THAT(without.sdp, Not(HasSubstr("simulcast")));
  const Answer alternatives =
      answer_to(replaced(offer, "a=simulcast:send l;m;h", "a=simulcast:send l,m;x;~h"));
  EXPECT_THAT(alternatives.sections[1].rids, ElementsAre("l", "h"));
  EXPECT_THAT(alternatives.sdp, HasSubstr("a=simulcast:recv l;h\r\n"));
}

TEST(SdpAnswerTest, EncryptedAndLargeExtensionIdsAreNotTaken) {
  const Answer a = answer_to(
      replaced(replaced(small_offer(), "a=extmap:13 urn:3gpp", "a=extmap:15 urn:3gpp"),
               "a=extmap:1 urn:ietf", "a=extmap:1 urn:ietf:params:rtp-hdrext:encrypt urn:ietf"));
  EXPECT_EQ(a.sections[0].extensions.video_orientation, 0);
  EXPECT_EQ(a.sections[1].extensions.audio_level, 0);
  EXPECT_EQ(a.sections[1].extensions.mid, 4);
}

// RFC 8843 §9.1
TEST(SdpAnswerTest, AnExtensionIdMeansTheSameInTheWholeBundle) {
  // The video m-line comes first and uses 2 for abs-send-time; audio then uses it for the level.
  const Answer a = answer_to(replaced(small_offer(), "a=extmap:1 urn:ietf", "a=extmap:2 urn:ietf"));
  EXPECT_EQ(a.sections[0].extensions.abs_send_time, 2);
  EXPECT_EQ(a.sections[1].extensions.audio_level, 0);
}

TEST(SdpAnswerTest, OnlyTheBundleIsAccepted) {
  const Answer a = answer_to(replaced(small_offer(), "BUNDLE 0 1 2", "BUNDLE 1 2"));
  EXPECT_THAT(directions(a), ElementsAre(kRejected, kReceives, kReceives));
  EXPECT_EQ(error_of(replaced(small_offer(), "BUNDLE", "LS")), SdpErrorCode::kNoBundle);
  EXPECT_EQ(error_of("v=0\r\n"), SdpErrorCode::kNoBundle);
  EXPECT_EQ(error_of(replaced(small_offer(), "UDP/TLS/RTP/SAVPF", "RTP/AVP")),
            SdpErrorCode::kNoBundle);
}

TEST(SdpAnswerTest, NamesWhatTheTransportLacks) {
  const std::string offer = small_offer();
  EXPECT_EQ(error_of(replaced(offer, "a=ice-ufrag", "a=x")), SdpErrorCode::kNoIce);
  EXPECT_EQ(error_of(replaced(offer, "a=ice-pwd", "a=x")), SdpErrorCode::kNoIce);
  EXPECT_EQ(error_of(replaced(offer, "sha-256", "sha-1")), SdpErrorCode::kNoFingerprint);
  EXPECT_EQ(error_of(replaced(offer, "sha-256 00:", "sha-256 ")), SdpErrorCode::kNoFingerprint);
  EXPECT_EQ(error_of(replaced(offer, "a=setup:actpass", "a=setup:passive")),
            SdpErrorCode::kBadSetup);
  EXPECT_EQ(error_of(replaced(offer, "a=rtcp-mux", "a=x")), SdpErrorCode::kNoRtcpMux);
}

TEST(SdpAnswerTest, SetupActiveIsFine) {
  EXPECT_THAT(answer_to(replaced(small_offer(), "a=setup:actpass", "a=setup:active")).sdp,
              HasSubstr("a=setup:passive\r\n"));
}

TEST(SdpAnswerTest, TheTextIsTheDescription) {
  for (const std::string_view name : kCapturedOffers) {
    const Answer a = answer_to(read_testdata(name));
    const auto parsed = parse(a.sdp);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(*parsed, a.description) << name;
  }
}

}  // namespace
}  // namespace parley::sdp
