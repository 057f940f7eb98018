#include "sdp/offer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sdp/codecs.h"
#include "sdp/extensions.h"
#include "sdp/parse.h"
#include "sdp/write.h"

namespace parley::sdp {
namespace {

constexpr rtp::Codec kAllCodecs[] = {rtp::Codec::kOpus, rtp::Codec::kVp8, rtp::Codec::kH264,
                                     rtp::Codec::kVp9, rtp::Codec::kAv1};

void add_video_codec(const rtp::CodecParameters& codec, std::string parameters,
                     MediaSection& section) {
  section.payloads.push_back(
      {.payload_type = codec.payload_type,
       .encoding = std::string(encoding_name(codec.codec)),
       .clock_rate = codec.clock_rate,
       .parameters = std::move(parameters),
       .feedback = {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}});
  section.payloads.push_back({.payload_type = codec.rtx_payload_type,
                              .encoding = "rtx",
                              .clock_rate = codec.clock_rate,
                              .parameters = "apt=" + std::to_string(codec.payload_type)});
}

void add_codecs(rtp::MediaKind kind, MediaSection& section) {
  if (kind == rtp::MediaKind::kVideo) {
    add_video_codec(kOfferedVp8, "", section);
    add_video_codec(kOfferedVp9, "profile-id=0", section);
    add_video_codec(kOfferedAv1, "level-idx=5;profile=0;tier=0", section);
    add_video_codec(kOfferedH264,
                    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
                    section);
    return;
  }
  section.payloads = {{.payload_type = kOfferedOpus.payload_type,
                       .encoding = "opus",
                       .clock_rate = kOfferedOpus.clock_rate,
                       .channels = 2,
                       .parameters = "minptime=10;useinbandfec=1",
                       .feedback = {"transport-cc"}},
                      {.payload_type = kOfferedOpus.red_payload_type,
                       .encoding = "red",
                       .clock_rate = kOfferedOpus.clock_rate,
                       .channels = 2,
                       .parameters = "111/111"}};
}

void add_extensions(rtp::MediaKind kind, bool transport_feedback, MediaSection& section) {
  const auto add = [&](uint8_t id, std::string_view uri) {
    section.extensions.push_back({.id = id, .uri = std::string(uri)});
  };
  const rtp::HeaderExtensionIds& ids = kOfferedExtensions;
  if (kind == rtp::MediaKind::kAudio) {
    add(ids.audio_level, "urn:ietf:params:rtp-hdrext:ssrc-audio-level");
  } else {
    add(ids.video_orientation, "urn:3gpp:video-orientation");
    add(ids.dependency_descriptor, kDependencyDescriptorUri);
    add(ids.video_layers_allocation, kVideoLayersAllocationUri);
    add(ids.rid, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id");
    add(ids.repaired_rid, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id");
  }
  add(ids.abs_send_time, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time");
  if (transport_feedback)
    add(ids.transport_sequence,
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01");
  add(ids.mid, "urn:ietf:params:rtp-hdrext:sdes:mid");
}

MediaSection make_section(const ClientOffer& offer, rtp::MediaKind kind, Direction direction,
                          size_t place) {
  MediaSection out{.media = kind == rtp::MediaKind::kAudio ? "audio" : "video",
                   .protocol = "UDP/TLS/RTP/SAVPF",
                   .mid = std::to_string(place),
                   .direction = direction,
                   .rtcp_mux = true,
                   .rtcp_rsize = true};
  out.transport.ice_ufrag = offer.ice_ufrag;
  out.transport.ice_pwd = offer.ice_pwd;
  out.transport.fingerprints = {{"sha-256", offer.fingerprint}};
  out.transport.setup = Setup::kActPass;
  add_codecs(kind, out);
  add_extensions(kind, offer.transport_feedback, out);
  return out;
}

void add_streams(const ClientOffer& offer, const ClientTrack& track, MediaSection& section) {
  section.msids = {{"-", "track-" + section.mid}};
  if (!track.rids.empty()) {
    Simulcast simulcast;
    for (const std::string& rid : track.rids) {
      section.rids.push_back({.id = rid});
      simulcast.send.push_back({{.rid = rid}});
    }
    section.simulcast = std::move(simulcast);
    return;
  }
  if (track.ssrc.ssrc == 0) return;
  section.ssrcs.push_back({track.ssrc.ssrc, offer.cname, ""});
  if (track.ssrc.rtx_ssrc == 0) return;
  section.ssrcs.push_back({track.ssrc.rtx_ssrc, offer.cname, ""});
  section.ssrc_groups.push_back({"FID", {track.ssrc.ssrc, track.ssrc.rtx_ssrc}});
}

ClientDirection client_direction(const MediaSection& answered) {
  if (answered.is_stopped()) return ClientDirection::kRejected;
  switch (answered.direction) {
    case Direction::kSendOnly:
      return ClientDirection::kReceives;
    case Direction::kRecvOnly:
    case Direction::kSendRecv:
      return ClientDirection::kSends;
    case Direction::kInactive:
      break;
  }
  return ClientDirection::kInactive;
}

rtp::SsrcPair slot_ssrc_of(const MediaSection& section) {
  for (const SsrcGroup& group : section.ssrc_groups) {
    if (group.semantics == "FID" && group.ssrcs.size() == 2) {
      return {group.ssrcs[0], group.ssrcs[1]};
    }
  }
  return section.ssrcs.empty() ? rtp::SsrcPair{} : rtp::SsrcPair{section.ssrcs[0].ssrc, 0};
}

AnsweredSection read_section(const MediaSection& section) {
  AnsweredSection out{
      .mid = section.mid,
      .kind = section.media == "video" ? rtp::MediaKind::kVideo : rtp::MediaKind::kAudio,
      .direction = client_direction(section)};
  if (out.direction == ClientDirection::kRejected) return out;
  out.codecs = find_codecs(section, kAllCodecs);
  out.extensions = extension_ids(section);
  if (section.simulcast) {
    for (const SimulcastStream& stream : section.simulcast->recv) {
      out.rids.push_back(stream.front().rid);
    }
  }
  if (out.direction == ClientDirection::kReceives) {
    out.slot_ssrc = slot_ssrc_of(section);
    if (!section.msids.empty()) out.stream = section.msids.front().stream;
  }
  return out;
}

std::vector<SocketAddress> read_candidates(const SessionDescription& description) {
  std::vector<std::pair<uint32_t, SocketAddress>> found;
  for (const MediaSection& section : description.media) {
    for (const Candidate& candidate : section.candidates) {
      const auto ip = IpAddress::parse(candidate.address);
      if (!ip || candidate.transport != "udp" || candidate.component != 1) continue;
      found.emplace_back(candidate.priority, SocketAddress{*ip, candidate.port});
    }
  }
  std::ranges::stable_sort(found, std::greater<>(), &std::pair<uint32_t, SocketAddress>::first);
  std::vector<SocketAddress> out;
  for (const auto& [priority, address] : found) {
    if (std::ranges::find(out, address) == out.end()) out.push_back(address);
  }
  return out;
}

}  // namespace

std::string build_offer(const ClientOffer& offer) {
  SessionDescription out;
  out.origin = {"-", offer.session_id, offer.session_version};
  out.extmap_allow_mixed = true;
  for (const ClientTrack& track : offer.tracks) {
    out.media.push_back(make_section(offer, track.kind, Direction::kSendOnly, out.media.size()));
    add_streams(offer, track, out.media.back());
  }
  for (size_t i = 0; i < offer.audio_slots + offer.video_slots; ++i) {
    const auto kind = i < offer.audio_slots ? rtp::MediaKind::kAudio : rtp::MediaKind::kVideo;
    out.media.push_back(make_section(offer, kind, Direction::kRecvOnly, out.media.size()));
  }
  Group bundle{.semantics = "BUNDLE"};
  for (const MediaSection& section : out.media) bundle.mids.push_back(section.mid);
  out.groups.push_back(std::move(bundle));
  return write(out);
}

std::map<std::string, rtp::SsrcPair, std::less<>> ServerAnswer::slot_ssrcs() const {
  std::map<std::string, rtp::SsrcPair, std::less<>> out;
  for (const AnsweredSection& section : sections) {
    if (section.direction == ClientDirection::kReceives) out[section.mid] = section.slot_ssrc;
  }
  return out;
}

std::expected<ServerAnswer, SdpError> parse_answer(std::string_view text) {
  const auto description = parse(text);
  if (!description) return std::unexpected(description.error());
  const auto fail = [](SdpErrorCode code, const char* message) {
    return std::unexpected(SdpError{code, 0, message});
  };
  const Group* bundle = description->bundle();
  const MediaSection* tagged =
      bundle == nullptr || bundle->mids.empty() ? nullptr : description->section(bundle->mids[0]);
  if (tagged == nullptr) return fail(SdpErrorCode::kNoBundle, "The answer has no bundle.");

  TransportAttributes transport = description->transport_of(*tagged);
  if (transport.ice_ufrag.empty() || transport.ice_pwd.empty()) {
    return fail(SdpErrorCode::kNoIce, "The answer has no ice-ufrag and ice-pwd.");
  }
  ServerAnswer out{.ice_ufrag = std::move(transport.ice_ufrag),
                   .ice_pwd = std::move(transport.ice_pwd),
                   .ice_lite = description->ice_lite};
  std::optional<std::array<uint8_t, 32>> fingerprint;
  for (const FingerprintLine& line : transport.fingerprints) {
    if (line.algorithm == "sha-256" && !fingerprint) fingerprint = sha256_from_text(line.value);
  }
  if (!fingerprint) {
    return fail(SdpErrorCode::kNoFingerprint, "The answer has no sha-256 fingerprint.");
  }
  out.fingerprint = *fingerprint;
  out.candidates = read_candidates(*description);
  for (const MediaSection& section : description->media) {
    out.sections.push_back(read_section(section));
  }
  return out;
}

}  // namespace parley::sdp
