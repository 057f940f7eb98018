#include "sdp/answer.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/check.h"
#include "sdp/codecs.h"
#include "sdp/extensions.h"
#include "sdp/write.h"

namespace parley::sdp {
namespace {

// Whether VP8 is the offer's first choice among `codecs`, which were accepted.
bool prefers_vp8(const MediaSection& offered, std::span<const rtp::CodecParameters> codecs) {
  for (const PayloadFormat& payload : offered.payloads) {
    const auto it =
        std::ranges::find(codecs, payload.payload_type, &rtp::CodecParameters::payload_type);
    if (it != codecs.end()) return it->codec == rtp::Codec::kVp8;
  }
  return false;
}

constexpr rtp::Codec kAudioCodecs[] = {rtp::Codec::kOpus};

std::unexpected<SdpError> fail(SdpErrorCode code, std::string message) {
  return std::unexpected(SdpError{code, 0, std::move(message)});
}

std::optional<rtp::MediaKind> kind_of(const MediaSection& section) {
  if (section.media == "audio") return rtp::MediaKind::kAudio;
  if (section.media == "video") return rtp::MediaKind::kVideo;
  return std::nullopt;
}

// RFC 8829 §5.1.2: these all mean DTLS-SRTP when a fingerprint is there.
bool is_dtls_srtp(std::string_view protocol) {
  return protocol == "UDP/TLS/RTP/SAVPF" || protocol == "UDP/TLS/RTP/SAVP" ||
         protocol == "TCP/TLS/RTP/SAVPF" || protocol == "TCP/TLS/RTP/SAVP" ||
         protocol == "RTP/SAVPF" || protocol == "RTP/SAVP";
}

// RFC 8839 §5.1.2.1, RFC 8445 §5.1.2.1: type preference 126 (host), then ours, then component 1.
// IPv4 goes first: where both work they lead to the same machine, and IPv6 paths break more often.
std::vector<Candidate> candidates_of(std::span<const SocketAddress> addresses) {
  std::vector<SocketAddress> ordered(addresses.begin(), addresses.end());
  std::ranges::stable_partition(ordered, [](const SocketAddress& a) { return a.ip.is_v4(); });
  if (ordered.size() > kMaxCandidates) ordered.resize(kMaxCandidates);
  std::vector<Candidate> out;
  out.reserve(ordered.size());
  uint32_t local_preference = 65'535;
  for (const SocketAddress& address : ordered) {
    out.push_back({.foundation = std::to_string(out.size() + 1),
                   .component = 1,
                   .transport = "udp",
                   .priority = (uint32_t{126} << 24) | (local_preference-- << 8) | 255,
                   .address = address.ip.to_string(),
                   .port = address.port,
                   .type = "host"});
  }
  return out;
}

// A payload format as it's answered: the offer's rtpmap, the feedback that the server uses, its own
// parameters.
PayloadFormat answered_payload(const PayloadFormat& offered, std::string parameters,
                               bool transport_cc) {
  PayloadFormat out{.payload_type = offered.payload_type,
                    .encoding = offered.encoding,
                    .clock_rate = offered.clock_rate,
                    .channels = offered.channels,
                    .parameters = std::move(parameters)};
  const bool use_transport_cc = transport_cc && offered.has_feedback("transport-cc");
  for (const std::string& value : offered.feedback) {
    const bool keep = value == "nack" || value == "nack pli" || value == "ccm fir" ||
                      (value == "transport-cc" && use_transport_cc) ||
                      (value == "goog-remb" && !use_transport_cc);
    if (keep) out.feedback.push_back(value);
  }
  return out;
}

// rtx or red: nothing to negotiate, and no feedback of its own.
PayloadFormat repeated_payload(const PayloadFormat& offered) {
  PayloadFormat out = offered;
  out.feedback.clear();
  return out;
}

// On slots too: Chromium takes the rates of whichever video m-line it applies last for the whole
// connection, and resets them where there are none.
std::string answered_parameters(const PayloadFormat& offered, rtp::Codec codec) {
  if (codec == rtp::Codec::kOpus) return "minptime=10;useinbandfec=1;usedtx=1";
  // VP8's offered max-fs and max-fr are the offerer's own limits (RFC 7741 §6.1); the server
  // decodes nothing, so has none.
  std::string out = codec == rtp::Codec::kVp8 ? std::string() : offered.parameters;
  if (!out.empty()) out += ';';
  out += kStartBitrateParameter;
  return out;
}

class Answerer {
 public:
  Answerer(const SessionDescription& offer, const AnswerParameters& parameters)
      : offer_(offer), parameters_(parameters), extensions_(offer.extmap_allow_mixed) {}

