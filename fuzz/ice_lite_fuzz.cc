// A lite agent under a sequence of operations: good and broken checks on several paths, time,
// restarts, arbitrary bytes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "ice/lite_agent.h"
#include "stun/builder.h"

namespace {

using namespace parley;

void require(bool condition) {
  if (!condition) std::abort();
}

ice::Credentials credentials(char side, int generation) {
  const std::string n = std::to_string(generation);
  return {.ufrag = side + ("frag" + n), .password = side + ("-password-of-enough-length-" + n)};
}

size_t write_check(MutableBytes out, uint8_t flags, int generation) {
  const auto local = credentials('s', generation);
  stun::MessageBuilder b(out, stun::MessageClass::Request, stun::Method::Binding,
                         stun::TransactionId{flags});
  b.add_text(stun::Attribute::Username, local.ufrag + ":" + credentials('c', generation).ufrag);
  b.add_u64(flags & 1 ? stun::Attribute::IceControlled : stun::Attribute::IceControlling, 1);
  if (flags & 2) b.add_flag(stun::Attribute::UseCandidate);
  if (flags & 4) b.add_flag(stun::Attribute{0x7001});
  b.add_integrity(stun::IntegrityKey(as_bytes(flags & 8 ? "wrong" : local.password)));
  if (!(flags & 16)) b.add_fingerprint();
  return *b.finish();
}

FlowPath path_of(uint8_t n) {
  return {{IpAddress::v4(192, 0, 2, 1), 4000}, {IpAddress::v4(198, 51, 100, 7), n}};
}

void check_invariants(const ice::LiteAgent& agent, Timestamp now) {
  require(agent.path_count() <= ice::LiteAgent::kMaxPaths);
  const bool has_path = agent.selected_path().has_value();
  const auto state = agent.state();
  require(has_path ==
          (state == ice::LiteState::Connected || state == ice::LiteState::Disconnected));
  require(!agent.is_nominated() || has_path);
  require(!has_path || agent.knows_path(*agent.selected_path()));
  require(agent.poll_timeout().when > now);
  require((state == ice::LiteState::Failed) == agent.poll_timeout().when.is_never());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in(Bytes(data, size));
  Timestamp now = Timestamp::seconds(1);
  int generation = 0;
  ice::LiteAgent agent(credentials('s', 0), credentials('c', 0), now);
  for (int step = 0; step < 200 && in.remaining() > 0; ++step) {
    const uint8_t operation = in.u8();
    std::array<uint8_t, 512> buffer;
    switch (operation % 6) {
      case 0:
      case 1: {
        const auto path = path_of(in.u8());
        const int of = operation & 0x80 && generation > 0 ? generation - 1 : generation;
        const size_t n = write_check(buffer, in.u8(), of);
        if (operation & 0x40) buffer[in.u8() % n] ^= in.u8();
        agent.handle_stun(path, Bytes(buffer).first(n), now);
        break;
      }
      case 2:
        now = now + TimeDelta::millis(in.u8() * 50);
        break;
      case 3:
        ++generation;
        agent.set_credentials(credentials('s', generation), credentials('c', generation), now);
        break;
      case 4: {
        const Bytes raw = in.bytes(std::min<size_t>(in.u8(), in.remaining()));
        agent.handle_stun(path_of(0), raw, now);
        ice::LiteAgent::local_ufrag_of(raw);
        break;
      }
      case 5: {
        while (agent.poll_event()) {
        }
        break;
      }
      default:
        break;
    }
    agent.handle_timeout(now);
    check_invariants(agent, now);
    ice::OutDatagram out;
    if (operation & 0x20) continue;
    while (agent.poll_output(out)) {
      const auto message = stun::MessageView::parse(out.data());
      require(message.has_value());
      require(stun::check_fingerprint(*message) == stun::Integrity::Valid);
    }
  }
  return 0;
}
