// Datagrams into a server session, after a genuine client has taken the handshake some way. The
// first byte says how many genuine datagrams come first; then records of a 16-bit length and that
// many bytes, each a datagram of the attacker, where a length of 0xffff means: run the timer
// instead.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/random.h"
#include "dtls/deterministic_random.h"
#include "dtls/session.h"

namespace {

using parley::ByteReader;
using parley::Bytes;
using parley::TimeDelta;
using parley::Timestamp;
using namespace parley::dtls;

void require(bool condition) {
  if (!condition) std::abort();
}

// What the session says of itself must hold together.
void check(const Session& session) {
  require((session.state() == State::kFailed) ==
          (session.failure_reason() != FailureReason::kNone));
  if (session.state() == State::kConnected) require(session.srtp_keys().has_value());
}

size_t drain(Session& from, Session* to, size_t limit, Timestamp now) {
  Datagram out;
  size_t count = 0;
  while (from.poll_output(out)) {
    require(out.size > 0 && out.size <= Datagram::kMaxSize);
    if (to && count < limit) to->handle_datagram(out.bytes(), now);
    ++count;
  }
  return std::min(count, limit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  parley::SeededRandom random(1);
  const DeterministicRandomScope scope(random);
  static const Certificate certificate = Certificate::generate().value();
  const Fingerprint fingerprint = certificate.fingerprint_sha256();
  Session server(certificate, {.role = Role::kServer, .remote_fingerprint = fingerprint});
  Session client(certificate, {.role = Role::kClient, .remote_fingerprint = fingerprint});

  ByteReader reader(Bytes(data, size));
  Timestamp now = Timestamp::seconds(1);
  size_t genuine = reader.u8() % 8;
  client.start(now);
  while (genuine > 0) {
    const size_t given = drain(client, &server, genuine, now);
    if (given == 0) break;
    genuine -= given;
    drain(server, &client, 16, now);
  }
  check(server);

  for (int i = 0; i < 64 && reader.ok() && reader.remaining() >= 2; ++i) {
    const size_t length = reader.u16();
    now = now + TimeDelta::millis(10);
    if (length == 0xffff) {
      const Timestamp when = server.poll_timeout().when;
      if (!when.is_never()) now = std::max(now, when);
      server.handle_timeout(now);
    } else {
      server.handle_datagram(reader.bytes(std::min(length, reader.remaining())), now);
    }
    require(drain(server, nullptr, 64, now) <= 64);
    check(server);
  }
  server.close();
  drain(server, nullptr, 64, now);
  return 0;
}
