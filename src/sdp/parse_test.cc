#include "sdp/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sdp/testing_offers.h"
#include "sdp/write.h"

namespace parley::sdp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A session part and one m-line with the attribute lines given.
std::expected<SessionDescription, SdpError> parse_with(
    const std::string& lines, const std::string& media = "video 9 UDP/TLS/RTP/SAVPF 96 97") {
  return parse("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=" + media + "\r\n" + lines);
}

SdpError error_with(const std::string& lines) {
  const auto parsed = parse_with(lines);
  return parsed ? SdpError{.line = 0, .message = "no error"} : parsed.error();
}

TEST(SdpParseTest, ReadsTheSessionPart) {
  const auto parsed = parse(
      "v=0\n"
      "o=mozilla 18446744073709551615 7 IN IP4 0.0.0.0\n"
      "s=-\n"
      "t=0 0\n"
      "a=fingerprint:SHA-256 ab:cd\n"
      "a=group:BUNDLE 0 one\n"
      "a=ice-options:trickle ice2\n"
      "a=ice-lite\n"
      "a=unknown:thing");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->origin, (Origin{"mozilla", 18446744073709551615u, 7}));
  EXPECT_THAT(parsed->groups, ElementsAre(Group{"BUNDLE", {"0", "one"}}));
  EXPECT_THAT(parsed->transport.fingerprints, ElementsAre(FingerprintLine{"sha-256", "AB:CD"}));
  EXPECT_THAT(parsed->transport.ice_options, ElementsAre("trickle", "ice2"));
  EXPECT_TRUE(parsed->ice_lite);
  EXPECT_THAT(parsed->media, IsEmpty());
}

TEST(SdpParseTest, ReadsPayloadTypes) {
  const auto parsed = parse_with(
      "a=rtpmap:96 H264/90000\r\n"
      "a=fmtp:96 level-asymmetry-allowed=1; Packetization-Mode=1;profile-level-id=42e01f\r\n"
      "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:* ccm fir\r\n"
      "a=rtpmap:97 opus/48000/2\r\n");
  ASSERT_TRUE(parsed);
  const auto& payloads = parsed->media[0].payloads;
  ASSERT_EQ(payloads.size(), 2u);
  EXPECT_TRUE(payloads[0].is("h264"));
  EXPECT_EQ(payloads[0].clock_rate, 90'000u);
  EXPECT_EQ(payloads[0].parameter("packetization-mode"), "1");
  EXPECT_EQ(payloads[0].parameter("profile-level-id"), "42e01f");
  EXPECT_EQ(payloads[0].parameter("apt"), std::nullopt);
  EXPECT_THAT(payloads[0].feedback, ElementsAre("nack", "nack pli", "ccm fir"));
  EXPECT_EQ(payloads[1].channels, 2);
  EXPECT_THAT(payloads[1].feedback, ElementsAre("ccm fir"));
}

TEST(SdpParseTest, SkipsWhatIsSaidAboutUnlistedPayloadTypes) {
  const auto parsed =
      parse_with("a=rtcp-fb:121 nack\r\na=fmtp:121 x=1\r\na=rtpmap:121 VP9/90000\r\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->media[0].payloads,
            (std::vector<PayloadFormat>{{.payload_type = 96}, {.payload_type = 97}}));
}

// RFC 8285 §5 and RFC 6904 §4
TEST(SdpParseTest, ReadsAllFormsOfExtmap) {
  const auto parsed = parse_with(
      "a=extmap:1 urn:a\r\n"
      "a=extmap:2/recvonly urn:b some attributes\r\n"
      "a=extmap:9 urn:ietf:params:rtp-hdrext:encrypt http://c\r\n");
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->media[0].extensions,
              ElementsAre(ExtensionMap{.id = 1, .uri = "urn:a"},
                          ExtensionMap{.id = 2,
                                       .direction = Direction::kRecvOnly,
                                       .uri = "urn:b",
                                       .attributes = "some attributes"},
                          ExtensionMap{.id = 9, .uri = "http://c", .encrypted = true}));
}

TEST(SdpParseTest, ReadsStreams) {
  const auto parsed = parse_with(
      "a=msid:- track\r\n"
      "a=ssrc-group:FID 1 4294967295\r\n"
      "a=ssrc:1 cname:me\r\na=ssrc:1 msid:- track\r\na=ssrc:4294967295 cname:me\r\n"
      "a=rid:l send\r\na=rid:h send pt=96;max-width=1280\r\n"
      "a=simulcast:send l;~h,m recv x\r\n");
  ASSERT_TRUE(parsed);
  const MediaSection& section = parsed->media[0];
  EXPECT_THAT(section.msids, ElementsAre(Msid{"-", "track"}));
  EXPECT_THAT(section.ssrc_groups, ElementsAre(SsrcGroup{"FID", {1, 4294967295}}));
  EXPECT_THAT(section.ssrcs,
              ElementsAre(SsrcLine{1, "me", "- track"}, SsrcLine{4294967295, "me", ""}));
  EXPECT_THAT(section.rids,
              ElementsAre(Rid{"l", true, ""}, Rid{"h", true, "pt=96;max-width=1280"}));
  ASSERT_TRUE(section.simulcast);
  EXPECT_EQ(section.simulcast->send,
            (std::vector<SimulcastStream>{{{"l", false}}, {{"h", true}, {"m", false}}}));
  EXPECT_EQ(section.simulcast->recv, (std::vector<SimulcastStream>{{{"x", false}}}));
}

