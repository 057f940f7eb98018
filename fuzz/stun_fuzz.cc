// Any bytes through the STUN parser and all its readers; a message that parses and is a Binding
// request through the server too.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "stun/integrity.h"
#include "stun/message.h"
#include "stun/server.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  const Bytes input(data, size);
  const SocketAddress source{IpAddress::v4(192, 0, 2, 1), 5};
  std::array<uint8_t, stun::kMaxBindingAnswer> out;
  const auto answer = stun::answer_binding(input, source, out);
  const auto message = stun::MessageView::parse(input);
  if (!message) {
    require(!answer);
    return 0;
  }
  require(stun::is_stun(input));
  static const stun::IntegrityKey key(as_bytes("VOkJxbRl1RmTxUk/WvJxBt"));
  for (const auto type : {stun::Attribute::MappedAddress, stun::Attribute::XorMappedAddress,
                          stun::Attribute::Username, stun::Attribute::Priority,
                          stun::Attribute::IceControlling, stun::Attribute::Data}) {
    message->text(type);
    message->u32(type);
    message->u64(type);
    message->address(type);
    message->xor_address(type);
  }
  message->error_code();
  message->unknown_attributes();
  stun::check_integrity(*message, key);
  stun::check_integrity_sha256(*message, key);
  stun::check_fingerprint(*message);
  if (answer) {
    const auto parsed = stun::MessageView::parse(Bytes(out).first(*answer));
    require(parsed.has_value());
    require(parsed->transaction_id() == message->transaction_id());
    if (parsed->message_class() == stun::MessageClass::Success) {
      require(parsed->xor_address(stun::Attribute::XorMappedAddress) == source);
    }
  }
  return 0;
}
