#include "transport/peer_transport.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "dtls/certificate.h"
#include "transport/client_transport.h"

namespace parley::transport {
namespace {

const SocketAddress kServer{IpAddress::v4(10, 0, 0, 1), 3478};
const SocketAddress kClient{IpAddress::v4(10, 0, 1, 1), 10'000};
const FlowPath kPath{kServer, kClient};

// Deadline and state are noted when they change, so that a tick needs to look at nothing else: each
// datagram that changes them must have them noted without anybody asking for more. No timeout is
// handled here: it would note what a datagram has left out.
class PeerTransportTest : public testing::Test {
 protected:
  PeerTransportTest() {
    client_.connect(kClient, kServerCredentials, {&kServer, 1}, certificate_.fingerprint_sha256(),
                    now_);
    client_.handle_timeout(now_);
  }

  // What the client has to send.
  std::vector<std::vector<uint8_t>> poll_client() {
    std::vector<std::vector<uint8_t>> out;
    PeerTransport::Output output;
    while (client_.poll_output(output)) out.emplace_back(output.bytes.begin(), output.bytes.end());
    return out;
  }
  void exchange() {
    for (auto& datagram : poll_client()) server_.handle_datagram(kPath, datagram, now_);
    PeerTransport::Output output;
    while (server_.poll_output(output)) {
      std::vector<uint8_t> bytes(output.bytes.begin(), output.bytes.end());
      client_.handle_datagram({kClient, kServer}, bytes, now_);
    }
  }

  static inline const ice::Credentials kServerCredentials{"server", "password of the server side"};
  static inline const ice::Credentials kClientCredentials{"client", "password of the client side"};
  SeededRandom random_{1};
  dtls::Certificate certificate_ = dtls::Certificate::generate().value();
  Timestamp now_ = Timestamp::seconds(10);
  ClientTransport client_{certificate_, kClientCredentials, random_};
  PeerTransport server_{certificate_, kServerCredentials, kClientCredentials,
                        certificate_.fingerprint_sha256(), now_};
};

TEST_F(PeerTransportTest, ACheckMovesTheDeadlineAtOnce) {
  EXPECT_EQ(server_.poll_timeout().when, now_ + TimeDelta::seconds(30));
  EXPECT_STREQ(server_.poll_timeout().reason, "ice first check");
  now_ = now_ + TimeDelta::millis(10);
  exchange();
  EXPECT_EQ(server_.poll_timeout().when, now_ + TimeDelta::seconds(7));
  EXPECT_STREQ(server_.poll_timeout().reason, "ice silence");
}

TEST_F(PeerTransportTest, AHandshakeMovesTheDeadlineAtOnceAndItsEndTheState) {
  exchange();
  const auto hello = poll_client();
  ASSERT_EQ(hello.size(), 1u);
  ASSERT_EQ(classify(hello[0]), PacketClass::kDtls);
  auto bytes = hello[0];
  server_.handle_datagram(kPath, bytes, now_);
  EXPECT_STREQ(server_.poll_timeout().reason, "dtls retransmission");
  EXPECT_LT(server_.poll_timeout().when, now_ + TimeDelta::seconds(7));
  for (int i = 0; i < 10 && !client_.connected(); ++i) exchange();
  ASSERT_TRUE(client_.connected());
  EXPECT_EQ(server_.state(), PeerState::kConnected);
  EXPECT_STREQ(server_.poll_timeout().reason, "ice silence");
}

TEST_F(PeerTransportTest, SilenceIsNotedWhenItsTimeHasCome) {
  for (int i = 0; i < 10; ++i) exchange();
  ASSERT_EQ(server_.state(), PeerState::kConnected);
  now_ = server_.poll_timeout().when;
  server_.handle_timeout(now_);
  EXPECT_EQ(server_.state(), PeerState::kDisconnected);
  EXPECT_STREQ(server_.poll_timeout().reason, "ice consent");
}

TEST_F(PeerTransportTest, ARestartAfterConsentIsGoneIsNotedAtOnce) {
  for (int i = 0; i < 10; ++i) exchange();
  for (int i = 0; i < 2; ++i) {  // silence, and the end of consent
    now_ = server_.poll_timeout().when;
    server_.handle_timeout(now_);
  }
  ASSERT_EQ(server_.state(), PeerState::kFailed);
  server_.set_credentials({"server2", "another password of the server"}, kClientCredentials, now_);
  EXPECT_EQ(server_.state(), PeerState::kConnecting);
  EXPECT_STREQ(server_.poll_timeout().reason, "ice first check");
}

TEST_F(PeerTransportTest, WhoClosesIsNotedAtOnce) {
  for (int i = 0; i < 10; ++i) exchange();
  ASSERT_EQ(server_.state(), PeerState::kConnected);
  server_.close();
  EXPECT_EQ(server_.state(), PeerState::kFailed);
}

}  // namespace
}  // namespace parley::transport
