// Which header extensions (RFC 8285) are answered, and what ids they got.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "rtp/parameters.h"
#include "sdp/description.h"

namespace parley::sdp {

// The largest id of a one-byte header extension (RFC 8285 §4.2); Parley writes no other form.
inline constexpr uint8_t kMaxExtensionId = 14;

// The ids of all m-lines of a bundle. A packet's mid is read before its m-line is known, so an id
// must mean the same in the whole bundle (RFC 8843 §9.1); an offer that breaks this loses the later
// extension, not the call.
class BundleExtensions {
 public:
  struct Accepted {
    rtp::HeaderExtensionIds ids;
    std::vector<ExtensionMap> lines;  // for the answer, in the order of the offer
  };

  // Picks from an accepted m-line's extensions what Parley uses there. `client_sends` tells the two
  // uses apart: tracks bring rid, capture time and the like, slots need only what the server
  // writes.
  Accepted accept(const MediaSection& offered, rtp::MediaKind kind, bool client_sends);

 private:
  // Takes the id for the URI; false if one of them is taken otherwise.
  bool claim(uint16_t id, const std::string& uri);

  std::array<std::string, kMaxExtensionId + 1> uris_;  // by id
};

// The ids of an answer's m-line, for a client. Extensions that Parley doesn't know are left out.
rtp::HeaderExtensionIds extension_ids(const MediaSection& section);

}  // namespace parley::sdp
