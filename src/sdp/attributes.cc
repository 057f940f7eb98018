#include "sdp/attributes.h"

#include <algorithm>
#include <utility>

#include "sdp/text.h"

namespace parley::sdp {
namespace {

Status read_group(std::string_view value, SessionDescription& session) {
  if (session.groups.size() == kMaxGroups) return refuse_size("groups");
  Group group;
  group.semantics = take_word(value);
  if (group.semantics.empty()) return refuse("a=group needs a kind");
  while (!value.empty()) {
    if (group.mids.size() == kMaxMediaSections) return refuse_size("mids in a group");
    group.mids.emplace_back(take_word(value));
  }
  session.groups.push_back(std::move(group));
  return {};
}

Status read_ice_options(std::string_view value, std::vector<std::string>& options) {
  while (!value.empty()) {
    if (options.size() == kMaxIceOptions) return refuse_size("ice-options");
    options.emplace_back(take_word(value));
  }
  return {};
}

Status read_fingerprint(std::string_view value, TransportAttributes& transport) {
  if (transport.fingerprints.size() == kMaxFingerprints) return refuse_size("fingerprints");
  std::string algorithm = lower_case(take_word(value));
  std::string bytes = upper_case(take_word(value));
  if (algorithm.empty() || bytes.empty()) return refuse("a=fingerprint needs a hash and a value");
  transport.fingerprints.push_back({std::move(algorithm), std::move(bytes)});
  return {};
}

Status read_setup(std::string_view value, TransportAttributes& transport) {
  for (const Setup setup : {Setup::kActive, Setup::kPassive, Setup::kActPass, Setup::kHoldConn}) {
    if (value == to_text(setup)) {
      transport.setup = setup;
      return {};
    }
  }
  return refuse("a=setup must be actpass, active, passive or holdconn");
}

// RFC 8839 §5.4: the lengths of ice-ufrag and ice-pwd.
Status read_ice_text(std::string_view value, size_t min_length, std::string& out) {
  if (value.size() < min_length || value.size() > 256 || !is_ice_text(value)) {
    return refuse("an ice-ufrag has 4 to 256, an ice-pwd 22 to 256 characters of A-Z a-z 0-9 + /");
  }
  out = value;
  return {};
}

// RFC 8839 §5.1: foundation component transport priority address port "typ" type *(extension)
Status read_candidate(std::string_view value, MediaSection& section) {
  if (section.candidates.size() == kMaxCandidates) return refuse_size("candidates");
  Candidate candidate;
  candidate.foundation = take_word(value);
  const auto component = decimal<uint16_t>(take_word(value));
  candidate.transport = lower_case(take_word(value));
  const auto priority = decimal<uint32_t>(take_word(value));
  candidate.address = take_word(value);
  const auto port = decimal<uint16_t>(take_word(value));
  const bool typed = take_word(value) == "typ";
  candidate.type = take_word(value);
  candidate.extensions = value;
  if (!component || !priority || !port || !typed || candidate.type.empty()) {
    return refuse("a candidate can't be read");
  }
  candidate.component = *component;
  candidate.priority = *priority;
  candidate.port = *port;
  section.candidates.push_back(std::move(candidate));
  return {};
}

// RFC 8285 §5: <id>["/"<direction>] <uri> [<attributes>]; RFC 6904 §4 puts urn:…:encrypt before the
// uri.
Status read_extmap(std::string_view value, MediaSection& section) {
  if (section.extensions.size() == kMaxExtensions) return refuse_size("header extensions");
  ExtensionMap extension;
  std::string_view place = take_word(value);
  const auto id = decimal<uint16_t>(take_until(place, '/'));
  if (!id || *id == 0) return refuse("an extmap id is a number from 1");
  extension.id = *id;
  if (!place.empty()) {
    extension.direction = direction_from_text(place);
    if (!extension.direction) return refuse("an extmap direction can't be read");
  }
  std::string_view uri = take_word(value);
  if (uri == "urn:ietf:params:rtp-hdrext:encrypt") {
    extension.encrypted = true;
    uri = take_word(value);
  }
  if (uri.empty()) return refuse("an extmap needs a URI");
  extension.uri = uri;
  extension.attributes = value;
  section.extensions.push_back(std::move(extension));
  return {};
}

Status read_mid(std::string_view value, MediaSection& section) {
  if (!is_token(value, kMaxMidLength)) return refuse("a mid is a token of up to 16 characters");
  section.mid = value;
  return {};
}

// The attributes without a value. True if it was one of them.
bool read_flag(std::string_view name, MediaSection& section) {
  if (const auto direction = direction_from_text(name)) {
    section.direction = *direction;
    return true;
  }
  static constexpr std::pair<std::string_view, bool MediaSection::*> kFlags[] = {
      {"rtcp-mux", &MediaSection::rtcp_mux},
      {"rtcp-rsize", &MediaSection::rtcp_rsize},
      {"bundle-only", &MediaSection::bundle_only},
      {"extmap-allow-mixed", &MediaSection::extmap_allow_mixed},
      {"end-of-candidates", &MediaSection::end_of_candidates},
  };
  for (const auto& [flag, member] : kFlags) {
    if (name == flag) {
      section.*member = true;
      return true;
    }
  }
  return false;
}

}  // namespace

Status refuse(std::string message) {
  return std::unexpected(Refusal{SdpErrorCode::kSyntax, std::move(message)});
}

Status refuse_size(std::string_view what) {
  return std::unexpected(Refusal{SdpErrorCode::kTooLarge, "too many " + std::string(what)});
}

std::expected<bool, Refusal> read_transport_attribute(Attribute attribute,
                                                      TransportAttributes& transport) {
  const auto [name, value] = attribute;
  Status status;
  if (name == "ice-ufrag") {
    status = read_ice_text(value, 4, transport.ice_ufrag);
  } else if (name == "ice-pwd") {
    status = read_ice_text(value, 22, transport.ice_pwd);
  } else if (name == "ice-options") {
    status = read_ice_options(value, transport.ice_options);
  } else if (name == "fingerprint") {
    status = read_fingerprint(value, transport);
  } else if (name == "setup") {
    status = read_setup(value, transport);
  } else {
    return false;
  }
  if (!status) return std::unexpected(std::move(status.error()));
  return true;
}

Status read_session_attribute(Attribute attribute, SessionDescription& session,
                              Direction& default_direction) {
  if (attribute.name == "group") return read_group(attribute.value, session);
  if (attribute.name == "ice-lite") session.ice_lite = true;
  if (attribute.name == "extmap-allow-mixed") session.extmap_allow_mixed = true;
  if (const auto direction = direction_from_text(attribute.name)) default_direction = *direction;
  const auto known = read_transport_attribute(attribute, session.transport);
  if (!known) return std::unexpected(known.error());
  return {};
}

Status read_media_attribute(Attribute attribute, MediaScope scope) {
  if (read_flag(attribute.name, scope.section)) return {};
  if (attribute.name == "mid") return read_mid(attribute.value, scope.section);
  if (attribute.name == "extmap") return read_extmap(attribute.value, scope.section);
  if (attribute.name == "candidate") return read_candidate(attribute.value, scope.section);
  auto known = read_payload_attribute(attribute, scope);
  if (known && !*known) known = read_stream_attribute(attribute, scope.section);
  if (known && !*known) known = read_transport_attribute(attribute, scope.section.transport);
  if (!known) return std::unexpected(std::move(known.error()));
  return {};
}

}  // namespace parley::sdp
