#include "dtls/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "dtls/deterministic_random.h"
#include "dtls/flight.h"

namespace parley::dtls {
namespace {

const Certificate& server_certificate() {
  static const Certificate certificate = Certificate::generate().value();
  return certificate;
}
const Certificate& client_certificate() {
  static const Certificate certificate = Certificate::generate().value();
  return certificate;
}

using Packet = std::vector<uint8_t>;

// A client and a server joined by a link of 20 ms each way, in virtual time. `link` decides the
// fate of each datagram: what it returns arrives, in that order.
class Call {
 public:
  using Link = std::function<std::vector<Packet>(size_t index, bool from_client, const Packet&)>;

  explicit Call(SessionConfig client = {}, SessionConfig server = {},
                const Certificate& client_cert = client_certificate(),
                const Certificate& server_cert = server_certificate()) {
    client.role = Role::kClient;
    server.role = Role::kServer;
    if (client.remote_fingerprint == Fingerprint{}) {
      client.remote_fingerprint = server_cert.fingerprint_sha256();
    }
    if (server.remote_fingerprint == Fingerprint{}) {
      server.remote_fingerprint = client_cert.fingerprint_sha256();
    }
    client_ = std::make_unique<Session>(client_cert, client);
    server_ = std::make_unique<Session>(server_cert, server);
  }

  // Runs until both are settled and nothing is in flight, or until `limit`.
  void run(TimeDelta limit = TimeDelta::seconds(60)) {
    client().start(now_);
    const Timestamp end = now_ + limit;
    for (;;) {
      drain(*client_, true);
      drain(*server_, false);
      Timestamp next = std::min(client().poll_timeout().when, server().poll_timeout().when);
      if (!in_flight_.empty()) next = std::min(next, in_flight_.begin()->first);
      if (next.is_never() || next > end) return;
      now_ = next;
      step();
    }
  }

  bool connected() const {
    return client_->state() == State::kConnected && server_->state() == State::kConnected;
  }
  Session& client() { return *client_; }
  Session& server() { return *server_; }
  Timestamp now() const { return now_; }
  size_t datagrams() const { return log_.size(); }
  const std::vector<Packet>& log() const { return log_; }

  Link link;

 private:
  struct Arrival {
    bool to_server;
    Packet packet;
  };

  void drain(Session& from, bool from_client) {
    Datagram out;
    while (from.poll_output(out)) {
      ASSERT_LE(out.size, 1250u);
      Packet packet(out.bytes().begin(), out.bytes().end());
      const size_t index = log_.size();
      log_.push_back(packet);
      const auto arrivals = link ? link(index, from_client, packet) : std::vector<Packet>{packet};
      for (const Packet& p : arrivals) {
        in_flight_.emplace(now_ + TimeDelta::millis(20), Arrival{from_client, p});
      }
    }
  }

  void step() {
    if (!in_flight_.empty() && in_flight_.begin()->first <= now_) {
      const Arrival arrival = in_flight_.begin()->second;
      in_flight_.erase(in_flight_.begin());
      (arrival.to_server ? *server_ : *client_).handle_datagram(arrival.packet, now_);
      return;
    }
    client_->handle_timeout(now_);
    server_->handle_timeout(now_);
  }

