#include "ice/check_request.h"

#include <array>

#include "base/check.h"

namespace parley::ice {
namespace {

constexpr std::array kUnderstood = {
    stun::Attribute::Username,
    stun::Attribute::MessageIntegrity,
    stun::Attribute::MessageIntegritySha256,
    stun::Attribute::Priority,
    stun::Attribute::UseCandidate,
};

std::string_view reason(int code) {
  switch (code) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthenticated";
    case 420:
      return "Unknown Attribute";
    case 487:
      return "Role Conflict";
    default:
      return "Error";
  }
}

}  // namespace

std::optional<CheckUser> check_user(const stun::MessageView& message) {
  const auto name = message.text(stun::Attribute::Username);
  if (!name) return std::nullopt;
  const size_t colon = name->find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  return CheckUser{name->substr(0, colon), name->substr(colon + 1)};
}

StunResult check_frame(const stun::MessageView& message) {
  if (message.method() != stun::Method::Binding ||
      message.message_class() == stun::MessageClass::Indication) {
    return StunResult::Unexpected;
  }
  if (stun::check_fingerprint(message) != stun::Integrity::Valid) {
    return StunResult::BadFingerprint;
  }
  return StunResult::Answered;
}

BoundedVector<uint16_t, stun::kMaxAttributes> unknown_in_check(const stun::MessageView& message) {
  return message.not_understood(kUnderstood);
}

OutDatagram success_response(const FlowPath& path, const stun::MessageView& request,
                             const stun::IntegrityKey& key) {
  OutDatagram out;
  out.path = path;
  stun::MessageBuilder b(out.bytes, stun::MessageClass::Success, request.method(),
                         request.transaction_id());
  b.add_xor_address(stun::Attribute::XorMappedAddress, path.remote);
  b.add_integrity(key);
  b.add_fingerprint();
  const auto size = b.finish();
  PARLEY_CHECK(size.has_value());
  out.size = *size;
  return out;
}

OutDatagram error_response(const FlowPath& path, const stun::MessageView& request, int code,
                           const stun::IntegrityKey* key, std::span<const uint16_t> unknown) {
  OutDatagram out;
  out.path = path;
  stun::MessageBuilder b(out.bytes, stun::MessageClass::Error, request.method(),
                         request.transaction_id());
  b.add_error(code, reason(code));
  if (!unknown.empty()) b.add_unknown_attributes(unknown);
  if (key) b.add_integrity(*key);
  b.add_fingerprint();
  const auto size = b.finish();
  PARLEY_CHECK(size.has_value());
  out.size = *size;
  return out;
}

}  // namespace parley::ice
