#include "sdp/description.h"

#include <algorithm>

#include "sdp/text.h"

namespace parley::sdp {

Direction reversed(Direction direction) {
  switch (direction) {
    case Direction::kSendOnly:
      return Direction::kRecvOnly;
    case Direction::kRecvOnly:
      return Direction::kSendOnly;
    default:
      return direction;
  }
}

bool sends(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kSendOnly;
}

bool receives(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kRecvOnly;
}

std::string_view to_text(Direction direction) {
  switch (direction) {
    case Direction::kSendRecv:
      return "sendrecv";
    case Direction::kSendOnly:
      return "sendonly";
    case Direction::kRecvOnly:
      return "recvonly";
    case Direction::kInactive:
      break;
  }
  return "inactive";
}

std::optional<Direction> direction_from_text(std::string_view text) {
  for (const Direction direction :
       {Direction::kSendRecv, Direction::kSendOnly, Direction::kRecvOnly, Direction::kInactive}) {
    if (text == to_text(direction)) return direction;
  }
  return std::nullopt;
}

std::string_view to_text(Setup setup) {
  switch (setup) {
    case Setup::kActive:
      return "active";
    case Setup::kPassive:
      return "passive";
    case Setup::kActPass:
      return "actpass";
    case Setup::kHoldConn:
      break;
  }
  return "holdconn";
}

std::optional<std::array<uint8_t, 32>> sha256_from_text(std::string_view text) {
  std::array<uint8_t, 32> out{};
  if (text.size() != out.size() * 3 - 1) return std::nullopt;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i > 0 && text[i * 3 - 1] != ':') return std::nullopt;
    const auto high = hex_digit(text[i * 3]);
    const auto low = hex_digit(text[i * 3 + 1]);
    if (!high || !low) return std::nullopt;
    out[i] = static_cast<uint8_t>(*high * 16 + *low);
  }
  return out;
}

std::string sha256_to_text(const std::array<uint8_t, 32>& fingerprint) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const uint8_t byte : fingerprint) {
    if (!out.empty()) out += ':';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

bool PayloadFormat::is(std::string_view encoding_name) const {
  return equal_ignoring_case(encoding, encoding_name);
}

std::optional<std::string_view> PayloadFormat::parameter(std::string_view key) const {
  std::string_view rest = parameters;
  while (!rest.empty()) {
    const std::string_view item = trimmed(take_until(rest, ';'));
    const size_t equals = item.find('=');
    if (equal_ignoring_case(trimmed(item.substr(0, equals)), key)) {
      return equals == std::string_view::npos ? std::string_view()
                                              : trimmed(item.substr(equals + 1));
    }
  }
  return std::nullopt;
}

bool PayloadFormat::has_feedback(std::string_view value) const {
  return std::ranges::find(feedback, value) != feedback.end();
}

const PayloadFormat* MediaSection::payload(uint8_t payload_type) const {
  const auto it = std::ranges::find(payloads, payload_type, &PayloadFormat::payload_type);
  return it == payloads.end() ? nullptr : &*it;
}

const Rid* MediaSection::rid(std::string_view id) const {
  const auto it = std::ranges::find(rids, id, &Rid::id);
  return it == rids.end() ? nullptr : &*it;
}

bool MediaSection::is_rtp() const {
  return protocol.find("RTP/") != std::string::npos;
}

const MediaSection* SessionDescription::section(std::string_view mid) const {
  const auto it = std::ranges::find(media, mid, &MediaSection::mid);
  return it == media.end() ? nullptr : &*it;
}

const Group* SessionDescription::bundle() const {
  const auto it = std::ranges::find(groups, "BUNDLE", &Group::semantics);
  return it == groups.end() ? nullptr : &*it;
}

TransportAttributes SessionDescription::transport_of(const MediaSection& section) const {
  TransportAttributes out = section.transport;
  // RFC 8839 §5.4: the two belong together, so that they come from one level.
  if (out.ice_ufrag.empty() && out.ice_pwd.empty()) {
    out.ice_ufrag = transport.ice_ufrag;
    out.ice_pwd = transport.ice_pwd;
  }
  if (out.ice_options.empty()) out.ice_options = transport.ice_options;
  if (out.fingerprints.empty()) out.fingerprints = transport.fingerprints;
  if (!out.setup) out.setup = transport.setup;
  return out;
}

}  // namespace parley::sdp
