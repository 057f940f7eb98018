// Which header extensions (RFC 8285) are answered, and what ids they got.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rtp/parameters.h"
#include "sdp/description.h"

namespace parley::sdp {

// The largest id of a one-byte header extension (RFC 8285 §4.2), the form of all packets but those
// with a large element.
inline constexpr uint8_t kMaxExtensionId = 14;

inline constexpr std::string_view kDependencyDescriptorUri =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
inline constexpr std::string_view kVideoLayersAllocationUri =
    "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00";

// The ids of all m-lines of a bundle. A packet's mid is read before its m-line is known, so an id
// must mean the same in the whole bundle (RFC 8843 §9.1); an offer that breaks this loses the later
// extension, not the call.
class BundleExtensions {
 public:
  struct Accepted {
    rtp::HeaderExtensionIds ids;
    std::vector<ExtensionMap> lines;  // for the answer, in the order of the offer
  };

  // `mixed`: the offer's session part has extmap-allow-mixed. Without it, or the m-line's own, what
  // needs the two-byte form is not taken (RFC 8285 §4.1.2).
  explicit BundleExtensions(bool mixed) : mixed_(mixed) {}

  // What an accepted m-line is for. `client_sends` tells tracks, which bring rid, capture time and
  // the like, from slots, which need only what the server writes.
  struct Use {
    rtp::MediaKind kind = rtp::MediaKind::kAudio;
    bool client_sends = false;
    bool vp8 = false;  // the offer's first choice
  };
  // Picks from an accepted m-line's extensions what Parley uses there. A track that prefers
  // VP8 gets no dependency descriptor: beside one, libwebrtc (RTPSenderVideo, 2026) leaves the
  // picture id and the temporal layer out of VP8's own descriptor.
  Accepted accept(const MediaSection& offered, const Use& use);

 private:
  // Takes the id for the URI; false if one of them is taken otherwise.
  bool claim(uint16_t id, const std::string& uri);

  bool mixed_;
  std::array<std::string, kMaxExtensionId + 1> uris_;  // by id
};

// The ids of an answer's m-line, for a client. Extensions that Parley doesn't know are left out.
rtp::HeaderExtensionIds extension_ids(const MediaSection& section);

}  // namespace parley::sdp