TEST(SdpParseTest, ReadsTransport) {
  const auto parsed = parse_with(
      "a=ice-ufrag:ab+/\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n"
      "a=candidate:1 1 UDP 2122187007 f00d.local 57978 typ host generation 0\r\n"
      "a=end-of-candidates\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=bundle-only\r\na=inactive\r\n");
  ASSERT_TRUE(parsed);
  const MediaSection& section = parsed->media[0];
  EXPECT_EQ(section.transport.ice_ufrag, "ab+/");
  EXPECT_EQ(section.transport.ice_pwd, "0123456789012345678901");
  EXPECT_EQ(section.transport.setup, Setup::kActPass);
  EXPECT_THAT(section.candidates, ElementsAre(Candidate{.foundation = "1",
                                                        .component = 1,
                                                        .transport = "udp",
                                                        .priority = 2122187007,
                                                        .address = "f00d.local",
                                                        .port = 57978,
                                                        .type = "host",
                                                        .extensions = "generation 0"}));
  EXPECT_TRUE(section.end_of_candidates && section.rtcp_mux && section.rtcp_rsize &&
              section.bundle_only);
  EXPECT_EQ(section.direction, Direction::kInactive);
}

TEST(SdpParseTest, SessionDirectionHoldsForMediaWithoutOne) {
  const auto parsed =
      parse("v=0\na=recvonly\nm=audio 9 RTP/AVP 0\nm=audio 9 RTP/AVP 0\na=sendonly\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->media[0].direction, Direction::kRecvOnly);
  EXPECT_EQ(parsed->media[1].direction, Direction::kSendOnly);
}

TEST(SdpParseTest, NamesTheLineOfAnError) {
  EXPECT_EQ(
      error_with("a=rtcp-mux\r\na=setup:later\r\n"),
      (SdpError{SdpErrorCode::kSyntax, 7, "a=setup must be actpass, active, passive or holdconn"}));
}

TEST(SdpParseTest, RefusesLinesThatCannotBeRead) {
  for (const char* line : {"nonsense",
                           "a",
                           "a=mid:",
                           "a=mid:12345678901234567",
                           "a=ice-ufrag:abc",
                           "a=ice-ufrag:ab d",
                           "a=ice-pwd:short",
                           "a=fingerprint:sha-256",
                           "a=rtpmap:96 VP8",
                           "a=rtpmap:96 VP8/x",
                           "a=rtpmap:96 opus/48000/999",
                           "a=extmap:0 urn:a",
                           "a=extmap:1/up urn:a",
                           "a=extmap:1",
                           "a=candidate:1 1 udp 1 1.2.3.4 5",
                           "a=ssrc:4294967296 cname:x",
                           "a=ssrc-group:FID 1 x",
                           "a=rid:a both",
                           "a=rid:a~b send",
                           "a=simulcast:",
                           "a=simulcast:send",
                           "a=simulcast:up l",
                           "a=simulcast:send l;;m",
                           "a=simulcast:send l send m",
                           "a=rtcp-fb:96",
                           "m=audio 9",
                           "m=audio 9 UDP/TLS/RTP/SAVPF",
                           "m=audio 70000 RTP/AVP 0",
                           "m=audio 9 RTP/AVP 128",
                           "o=- x 1 IN IP4 0",
                           "a=msid:"}) {
    EXPECT_EQ(error_with(std::string(line) + "\r\n").line, 6u) << line;
  }
  EXPECT_EQ(error_with(std::string("a=x:\0y\r\n", 8)).line, 6u);
}

TEST(SdpParseTest, RefusesDuplicates) {
  EXPECT_EQ(error_with("a=mid:0\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n").code,
            SdpErrorCode::kDuplicate);
  EXPECT_EQ(error_with("m=audio 9 RTP/AVP 0 0\r\n").code, SdpErrorCode::kDuplicate);
  EXPECT_EQ(error_with("a=rid:l send\r\na=rid:l send\r\n").code, SdpErrorCode::kDuplicate);
}

TEST(SdpParseTest, RefusesWhatIsNoDescription) {
  EXPECT_EQ(parse("").error().message, "the description is empty");
  EXPECT_EQ(parse("\r\n\r\n").error().code, SdpErrorCode::kSyntax);
  EXPECT_EQ(parse("v=1\r\n").error().line, 1u);
  EXPECT_EQ(parse("a=mid:0\r\n").error().line, 1u);
}

std::string repeated(const std::string& text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(SdpParseTest, IsBounded) {
  EXPECT_EQ(parse(std::string(256 * 1024 + 1, 'v')).error().code, SdpErrorCode::kTooLarge);
  EXPECT_EQ(error_with("a=x:" + std::string(8 * 1024, 'x')).code, SdpErrorCode::kTooLarge);
  EXPECT_TRUE(parse_with(repeated("m=audio 9 RTP/AVP 0\n", 127)));
  EXPECT_EQ(error_with(repeated("m=audio 9 RTP/AVP 0\n", 128)).message, "too many m-lines");
  EXPECT_EQ(error_with(repeated("a=extmap:1 urn:a\n", 65)).message, "too many header extensions");
  EXPECT_EQ(error_with(repeated("a=candidate:1 1 udp 1 ::1 5 typ host\n", 65)).message,
            "too many candidates");
  EXPECT_EQ(error_with("m=x 9 y" + repeated(" z", 129) + "\n").message,
            "too many formats in an m-line");
  std::string ssrcs;
  for (int i = 0; i < 129; ++i) ssrcs += "a=ssrc:" + std::to_string(i) + " cname:x\n";
  EXPECT_EQ(error_with(ssrcs).message, "too many SSRCs in an m-line");
}

TEST(SdpWriteTest, WritesEveryAttribute) {
  const std::string text =
      "v=0\r\n"
      "o=me 1 2 IN IP4 0.0.0.0\r\n"
      "s=-\r\n"
      "t=0 0\r\n"
      "a=group:BUNDLE 0 1\r\n"
      "a=ice-lite\r\n"
      "a=extmap-allow-mixed\r\n"
      "a=ice-options:trickle ice2\r\n"
      "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\n"
      "c=IN IP4 0.0.0.0\r\n"
      "a=bundle-only\r\n"
      "a=candidate:1 1 udp 2130706431 192.0.2.1 7000 typ host generation 0\r\n"
      "a=end-of-candidates\r\n"
      "a=ice-ufrag:abcd\r\n"
      "a=ice-pwd:0123456789012345678901\r\n"
      "a=fingerprint:sha-256 AB:CD\r\n"
      "a=setup:holdconn\r\n"
      "a=mid:0\r\n"
      "a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:encrypt urn:x attributes\r\n"
      "a=extmap-allow-mixed\r\n"
      "a=sendrecv\r\n"
      "a=msid:stream track\r\n"
      "a=rtcp-mux\r\n"
      "a=rtcp-rsize\r\n"
      "a=rtpmap:96 VP8/90000\r\n"
      "a=rtcp-fb:96 nack pli\r\n"
      "a=fmtp:96 max-fs=12288\r\n"
      "a=rtpmap:97 opus/48000/2\r\n"
      "a=rid:l send pt=96\r\n"
      "a=simulcast:send l;~m,n recv x\r\n"
      "a=ssrc-group:FID 1 2\r\n"
      "a=ssrc:1 cname:me\r\n"
      "a=ssrc:1 msid:stream track\r\n"
      "a=ssrc:2\r\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
      "c=IN IP4 0.0.0.0\r\n"
      "a=mid:1\r\n"
      "a=inactive\r\n";
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(write(*parsed), text);
}

TEST(SdpWriteTest, CapturedOffersSurviveARoundTrip) {
  for (const std::string_view name : kCapturedOffers) {
    const auto parsed = parse(read_testdata(name));
    ASSERT_TRUE(parsed) << name << ": " << parsed.error().message;
    const auto again = parse(write(*parsed));
    ASSERT_TRUE(again) << name << ": " << again.error().message;
    EXPECT_EQ(*again, *parsed) << name;
  }
}

TEST(SdpDescriptionTest, FingerprintsHaveOneForm) {
  const std::string text =
      "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
      "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:0F";
  const auto bytes = sha256_from_text(text);
  ASSERT_TRUE(bytes);
  EXPECT_EQ((*bytes)[10], 0xaa);
  EXPECT_EQ((*bytes)[31], 0x0f);
  EXPECT_EQ(sha256_to_text(*bytes), text);
  EXPECT_FALSE(sha256_from_text(text.substr(3)));
  EXPECT_FALSE(sha256_from_text(text + ":00"));
  std::string bad = text;
  bad[2] = '-';
  EXPECT_FALSE(sha256_from_text(bad));
  bad[2] = ':';
  bad[3] = 'G';
  EXPECT_FALSE(sha256_from_text(bad));
}

// RFC 8843 §6
TEST(SdpDescriptionTest, PortZeroMeansStoppedUnlessBundleOnly) {
  EXPECT_TRUE(MediaSection{.port = 0}.is_stopped());
  EXPECT_FALSE((MediaSection{.port = 0, .bundle_only = true}.is_stopped()));
  EXPECT_FALSE(MediaSection{.port = 9}.is_stopped());
}

}  // namespace
}  // namespace parley::sdp