  std::unique_ptr<Session> client_;
  std::unique_ptr<Session> server_;
  std::multimap<Timestamp, Arrival> in_flight_;
  std::vector<Packet> log_;
  Timestamp now_ = Timestamp::seconds(1000);
};

void expect_matching_keys(Call& call) {
  ASSERT_TRUE(call.connected());
  const SrtpKeys& c = *call.client().srtp_keys();
  const SrtpKeys& s = *call.server().srtp_keys();
  EXPECT_EQ(c.profile, s.profile);
  const auto same = [](Bytes a, Bytes b) { return std::ranges::equal(a, b) && !a.empty(); };
  EXPECT_TRUE(same(c.local.key(), s.remote.key()));
  EXPECT_TRUE(same(c.local.salt(), s.remote.salt()));
  EXPECT_TRUE(same(c.remote.key(), s.local.key()));
  EXPECT_TRUE(same(c.remote.salt(), s.local.salt()));
  EXPECT_FALSE(same(c.local.key(), c.remote.key()));
}

// One datagram of one unfragmented handshake record as two datagrams of one fragment each (RFC 6347
// §4.2.3).
std::vector<Packet> split_handshake(const Packet& packet) {
  constexpr size_t kHeaders = kRecordHeaderLength + 12;
  const size_t body = packet.size() - kHeaders;
  const size_t half = body / 2;
  std::vector<Packet> result;
  for (const auto& [offset, length] : {std::pair{size_t{0}, half}, std::pair{half, body - half}}) {
    Packet part(packet.begin(), packet.begin() + kHeaders);
    part[10] = static_cast<uint8_t>(part[10] * 2 + (offset > 0));  // its own record number
    store_be16(&part[11], static_cast<uint16_t>(length + 12));
    store_be24(&part[19], static_cast<uint32_t>(offset));
    store_be24(&part[22], static_cast<uint32_t>(length));
    const auto from = packet.begin() + static_cast<std::ptrdiff_t>(kHeaders + offset);
    part.insert(part.end(), from, from + static_cast<std::ptrdiff_t>(length));
    result.push_back(part);
  }
  return result;
}

TEST(SessionTest, ConnectsAndAgreesOnKeys) {
  Call call;
  call.run();
  expect_matching_keys(call);
  EXPECT_EQ(call.client().srtp_keys()->profile, SrtpProfile::kAeadAes128Gcm);
  EXPECT_EQ(call.client().srtp_keys()->local.key().size(), 16u);
  EXPECT_EQ(call.client().srtp_keys()->local.salt().size(), 12u);
  EXPECT_EQ(call.server().cipher_name(), "ECDHE-ECDSA-AES128-GCM-SHA256");
  EXPECT_EQ(call.datagrams(), 4u);  // a flight is one datagram
  EXPECT_EQ(call.now() - Timestamp::seconds(1000), TimeDelta::millis(80));
  EXPECT_TRUE(call.client().poll_timeout().when.is_never());
  EXPECT_TRUE(call.server().poll_timeout().when.is_never());
}

// Chromium offers AES-CM first; the server's order must win (RFC 5764 §4.1.2 leaves the choice to
// the server).
TEST(SessionTest, ServerPicksGcmThoughTheClientListsAesCmFirst) {
  SessionConfig chromium;
  chromium.srtp_profiles.push_back(SrtpProfile::kAes128CmSha1_80);
  chromium.srtp_profiles.push_back(SrtpProfile::kAeadAes256Gcm);
  chromium.srtp_profiles.push_back(SrtpProfile::kAeadAes128Gcm);
  Call call(chromium);
  call.run();
  expect_matching_keys(call);
  EXPECT_EQ(call.server().srtp_keys()->profile, SrtpProfile::kAeadAes128Gcm);
}

TEST(SessionTest, EveryProfileGivesKeysOfItsLength) {
  struct Expected {
    SrtpProfile profile;
    size_t key, salt;
  };
  for (const auto& e : {Expected{SrtpProfile::kAeadAes128Gcm, 16, 12},
                        Expected{SrtpProfile::kAeadAes256Gcm, 32, 12},
                        Expected{SrtpProfile::kAes128CmSha1_80, 16, 14}}) {
    SessionConfig client;
    client.srtp_profiles.push_back(e.profile);
    Call call(client);
    call.run();
    expect_matching_keys(call);
    EXPECT_EQ(call.server().srtp_keys()->profile, e.profile);
    EXPECT_EQ(call.server().srtp_keys()->local.key().size(), e.key);
    EXPECT_EQ(call.server().srtp_keys()->local.salt().size(), e.salt);
  }
}

TEST(SessionTest, NoCommonSrtpProfileFailsBothEnds) {
  SessionConfig client;
  client.srtp_profiles.push_back(SrtpProfile::kAes128CmSha1_80);
  SessionConfig server;
  server.srtp_profiles.push_back(SrtpProfile::kAeadAes128Gcm);
  Call call(client, server);
  call.run();
  EXPECT_EQ(call.server().state(), State::kFailed);
  EXPECT_EQ(call.server().failure_reason(), FailureReason::kNoSrtpProfile);
  EXPECT_FALSE(call.server().srtp_keys());
  EXPECT_EQ(call.client().state(), State::kFailed);
}

TEST(SessionTest, WrongClientFingerprintFailsWithItsReasonAndTellsTheClient) {
  SessionConfig server;
  server.remote_fingerprint = server_certificate().fingerprint_sha256();  // not the client's
  Call call({}, server);
  call.run();
  EXPECT_EQ(call.server().state(), State::kFailed);
  EXPECT_EQ(call.server().failure_reason(), FailureReason::kFingerprintMismatch);
  EXPECT_FALSE(call.server().srtp_keys());
  EXPECT_EQ(call.client().state(), State::kFailed);
  EXPECT_EQ(call.client().failure_reason(), FailureReason::kPeerAlert);
}

TEST(SessionTest, WrongServerFingerprintFailsTheClient) {
  SessionConfig client;
  client.remote_fingerprint = client_certificate().fingerprint_sha256();
  Call call(client);
  call.run();
  EXPECT_EQ(call.client().failure_reason(), FailureReason::kFingerprintMismatch);
  EXPECT_EQ(call.server().failure_reason(), FailureReason::kPeerAlert);
}

// A ClientHello with an ML-KEM key share never fits one datagram, so browsers send two fragments.
TEST(SessionTest, ClientHelloInTwoFragments) {
  for (const bool swapped : {false, true}) {
    Call call;
    call.link = [&](size_t, bool from_client, const Packet& packet) {
      const bool hello = from_client && packet[13] == 1 && packet[0] == kHandshakeRecord;
      auto parts = hello ? split_handshake(packet) : std::vector<Packet>{packet};
      if (swapped) std::ranges::reverse(parts);
      return parts;
    };
    call.run();
    expect_matching_keys(call);
  }
}

TEST(SessionTest, SmallMtuFragmentsEveryFlight) {
  SessionConfig small;
  small.mtu = 256;
  Call call(small, small);
  call.run();
  expect_matching_keys(call);
  EXPECT_GT(call.datagrams(), 6u);
  for (const Packet& packet : call.log()) EXPECT_LE(packet.size(), 256u);
}

TEST(SessionTest, AnySingleLossRecovers) {
  for (const size_t mtu : {size_t{1200}, size_t{256}}) {
    SessionConfig config;
    config.mtu = mtu;
    Call lossless(config, config);
    lossless.run();
    for (size_t lost = 0; lost < lossless.datagrams(); ++lost) {
      SCOPED_TRACE(lost);
      Call call(config, config);
      call.link = [&](size_t index, bool, const Packet& packet) {
        return index == lost ? std::vector<Packet>{} : std::vector<Packet>{packet};
      };
      call.run();
      expect_matching_keys(call);
      EXPECT_LE((call.now() - Timestamp::seconds(1000)).ms(), 80 + 200);
    }
  }
}

TEST(SessionTest, AnyPairOfLossesRecovers) {
  for (size_t first = 0; first < 6; ++first) {
    for (size_t second = first + 1; second < 8; ++second) {
      SCOPED_TRACE(std::to_string(first) + " and " + std::to_string(second));
      Call call;
      call.link = [&](size_t index, bool, const Packet& packet) {
        const bool lost = index == first || index == second;
        return lost ? std::vector<Packet>{} : std::vector<Packet>{packet};
      };
      call.run();
      expect_matching_keys(call);
    }
  }
}

TEST(SessionTest, RandomLossDuplicationAndReorderConverge) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    SessionConfig config;
    config.mtu = seed % 2 ? 1200 : 300;
    Call call(config, config);
    std::optional<Packet> held;
    call.link = [&](size_t, bool from_client, const Packet& packet) -> std::vector<Packet> {
      if (random.below(100) < 30) return {};
      if (from_client && !held && random.below(100) < 10) {
        held = packet;
        return {};
      }
      std::vector<Packet> result{packet};
      if (random.below(100) < 10) result.push_back(packet);
      if (from_client && held) result.push_back(*std::exchange(held, std::nullopt));
      return result;
    };
    call.run();
    expect_matching_keys(call);
    EXPECT_LT(call.now() - Timestamp::seconds(1000), Session::kHandshakeLimit);
  }
}

