#include "sdp/extensions.h"

#include <algorithm>
#include <string_view>

namespace parley::sdp {
namespace {

struct KnownExtension {
  std::string_view uri;
  uint8_t rtp::HeaderExtensionIds::* id;
  bool audio;
  bool video;
  bool track;          // taken where the client sends
  bool slot;           // taken where it receives
  bool large = false;  // may exceed the one-byte form's 16 bytes
};

constexpr std::string_view kTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

// What isn't here is not answered: playout-delay would force delays on receivers, and the rest only
// costs bytes.
constexpr KnownExtension kKnown[] = {
    {"urn:ietf:params:rtp-hdrext:sdes:mid", &rtp::HeaderExtensionIds::mid, true, true, true, true},
    {"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", &rtp::HeaderExtensionIds::rid, false, true,
     true, false},
    {"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
     &rtp::HeaderExtensionIds::repaired_rid, false, true, true, false},
    {"urn:ietf:params:rtp-hdrext:ssrc-audio-level", &rtp::HeaderExtensionIds::audio_level, true,
     false, true, true},
    {kTransportCc, &rtp::HeaderExtensionIds::transport_sequence, true, true, true, true},
    {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
     &rtp::HeaderExtensionIds::abs_send_time, true, true, true, true},
    {"urn:3gpp:video-orientation", &rtp::HeaderExtensionIds::video_orientation, false, true, true,
     true},
    {"http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
     &rtp::HeaderExtensionIds::abs_capture_time, true, true, true, false},
    {kDependencyDescriptorUri, &rtp::HeaderExtensionIds::dependency_descriptor, false, true, true,
     true, true},
    {kVideoLayersAllocationUri, &rtp::HeaderExtensionIds::video_layers_allocation, false, true,
     true, false, true},
};

const KnownExtension* find_known(std::string_view uri) {
  const auto it = std::ranges::find(kKnown, uri, &KnownExtension::uri);
  return it == std::end(kKnown) ? nullptr : it;
}

bool usable(const ExtensionMap& extension, const KnownExtension& known,
            const BundleExtensions::Use& use, bool mixed) {
  if (known.large && !mixed) return false;
  if (known.uri == kDependencyDescriptorUri && use.client_sends && use.vp8) return false;
  if (extension.encrypted || extension.id > kMaxExtensionId) return false;
  if (!(use.kind == rtp::MediaKind::kAudio ? known.audio : known.video)) return false;
  if (!(use.client_sends ? known.track : known.slot)) return false;
  const Direction direction = extension.direction.value_or(Direction::kSendRecv);
  return use.client_sends ? sends(direction) : receives(direction);
}

}  // namespace

BundleExtensions::Accepted BundleExtensions::accept(const MediaSection& offered, const Use& use) {
  const bool mixed = mixed_ || offered.extmap_allow_mixed;
  Accepted out;
  const bool transport_cc = std::ranges::any_of(offered.extensions, [&](const ExtensionMap& e) {
    return e.uri == kTransportCc && usable(e, *find_known(kTransportCc), use, mixed);
  });
  for (const ExtensionMap& extension : offered.extensions) {
    const KnownExtension* known = find_known(extension.uri);
    if (known == nullptr || !usable(extension, *known, use, mixed)) continue;
    // To a slot the send time is written only where its packets can't be numbered instead.
    if (!use.client_sends && transport_cc && known->id == &rtp::HeaderExtensionIds::abs_send_time) {
      continue;
    }
    if (!claim(extension.id, extension.uri)) continue;
    out.ids.*(known->id) = static_cast<uint8_t>(extension.id);
    ExtensionMap line{.id = extension.id, .uri = extension.uri};
    if (extension.direction) line.direction = reversed(*extension.direction);
    out.lines.push_back(std::move(line));
  }
  return out;
}

bool BundleExtensions::claim(uint16_t id, const std::string& uri) {
  std::string& place = uris_[id];
  if (place == uri) return true;
  if (!place.empty() || std::ranges::find(uris_, uri) != uris_.end()) return false;
  place = uri;
  return true;
}

rtp::HeaderExtensionIds extension_ids(const MediaSection& section) {
  rtp::HeaderExtensionIds out;
  for (const ExtensionMap& extension : section.extensions) {
    const KnownExtension* known = find_known(extension.uri);
    if (known == nullptr || extension.encrypted || extension.id > kMaxExtensionId) continue;
    out.*(known->id) = static_cast<uint8_t>(extension.id);
  }
  return out;
}

}  // namespace parley::sdp
