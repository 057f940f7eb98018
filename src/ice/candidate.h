// Candidates: value, priority, foundation and the text of the candidate attribute (RFC 8445 §5.1,
// RFC 8839 §5.1).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"

namespace parley::ice {

enum class CandidateType : uint8_t { Host, ServerReflexive, PeerReflexive, Relayed };
enum class CandidateTransport : uint8_t { Udp, Tcp, Other };

struct Candidate {
  std::string foundation;  // 1 to 32 ice-chars
  uint16_t component = 1;  // 1..256
  CandidateTransport transport = CandidateTransport::Udp;
  uint32_t priority = 0;
  SocketAddress address;  // the ip is unspecified if `hostname` isn't empty
  std::string hostname;   // as written, where the text had a name: browsers hide host addresses as
                          // "<uuid>.local"
  CandidateType type = CandidateType::Host;
  std::optional<SocketAddress> related;  // raddr and rport
  std::string tcp_type;                  // RFC 6544: active, passive or so; empty for UDP

  // False for what an agent here can't use: TCP, names, port 0, components other than 1.
  bool is_usable() const;
  bool operator==(const Candidate&) const = default;
};

enum class CandidateError : uint8_t {
  TooLong,       // more than kMaxCandidateText
  NotCandidate,  // doesn't start with "candidate:" (or "a=candidate:")
  MissingField,
  BadFoundation,
  BadComponent,
  BadPriority,
  BadAddress,  // neither an address nor a name
  BadPort,
  BadType,
};

// Browsers' lines are under 200 characters.
inline constexpr size_t kMaxCandidateText = 512;

// Parses "candidate:..." as in SDP or in RTCIceCandidate.candidate; a leading "a=" and a trailing
// line end are ignored, and so are unknown extensions. TCP and .local candidates parse; is_usable()
// tells them apart.
std::expected<Candidate, CandidateError> parse_candidate(std::string_view text);
// "candidate:..." without "a=".
std::string write_candidate(const Candidate& candidate);

// RFC 8445 §5.1.2.1. `local_preference` 0..65535, `component` 1..256.
uint32_t candidate_priority(CandidateType type, uint16_t local_preference, uint16_t component = 1);
// RFC 8445 §5.1.1.3: equal for candidates of one type and base (and one server), different
// otherwise.
std::string candidate_foundation(CandidateType type, const IpAddress& base,
                                 const IpAddress& server = {});
// RFC 8445 §6.1.2.3.
uint64_t pair_priority(uint32_t controlling, uint32_t controlled);

}  // namespace parley::ice
