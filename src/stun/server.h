// A plain STUN server: tells a client the address it is seen at (RFC 8489 §2, Binding without
// credentials).
#pragma once

#include <optional>

#include "base/address.h"
#include "base/bytes.h"

namespace parley::stun {

// Enough for every answer of answer_binding().
inline constexpr size_t kMaxBindingAnswer = 160;

// Answers a Binding request that came from `source`. The answer goes to `out` (kMaxBindingAnswer
// bytes suffice), its size is returned. Unknown comprehension-required attributes are answered with
// 420. nullopt, and nothing is to be sent, for whatever isn't a well-formed Binding request, has a
// wrong FINGERPRINT, or whose answer doesn't fit. Credentials in the request are ignored: whether
// it is an ICE check for some peer is the caller's to decide first.
std::optional<size_t> answer_binding(Bytes request, SocketAddress source, MutableBytes out);

}  // namespace parley::stun
