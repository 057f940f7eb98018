#include "stun/server.h"

#include <algorithm>
#include <array>

#include "stun/builder.h"
#include "stun/integrity.h"
#include "stun/message.h"

namespace parley::stun {
namespace {

constexpr std::array kUnderstood = {
    Attribute::Username,
    Attribute::MessageIntegrity,
    Attribute::MessageIntegritySha256,
    Attribute::Realm,
    Attribute::Nonce,
    Attribute::MappedAddress,
    Attribute::XorMappedAddress,
    Attribute::Priority,
    Attribute::UseCandidate,
};

}  // namespace

std::optional<size_t> answer_binding(Bytes request, SocketAddress source, MutableBytes out) {
  const auto message = MessageView::parse(request);
  if (!message || !message->is(MessageClass::Request, Method::Binding)) return std::nullopt;
  const Integrity fingerprint = check_fingerprint(*message);
  if (fingerprint == Integrity::Wrong) return std::nullopt;

  // RFC 8489 §6.3.1: what must be understood and isn't, is listed in a 420. The list is cut so that
  // an answer is not larger than the request that caused it by more than a header: no
  // amplification.
  constexpr size_t kListedAtMost = 16;
  const auto unknown = message->not_understood(kUnderstood);
  const auto message_class = unknown.empty() ? MessageClass::Success : MessageClass::Error;
  MessageBuilder answer(out, message_class, Method::Binding, message->transaction_id());
  if (unknown.empty()) {
    answer.add_xor_address(Attribute::XorMappedAddress, source);
  } else {
    answer.add_error(420, "Unknown Attribute");
    answer.add_unknown_attributes({unknown.data(), std::min(unknown.size(), kListedAtMost)});
  }
  if (fingerprint == Integrity::Valid) answer.add_fingerprint();
  return answer.finish();
}

}  // namespace parley::stun
