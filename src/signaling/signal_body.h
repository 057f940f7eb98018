// What two participants tell each other about their direct leg; the server relays it as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "signaling/words.h"

namespace parley::signaling {

struct SessionDescription {
  DescriptionType type = DescriptionType::kOffer;
  std::string sdp;
  bool operator==(const SessionDescription&) const = default;
};

// RTCIceCandidateInit.
struct IceCandidate {
  std::string candidate;
  std::optional<std::string> sdp_mid;
  std::optional<int64_t> sdp_m_line_index;
  std::optional<std::string> username_fragment;
  bool operator==(const IceCandidate&) const = default;
};

// `"candidate": null`: there are no more.
struct EndOfCandidates {
  bool operator==(const EndOfCandidates&) const = default;
};

using SignalBody = std::variant<SessionDescription, IceCandidate, EndOfCandidates>;

}  // namespace parley::signaling
