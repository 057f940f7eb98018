#include "control/negotiation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "sdp/answer.h"
#include "sdp/parse.h"

namespace parley::control {
namespace {

using signaling::MediaSource;

// RFC 8445 §5.3 asks for 24 and 128 bits of randomness; these are 48 and 144.
constexpr size_t kUfragLength = 8;
constexpr size_t kPasswordLength = 24;
constexpr size_t kCnameLength = 16;
// Mids that a leg may ever have used: several times what an offer can hold.
constexpr size_t kMaxRememberedSlots = 512;

LegState new_leg(RandomSource& random) {
  LegState state;
  state.session_id = random.u64() >> 2;  // RFC 8829 §5.2.1: below 2^62 to be safe
  state.cname = random.base32(kCnameLength);
  return state;
}

media::IceCredentials new_credentials(RandomSource& random) {
  return {.ufrag = random.ice_chars(kUfragLength), .password = random.ice_chars(kPasswordLength)};
}

// The offer's ICE user fragment; a new one is an ICE restart (RFC 8839 §4.4.1.1.1).
std::string ufrag_of(const sdp::SessionDescription& offer) {
  for (const sdp::MediaSection& section : offer.media) {
    const sdp::TransportAttributes transport = offer.transport_of(section);
    if (!transport.ice_ufrag.empty()) return transport.ice_ufrag;
  }
  return offer.transport.ice_ufrag;
}

uint32_t new_ssrc(const LegState& state, RandomSource& random) {
  const auto taken = [&state](uint32_t ssrc) {
    return std::ranges::any_of(state.slots, [ssrc](const auto& entry) {
      return entry.second.ssrc.ssrc == ssrc || entry.second.ssrc.rtx_ssrc == ssrc;
    });
  };
  uint32_t ssrc = random.u32();
  while (ssrc == 0 || taken(ssrc)) ++ssrc;
  return ssrc;
}

LegState::Slot& slot_of(LegState& state, std::string_view mid, RandomSource& random) {
  const auto it = state.slots.find(mid);
  if (it != state.slots.end()) return it->second;
  const auto number = static_cast<uint32_t>(state.slots.size() + 1);
  const uint32_t ssrc = new_ssrc(state, random);
  LegState::Slot& slot = state.slots[std::string(mid)];
  slot = {.id = SlotId{number}, .ssrc = {.ssrc = ssrc, .rtx_ssrc = 0}};
  slot.ssrc.rtx_ssrc = new_ssrc(state, random);
  return slot;
}

// The names that the client gave its m-lines, checked for doubles.
std::expected<std::map<std::string, MediaSource, std::less<>>, std::string> sources_by_mid(
    const signaling::client::OfferBody& offer) {
  std::map<std::string, MediaSource, std::less<>> by_mid;
  std::set<MediaSource> seen;
  for (const auto& [mid, source] : offer.sources) {
    if (!by_mid.emplace(mid, source).second) {
      return std::unexpected(fmt::format("The offer's sources name m-line {} twice.", mid));
    }
    if (!seen.insert(source).second) {
      return std::unexpected(
          fmt::format("The offer publishes {} twice.", signaling::to_text(source)));
    }
  }
  return by_mid;
}

TrackId track_id(const LegState* former, const std::string& mid, MediaSource source,
                 uint32_t& last_track) {
  if (former != nullptr) {
    for (const PublishedTrack& track : former->tracks) {
      if (track.mid == mid && track.source == source) return track.id;
    }
  }
  return TrackId{++last_track};
}

media::TrackDescription describe_track(const sdp::NegotiatedSection& section,
                                       const PublishedTrack& track, uint32_t group) {
  return {.id = track.id,
          .kind = section.kind,
          .group = group,
          .screen = is_screen(track.source),
          .mid = section.mid,
          .rids = section.rids,
          .ssrcs = section.ssrcs,
          .codecs = section.codecs,
          .extensions = section.extensions};
}

media::SlotDescription describe_slot(const sdp::NegotiatedSection& section,
                                     const LegState::Slot& slot) {
  return {.id = slot.id,
          .kind = section.kind,
          .mid = section.mid,
          .ssrc = section.ssrcs.empty() ? slot.ssrc : section.ssrcs.front(),
          .codecs = section.codecs,
          .extensions = section.extensions};
}

sdp::AnswerParameters answer_parameters(LegState& state,
                                        const std::vector<SocketAddress>& candidates,
                                        const ControlConfig& config, RandomSource& random) {
  return {.ice_ufrag = state.local.ufrag,
          .ice_pwd = state.local.password,
          .fingerprint = config.fingerprint,
          .candidates = candidates,
          .session_id = state.session_id,
          .session_version = state.session_version,
          .cname = state.cname,
          .slot_ssrc = [&state,
                        &random](std::string_view mid) { return slot_of(state, mid, random).ssrc; },
          .video_codecs = config.video_codecs};
}

}  // namespace

bool is_audio(MediaSource source) {
  return source == MediaSource::kMic || source == MediaSource::kScreenAudio;
}

bool is_screen(MediaSource source) {
  return source == MediaSource::kScreen || source == MediaSource::kScreenAudio;
}

std::expected<Negotiated, std::string> negotiate(const signaling::client::OfferBody& offer,
                                                 const LegState* former, uint32_t group,
                                                 const std::vector<SocketAddress>& candidates,
                                                 const ControlConfig& config, uint32_t& last_track,
                                                 RandomSource& random) {
  const auto sources = sources_by_mid(offer);
  if (!sources) return std::unexpected(sources.error());
  const auto parsed = sdp::parse(offer.sdp);
  if (!parsed) {
    return std::unexpected(fmt::format("The offer can't be read (line {}): {}", parsed.error().line,
                                       parsed.error().message));
  }
  Negotiated result{.state = former != nullptr ? *former : new_leg(random)};
  LegState& state = result.state;
  if (state.slots.size() > kMaxRememberedSlots) {
    return std::unexpected("This connection has used too many m-lines. Reload the page.");
  }
  if (state.local.ufrag.empty() || state.remote.ufrag != ufrag_of(*parsed)) {
    state.local = new_credentials(random);
  }
  ++state.session_version;
  auto answer = sdp::answer(*parsed, answer_parameters(state, candidates, config, random));
  if (!answer) return std::unexpected("The offer can't be answered: " + answer.error().message);

  state.remote = {.ufrag = answer->remote_ice_ufrag, .password = answer->remote_ice_pwd};
  state.remote_fingerprint = answer->remote_fingerprint;
  state.tracks.clear();
  media::PeerDescription& description = result.description;
  uint32_t track_counter = last_track;
  for (const sdp::NegotiatedSection& section : answer->sections) {
    if (section.direction == sdp::ClientDirection::kReceives) {
      description.slots.push_back(describe_slot(section, slot_of(state, section.mid, random)));
    }
    if (section.direction != sdp::ClientDirection::kSends) continue;
    const auto source = sources->find(section.mid);
    if (source == sources->end()) {
      return std::unexpected(
          fmt::format("M-line {} sends, but `sources` doesn't name what.", section.mid));
    }
    if (is_audio(source->second) != (section.kind == rtp::MediaKind::kAudio)) {
      return std::unexpected(fmt::format("M-line {} isn't of the kind of {}.", section.mid,
                                         signaling::to_text(source->second)));
    }
    const PublishedTrack& track = state.tracks.emplace_back(
        PublishedTrack{.id = track_id(former, section.mid, source->second, track_counter),
                       .source = source->second,
                       .mid = section.mid,
                       .rids = section.rids});
    description.tracks.push_back(describe_track(section, track, group));
  }
  last_track = track_counter;
  description.local = state.local;
  description.remote = state.remote;
  description.remote_fingerprint = state.remote_fingerprint;
  description.cname = state.cname;
  result.answer_sdp = std::move(answer->sdp);
  return result;
}

}  // namespace parley::control
