// The parts of a connectivity check that the lite and the full agent share: what makes a request
// acceptable, and the bytes of the answers (RFC 8445 §7.3, RFC 8489 §9.1.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "ice/datagram.h"
#include "stun/builder.h"
#include "stun/integrity.h"
#include "stun/message.h"

namespace parley::ice {

// What came of a datagram given to an agent. Owners count by it.
enum class StunResult : uint8_t {
  Answered,          // a valid check; a success response is in the output
  ResponseAccepted,  // a response to one of our requests
  RoleConflict,      // answered with 487
  BadRequest,        // answered with 400: no user name or no integrity
  BadCredentials,    // answered with 401: user name or integrity of someone else, or of an earlier
                     // generation
  UnknownAttribute,  // answered with 420
  Malformed,         // dropped: not a STUN message
  BadFingerprint,    // dropped: FINGERPRINT missing or wrong
  Unexpected,   // dropped: an indication, another method, a response nobody waits for or that isn't
                // authentic
  UnknownPath,  // dropped: came to a local address that is no candidate of ours
  QueueFull,    // dropped before any change of state: the owner doesn't drain the output
  Failed,       // dropped: the agent has failed and waits for a restart
};

// The two halves of a USERNAME "receiver:sender" (RFC 8445 §7.2.2).
struct CheckUser {
  std::string_view receiver;
  std::string_view sender;
};
std::optional<CheckUser> check_user(const stun::MessageView& message);

// RFC 8445 §7.1, §7.1.1: FINGERPRINT is there and right, and the method is Binding. Answered if so.
StunResult check_frame(const stun::MessageView& message);
// A request's unknown comprehension-required attributes.
BoundedVector<uint16_t, stun::kMaxAttributes> unknown_in_check(const stun::MessageView& message);

// Writers of whole answers, each to `request`, which came over `path`.
OutDatagram success_response(const FlowPath& path, const stun::MessageView& request,
                             const stun::IntegrityKey& key);
// Without `key` the answer has no integrity: 400 and 401 (RFC 8489 §9.1.3).
OutDatagram error_response(const FlowPath& path, const stun::MessageView& request, int code,
                           const stun::IntegrityKey* key, std::span<const uint16_t> unknown = {});

}  // namespace parley::ice