// RFC 6347 §4.2.4: the timer doubles; here from 100 ms to 3 s, and ends the session at 30 s.
TEST(SessionTest, SilentPeerIsAskedWithDoublingIntervalsThenGivenUp) {
  SessionConfig config;
  config.role = Role::kClient;
  Session client(client_certificate(), config);
  EXPECT_TRUE(client.poll_timeout().when.is_never());
  client.start(Timestamp::millis(0));
  std::vector<int64_t> sent;
  Timestamp now;
  Datagram out;
  std::vector<uint64_t> numbers;
  for (;;) {
    while (client.poll_output(out)) {
      sent.push_back(now.ms());
      numbers.push_back(load_be64(&out.data[3]));
    }
    if (client.poll_timeout().when.is_never()) break;
    now = client.poll_timeout().when;
    client.handle_timeout(now);
  }
  EXPECT_EQ(sent, (std::vector<int64_t>{0, 100, 300, 700, 1500, 3100, 6100, 9100, 12100, 15100,
                                        18100, 21100, 24100, 27100}));
  // Each sending has record numbers of its own: an identical record might be dropped as a replay.
  for (size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], i);
  EXPECT_EQ(client.state(), State::kFailed);
  EXPECT_EQ(client.failure_reason(), FailureReason::kTimeout);
  EXPECT_EQ(now, Timestamp::seconds(30));
}

TEST(SessionTest, ServerWaitsWithoutDeadlineUntilTheFirstDatagram) {
  Session server(server_certificate(), {});
  server.start(Timestamp::seconds(1));
  Datagram out;
  EXPECT_FALSE(server.poll_output(out));
  EXPECT_TRUE(server.poll_timeout().when.is_never());
  EXPECT_EQ(server.state(), State::kHandshaking);
}

