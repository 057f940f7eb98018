#include "ice/candidate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace parley::ice {
namespace {

constexpr std::array<std::pair<std::string_view, CandidateType>, 4> kTypeNames = {{
    {"host", CandidateType::Host},
    {"srflx", CandidateType::ServerReflexive},
    {"prflx", CandidateType::PeerReflexive},
    {"relay", CandidateType::Relayed},
}};

std::string_view type_name(CandidateType type) {
  for (const auto& [name, value] : kTypeNames) {
    if (value == type) return name;
  }
  return "host";
}

// Takes the next space-separated word off `text`; empty at the end.
std::string_view next_word(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

template <typename T>
std::optional<T> number(std::string_view word) {
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool is_ice_chars(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '+' || c == '/'; });
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || c == '-' || c == '.' || c == '_';
  });
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

CandidateTransport transport_of(std::string_view word) {
  if (equals_ignoring_case(word, "udp")) return CandidateTransport::Udp;
  if (equals_ignoring_case(word, "tcp")) return CandidateTransport::Tcp;
  return CandidateTransport::Other;
}

std::string_view transport_name(CandidateTransport transport) {
  switch (transport) {
    case CandidateTransport::Udp:
      return "udp";
    case CandidateTransport::Tcp:
      return "tcp";
    case CandidateTransport::Other:
      break;
  }
  return "other";
}

// The name-value pairs after the type. A value that can't be read is as good as absent: nothing
// depends on these.
void parse_extensions(std::string_view text, Candidate& candidate) {
  std::optional<IpAddress> ip;
  std::optional<uint16_t> port;
  while (true) {
    const auto name = next_word(text);
    const auto value = next_word(text);
    if (value.empty()) break;
    if (name == "raddr") ip = IpAddress::parse(value);
    if (name == "rport") port = number<uint16_t>(value);
    if (name == "tcptype" && is_ice_chars(value)) candidate.tcp_type = value;
  }
  if (ip && port) candidate.related = SocketAddress{*ip, *port};
}

}  // namespace

bool Candidate::is_usable() const {
  return transport == CandidateTransport::Udp && hostname.empty() && address.port != 0 &&
         !address.ip.is_unspecified() && component == 1;
}

std::expected<Candidate, CandidateError> parse_candidate(std::string_view text) {
  if (text.size() > kMaxCandidateText) return std::unexpected(CandidateError::TooLong);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (text.starts_with("a=")) text.remove_prefix(2);
  constexpr std::string_view kStart = "candidate:";
  if (!text.starts_with(kStart)) return std::unexpected(CandidateError::NotCandidate);
  text.remove_prefix(kStart.size());

  const auto foundation = next_word(text);
  const auto component = next_word(text);
  const auto transport = next_word(text);
  const auto priority = next_word(text);
  const auto address = next_word(text);
  const auto port = next_word(text);
  const auto typ = next_word(text);
  const auto type = next_word(text);
  if (type.empty() || typ != "typ") return std::unexpected(CandidateError::MissingField);

  Candidate c;
  if (foundation.size() > 32 || !is_ice_chars(foundation)) {
    return std::unexpected(CandidateError::BadFoundation);
  }
  c.foundation = foundation;
  const auto component_number = number<uint16_t>(component);
  if (!component_number || *component_number < 1 || *component_number > 256) {
    return std::unexpected(CandidateError::BadComponent);
  }
  c.component = *component_number;
  c.transport = transport_of(transport);
  const auto priority_number = number<uint32_t>(priority);
  if (!priority_number) return std::unexpected(CandidateError::BadPriority);
  c.priority = *priority_number;
  if (const auto ip = IpAddress::parse(address)) {
    c.address.ip = *ip;
  } else if (is_host_name(address)) {
    c.hostname = address;
  } else {
    return std::unexpected(CandidateError::BadAddress);
  }
  const auto port_number = number<uint16_t>(port);
  if (!port_number) return std::unexpected(CandidateError::BadPort);
  c.address.port = *port_number;
  const auto known = std::ranges::find(kTypeNames, type, &decltype(kTypeNames)::value_type::first);
  if (known == kTypeNames.end()) return std::unexpected(CandidateError::BadType);
  c.type = known->second;
  parse_extensions(text, c);
  return c;
}

std::string write_candidate(const Candidate& c) {
  std::string out = "candidate:" + c.foundation + ' ' + std::to_string(c.component) + ' ';
  out += transport_name(c.transport);
  out += ' ' + std::to_string(c.priority) + ' ';
  out += c.hostname.empty() ? c.address.ip.to_string() : c.hostname;
  out += ' ' + std::to_string(c.address.port) + " typ ";
  out += type_name(c.type);
  if (c.related) {
    out += " raddr " + c.related->ip.to_string() + " rport " + std::to_string(c.related->port);
  }
  if (!c.tcp_type.empty()) out += " tcptype " + c.tcp_type;
  return out;
}

uint32_t candidate_priority(CandidateType type, uint16_t local_preference, uint16_t component) {
  // RFC 8445 §5.1.2.2: recommended type preferences.
  uint32_t type_preference = 0;
  switch (type) {
    case CandidateType::Host:
      type_preference = 126;
      break;
    case CandidateType::PeerReflexive:
      type_preference = 110;
      break;
    case CandidateType::ServerReflexive:
      type_preference = 100;
      break;
    case CandidateType::Relayed:
      type_preference = 0;
      break;
  }
  return (type_preference << 24) + (uint32_t{local_preference} << 8) + (256u - component);
}

std::string candidate_foundation(CandidateType type, const IpAddress& base,
                                 const IpAddress& server) {
  uint32_t h = 2166136261u ^ static_cast<uint32_t>(type);  // FNV-1a
  for (const IpAddress& ip : {base, server}) {
    for (const uint8_t b : ip.bytes()) h = (h ^ b) * 16777619u;
  }
  return std::to_string(h);
}

uint64_t pair_priority(uint32_t controlling, uint32_t controlled) {
  const uint64_t low = std::min(controlling, controlled);
  const uint64_t high = std::max(controlling, controlled);
  return (low << 32) + 2 * high + (controlling > controlled ? 1 : 0);
}

}  // namespace parley::ice