  std::expected<Answer, SdpError> run() {
    SessionDescription& out = answer_.description;
    out.origin = {"-", parameters_.session_id, parameters_.session_version};
    out.ice_lite = true;
    out.extmap_allow_mixed = offer_.extmap_allow_mixed;
    Group bundle{.semantics = "BUNDLE"};
    for (const MediaSection& offered : offer_.media) {
      out.media.push_back(answer_section(offered));
      if (answer_.sections.back().direction == ClientDirection::kRejected) continue;
      if (!offered.rtcp_mux) {
        return fail(SdpErrorCode::kNoRtcpMux,
                    "The m-line " + offered.mid + " has no a=rtcp-mux, which Parley needs.");
      }
      bundle.mids.push_back(offered.mid);
    }
    if (bundle.mids.empty()) {
      return fail(SdpErrorCode::kNoBundle,
                  "The offer has no m-line that can be accepted: audio or video in a BUNDLE group "
                  "with opus, or with VP8, VP9, AV1, or H264 in packetization mode 1.");
    }
    out.groups.push_back(std::move(bundle));
    if (auto error = read_remote_transport()) return std::unexpected(std::move(*error));
    add_candidates();
    answer_.sdp = write(out);
    return std::move(answer_);
  }

 private:
  bool in_bundle(const MediaSection& section) const {
    const Group* bundle = offer_.bundle();
    return bundle != nullptr && !section.mid.empty() &&
           std::ranges::find(bundle->mids, section.mid) != bundle->mids.end();
  }

  // Appends to answer_.sections and returns the m-line that belongs to it.
  MediaSection answer_section(const MediaSection& offered) {
    NegotiatedSection& section = answer_.sections.emplace_back();
    section.mid = offered.mid;
    const auto kind = kind_of(offered);
    section.kind = kind.value_or(rtp::MediaKind::kAudio);
    // A slot that can't be served still has its number, so that those behind it keep theirs.
    const size_t slot_number = kind && offered.direction == Direction::kRecvOnly
                                   ? slots_[static_cast<size_t>(*kind)]++
                                   : 0;
    if (!kind || offered.is_stopped() || !in_bundle(offered) || !is_dtls_srtp(offered.protocol)) {
      return rejected(offered);
    }
    std::vector<rtp::CodecParameters> codecs =
        find_codecs(offered, *kind == rtp::MediaKind::kAudio ? std::span(kAudioCodecs)
                                                             : std::span(parameters_.video_codecs));
    if (codecs.empty()) return rejected(offered);
    const bool client_sends = sends(offered.direction);

    MediaSection out = accepted(offered);
    const auto extensions = extensions_.accept(
        offered,
        {.kind = *kind, .client_sends = client_sends, .vp8 = prefers_vp8(offered, codecs)});
    out.extensions = extensions.lines;
    add_payloads(offered, codecs, extensions.ids.transport_sequence != 0, out);
    if (offered.direction == Direction::kInactive) {
      section.direction = ClientDirection::kInactive;
      return out;
    }
    section.codecs = std::move(codecs);
    section.extensions = extensions.ids;
    if (client_sends) {
      add_track(offered, section, out);
    } else {
      add_slot(slot_number, section, out);
    }
    return out;
  }