// The client repeats its last flight if ours was lost; the answer must come however often that
// happens.
TEST(SessionTest, LastFlightIsSentAgainManyTimes) {
  Call call;
  size_t lost = 0;
  call.link = [&](size_t index, bool from_client, const Packet& packet) {
    const bool last_flight = !from_client && index > 1;
    if (last_flight && call.server().state() == State::kConnected && ++lost <= 8) {
      return std::vector<Packet>{};
    }
    return std::vector<Packet>{packet};
  };
  call.run();
  expect_matching_keys(call);
  EXPECT_EQ(lost, 9u);
}

TEST(SessionTest, RepeatedFlightsAreAnsweredAtALimitedRate) {
  Call call;
  Packet last_from_client;
  call.link = [&](size_t, bool from_client, const Packet& packet) {
    if (from_client) last_from_client = packet;
    return std::vector<Packet>{packet};
  };
  call.run();
  ASSERT_TRUE(call.connected());
  Datagram out;
  size_t answers = 0;
  for (int i = 0; i < 100; ++i) {
    call.server().handle_datagram(last_from_client, call.now() + TimeDelta::millis(i));
    while (call.server().poll_output(out)) ++answers;
  }
  EXPECT_EQ(answers, 5u);  // one in 20 ms
  EXPECT_TRUE(call.connected());
}

TEST(SessionTest, CloseTellsThePeer) {
  Call call;
  call.run();
  ASSERT_TRUE(call.connected());
  call.client().close();
  EXPECT_EQ(call.client().state(), State::kClosed);
  call.run();
  EXPECT_EQ(call.server().state(), State::kClosed);
  EXPECT_EQ(call.server().failure_reason(), FailureReason::kNone);
}

TEST(SessionTest, CloseBeforeTheHandshakeIsSilent) {
  Call call;
  call.server().close();
  call.server().close();
  EXPECT_EQ(call.server().state(), State::kClosed);
  Datagram out;
  EXPECT_FALSE(call.server().poll_output(out));
}

TEST(SessionTest, GarbageIsIgnoredBeforeAndAfterTheHandshake) {
  Call call;
  SeededRandom random(7);
  const auto throw_garbage = [&] {
    for (size_t size = 0; size < 300; ++size) {
      Packet garbage(size);
      random.fill(garbage);
      if (size > 13) {
        // Plausible headers: DTLS 1.2 handshake, application data; alerts would be believed in
        // epoch 0.
        garbage[0] = static_cast<uint8_t>(22 + size % 2);
        garbage[1] = 0xfe;
        garbage[2] = 0xfd;
        garbage[3] = 0;
        garbage[4] = 1;
        store_be16(&garbage[11], static_cast<uint16_t>(size - 13));
      }
      call.server().handle_datagram(garbage, call.now());
      call.client().handle_datagram(garbage, call.now());
    }
  };
  throw_garbage();
  call.run();
  ASSERT_TRUE(call.connected());
  throw_garbage();
  EXPECT_TRUE(call.connected());
}

TEST(SessionTest, TruncatedDatagramsCountAsLost) {
  Call call;
  call.link = [&](size_t index, bool, const Packet& packet) {
    if (index >= 4) return std::vector<Packet>{packet};
    return std::vector<Packet>{Packet(packet.begin(), packet.begin() + 20)};
  };
  call.run();
  expect_matching_keys(call);
}

TEST(SessionTest, ManySessionsShareACertificate) {
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(std::make_unique<Call>());
  for (auto& call : calls) call->run();
  for (auto& call : calls) expect_matching_keys(*call);
}

TEST(DeterministicRandomTest, SameSeedGivesTheSameBytes) {
  const auto run = [](uint64_t seed) {
    SeededRandom random(seed);
    const DeterministicRandomScope scope(random);
    const Certificate client = Certificate::generate().value();
    const Certificate server = Certificate::generate().value();
    Call call({}, {}, client, server);
    call.run();
    expect_matching_keys(call);
    return call.log();
  };
  const auto first = run(42);
  EXPECT_EQ(run(42), first);
  EXPECT_EQ(run(42), first);
  EXPECT_NE(run(43), first);
}

TEST(DeterministicRandomTest, RealRandomnessReturnsAfterTheScope) {
  const auto generate = [] { return Certificate::generate().value().fingerprint_sha256(); };
  const auto seeded = [&] {
    SeededRandom random(1);
    const DeterministicRandomScope scope(random);
    return generate();
  };
  EXPECT_EQ(seeded(), seeded());
  EXPECT_NE(generate(), generate());
}

}  // namespace
}  // namespace parley::dtls
