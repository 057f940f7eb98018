#include "load/janus_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/random.h"
#include "sdp/parse.h"

namespace parley::load {
namespace {

using Json = nlohmann::json;

class JanusClientTest : public ::testing::Test {
 protected:
  JanusClient client(bool publishes) {
    return {{.name = "Load 1", .number = 1, .publishes = publishes},
            material,
            certificate,
            random,
            now,
            latencies};
  }
  static Json said(JanusClient& client) {
    std::string text;
    return client.poll_message(text) ? Json::parse(text) : Json();
  }
  void open(JanusClient& client) {
    client.handle_open(*SocketAddress::parse("127.0.0.1:4000"), IpAddress::v4(127, 0, 0, 1), now);
  }
  // Up to what it asks of the room.
  Json enter(JanusClient& client) {
    open(client);
    EXPECT_EQ(said(client)["janus"], "create");
    client.handle_message(R"({"janus":"success","transaction":"1","data":{"id":77}})", now);
    const Json attach = said(client);
    EXPECT_EQ(attach["plugin"], "janus.plugin.videoroom");
    EXPECT_EQ(attach["session_id"], 77);
    client.handle_message(R"({"janus":"success","transaction":"2","data":{"id":78}})", now);
    return said(client);
  }

  Material material;
  dtls::Certificate certificate = dtls::Certificate::generate().value();
  SeededRandom random{1};
  Timestamp now = Timestamp() + TimeDelta::seconds(1);
  Latencies latencies;
};

TEST_F(JanusClientTest, APublisherOffersWithItsAddressAndWaitsForTheHandshake) {
  JanusClient ana = client(true);
  const Json join = enter(ana);
  EXPECT_EQ(join["handle_id"], 78);
  EXPECT_EQ(join["body"]["request"], "joinandconfigure");
  const auto offer = sdp::parse(join["jsep"]["sdp"].get<std::string>());
  ASSERT_TRUE(offer.has_value());
  ASSERT_EQ(offer->media.size(), 2u);
  EXPECT_EQ(offer->media[0].transport.setup, sdp::Setup::kPassive);
  ASSERT_EQ(offer->media[0].candidates.size(), 1u);
  EXPECT_EQ(offer->media[0].candidates[0].port, 4000);
  EXPECT_EQ(ana.state(), ClientState::kJoining);
}

TEST_F(JanusClientTest, ASubscriberAnswersJanussOffer) {
  JanusClient bo = client(false);
  EXPECT_EQ(enter(bo)["body"]["streams"][0]["feed"], 1);
  const std::string fingerprint = "AB" + [] {
    std::string more;
    for (int i = 0; i < 31; ++i) more += ":AB";
    return more;
  }();
  const std::string offer =
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=VideoRoom 1\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 127.0.0.1\r\na=sendonly\r\na=mid:0\r\n"
      "a=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
      "a=ice-options:trickle\r\na=fingerprint:sha-256 " +
      fingerprint +
      "\r\na=setup:actpass\r\na=rtpmap:96 VP8/90000\r\na=msid:janus janus0\r\n"
      "a=ssrc:5 cname:janus\r\na=candidate:1 1 udp 2015363327 127.0.0.1 5000 typ host\r\n"
      "a=end-of-candidates\r\n";
  bo.handle_message(Json{{"janus", "event"}, {"jsep", {{"type", "offer"}, {"sdp", offer}}}}.dump(),
                    now);
  EXPECT_EQ(bo.state(), ClientState::kConnecting);
  const Json start = said(bo);
  EXPECT_EQ(start["body"]["request"], "start");
  const auto answer = sdp::parse(start["jsep"]["sdp"].get<std::string>());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->media[0].direction, sdp::Direction::kRecvOnly);
  EXPECT_EQ(answer->media[0].transport.setup, sdp::Setup::kActive);
  EXPECT_NE(answer->media[0].transport.ice_ufrag, "abcd");
  EXPECT_TRUE(answer->media[0].ssrcs.empty());
  ASSERT_NE(bo.media().receiver(), nullptr);
  EXPECT_EQ(bo.media().receiver()->slots(rtp::MediaKind::kVideo), 1u);
}

TEST_F(JanusClientTest, ARefusalEndsItWithJanussReason) {
  JanusClient bo = client(false);
  enter(bo);
  bo.handle_message(
      R"({"janus":"event","plugindata":{"data":{"error_code":428,"error":"No such feed"}}})", now);
  EXPECT_EQ(bo.state(), ClientState::kEnded);
  EXPECT_THAT(bo.end_reason(), ::testing::HasSubstr("No such feed"));
}

TEST_F(JanusClientTest, KeepsItsSessionAndDestroysItWhenItLeaves) {
  JanusClient bo = client(false);
  enter(bo);
  now = now + JanusClient::kKeepAlive;
  bo.handle_timeout(now);
  EXPECT_EQ(said(bo)["janus"], "keepalive");
  bo.leave();
  EXPECT_EQ(said(bo)["janus"], "destroy");
  EXPECT_EQ(bo.state(), ClientState::kEnded);
}

TEST_F(JanusClientTest, GarbageIsIgnored) {
  JanusClient bo = client(false);
  open(bo);
  for (const char* text : {"", "[]", "{", "7", R"({"janus":5})", R"({"data":[]})"})
    bo.handle_message(text, now);
  EXPECT_EQ(bo.state(), ClientState::kJoining);
}

}  // namespace
}  // namespace parley::load