  // RFC 8829 §5.3.1: a rejected m-line repeats the offer's formats and has port 0.
  static MediaSection rejected(const MediaSection& offered) {
    MediaSection out{.media = offered.media, .port = 0, .protocol = offered.protocol};
    for (const PayloadFormat& payload : offered.payloads) {
      out.payloads.push_back({.payload_type = payload.payload_type,
                              .encoding = payload.encoding,
                              .clock_rate = payload.clock_rate,
                              .channels = payload.channels});
    }
    out.formats = offered.formats;
    out.mid = offered.mid;
    out.direction = Direction::kInactive;
    return out;
  }

  MediaSection accepted(const MediaSection& offered) const {
    MediaSection out{.media = offered.media, .port = 9, .protocol = offered.protocol};
    out.mid = offered.mid;
    out.rtcp_mux = true;
    out.rtcp_rsize = offered.rtcp_rsize;  // RFC 5506 §5: only what the offer has
    out.extmap_allow_mixed = offered.extmap_allow_mixed;
    out.direction = Direction::kInactive;
    out.transport.ice_ufrag = parameters_.ice_ufrag;
    out.transport.ice_pwd = parameters_.ice_pwd;
    out.transport.fingerprints = {{"sha-256", parameters_.fingerprint}};
    out.transport.setup = Setup::kPassive;
    return out;
  }

  // The accepted payload types. The codecs stand in Parley's order; RED keeps its place before or
  // after opus, since by it the client says which of the two it wants to send.
  static void add_payloads(const MediaSection& offered,
                           std::span<const rtp::CodecParameters> codecs, bool transport_cc,
                           MediaSection& out) {
    for (const rtp::CodecParameters& codec : codecs) {
      const PayloadFormat* main = offered.payload(codec.payload_type);
      PARLEY_CHECK(main != nullptr);
      out.payloads.push_back(
          answered_payload(*main, answered_parameters(*main, codec.codec), transport_cc));
      for (const uint8_t extra : {codec.rtx_payload_type, codec.red_payload_type}) {
        if (extra == 0) continue;
        const PayloadFormat* payload = offered.payload(extra);
        PARLEY_CHECK(payload != nullptr);
        const bool first = payload->is("red") && payload < main;
        out.payloads.insert(first ? out.payloads.end() - 1 : out.payloads.end(),
                            repeated_payload(*payload));
      }
    }
  }

  void add_track(const MediaSection& offered, NegotiatedSection& section, MediaSection& out) {
    section.direction = ClientDirection::kSends;
    out.direction = Direction::kRecvOnly;
    add_simulcast(offered, section, out);
    if (section.rids.empty()) section.ssrcs = declared_ssrcs(offered);
  }

  // RFC 8853 §5.3.2: what was offered to be sent is answered as received, in the same order.
  static void add_simulcast(const MediaSection& offered, NegotiatedSection& section,
                            MediaSection& out) {
    if (!offered.simulcast || section.extensions.rid == 0) return;
    Simulcast simulcast;
    for (const SimulcastStream& stream : offered.simulcast->send) {
      const auto declared = [&](const SimulcastRid& candidate) {
        const Rid* rid = offered.rid(candidate.rid);
        return rid != nullptr && rid->send &&
               std::ranges::find(section.rids, candidate.rid) == section.rids.end();
      };
      const auto chosen = std::ranges::find_if(stream, declared);
      if (chosen == stream.end() || section.rids.size() == kMaxEncodings) continue;
      section.rids.push_back(chosen->rid);
      out.rids.push_back({.id = chosen->rid, .send = false});
      simulcast.recv.push_back({{.rid = chosen->rid}});
    }
    if (!simulcast.recv.empty()) out.simulcast = std::move(simulcast);
  }

  static std::vector<rtp::SsrcPair> declared_ssrcs(const MediaSection& offered) {
    std::vector<rtp::SsrcPair> out;
    std::vector<uint32_t> retransmissions;
    for (const SsrcGroup& group : offered.ssrc_groups) {
      if (group.semantics != "FID" || group.ssrcs.size() != 2) continue;
      out.push_back({group.ssrcs[0], group.ssrcs[1]});
      retransmissions.push_back(group.ssrcs[1]);
    }
    for (const SsrcLine& line : offered.ssrcs) {
      const bool known = std::ranges::find(out, line.ssrc, &rtp::SsrcPair::ssrc) != out.end() ||
                         std::ranges::find(retransmissions, line.ssrc) != retransmissions.end();
      if (!known) out.push_back({line.ssrc, 0});
    }
    return out;
  }

  void add_slot(size_t number, NegotiatedSection& section, MediaSection& out) {
    section.direction = ClientDirection::kReceives;
    out.direction = Direction::kSendOnly;
    rtp::SsrcPair ssrc = parameters_.slot_ssrc(section.mid);
    const bool rtx = std::ranges::any_of(
        section.codecs, [](const rtp::CodecParameters& c) { return c.rtx_payload_type != 0; });
    if (!rtx) ssrc.rtx_ssrc = 0;
    section.ssrcs = {ssrc};
    const Msid msid{"slot-" + std::to_string(number), section.mid};
    out.msids = {msid};
    const std::string msid_text = msid.stream + " " + msid.track;
    out.ssrcs.push_back({ssrc.ssrc, parameters_.cname, msid_text});
    if (ssrc.rtx_ssrc == 0) return;
    out.ssrcs.push_back({ssrc.rtx_ssrc, parameters_.cname, msid_text});
    out.ssrc_groups.push_back({"FID", {ssrc.ssrc, ssrc.rtx_ssrc}});
  }

  // The first accepted m-line that carries it describes the bundle's transport: normally the
  // offerer-tagged one (RFC 8843 §9.3.1), whose attributes the others repeat or omit.
  std::optional<SdpError> read_remote_transport() {
    TransportAttributes remote;
    for (size_t i = 0; i < offer_.media.size(); ++i) {
      if (answer_.sections[i].direction == ClientDirection::kRejected) continue;
      remote = offer_.transport_of(offer_.media[i]);
      if (!remote.ice_ufrag.empty() && !remote.fingerprints.empty()) break;
    }
    if (remote.ice_ufrag.empty() || remote.ice_pwd.empty()) {
      return SdpError{SdpErrorCode::kNoIce, 0, "The offer has no ice-ufrag and ice-pwd."};
    }
    const auto sha256 =
        std::ranges::find(remote.fingerprints, "sha-256", &FingerprintLine::algorithm);
    const auto fingerprint =
        sha256 == remote.fingerprints.end() ? std::nullopt : sha256_from_text(sha256->value);
    if (!fingerprint) {
      return SdpError{SdpErrorCode::kNoFingerprint, 0, "The offer has no sha-256 fingerprint."};
    }
    // RFC 4145 §4.1: without a=setup the offerer is active.
    const Setup setup = remote.setup.value_or(Setup::kActive);
    if (setup != Setup::kActPass && setup != Setup::kActive) {
      return SdpError{SdpErrorCode::kBadSetup, 0,
                      "The offer must have a=setup:actpass or active; the server is passive."};
    }
    answer_.remote_ice_ufrag = std::move(remote.ice_ufrag);
    answer_.remote_ice_pwd = std::move(remote.ice_pwd);
    answer_.remote_fingerprint = *fingerprint;
    return std::nullopt;
  }

  // RFC 8829 §5.3.1: in a bundle the first m-line's candidates serve all.
  void add_candidates() {
    for (size_t i = 0; i < answer_.sections.size(); ++i) {
      if (answer_.sections[i].direction == ClientDirection::kRejected) continue;
      MediaSection& tagged = answer_.description.media[i];
      tagged.candidates = candidates_of(parameters_.candidates);
      tagged.end_of_candidates = true;
      return;
    }
  }

  const SessionDescription& offer_;
  const AnswerParameters& parameters_;
  Answer answer_;
  BundleExtensions extensions_;
  size_t slots_[2] = {0, 0};  // so far, by kind
};

}  // namespace

std::expected<Answer, SdpError> answer(const SessionDescription& offer,
                                       const AnswerParameters& parameters) {
  return Answerer(offer, parameters).run();
}

}  // namespace parley::sdp
