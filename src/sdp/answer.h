// The server's answer to a client's offer (RFC 8829 §5.3, RFC 8843), as a pure function. Parley
// never offers.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "rtp/parameters.h"
#include "sdp/description.h"

namespace parley::sdp {

// More encodings of one picture than any client sends; what an offer has beyond it is left out of
// the answer.
inline constexpr size_t kMaxEncodings = 4;
// What Chromium is told to start a single video stream with; without it 720p takes tens of seconds
// to come up.
inline constexpr std::string_view kStartBitrateParameter = "x-google-start-bitrate=1500";

struct AnswerParameters {
  std::string ice_ufrag;
  std::string ice_pwd;
  std::string fingerprint;  // sha-256 of the server's certificate, "AB:CD:…"
  std::vector<SocketAddress>
      candidates;                // UDP addresses of the media port; best first within a family
  uint64_t session_id = 0;       // the same in all answers of a connection
  uint64_t session_version = 0;  // one more in each
  std::string cname;
  // What the server sends with in a slot. Called once for each m-line where the client receives, in
  // their order; must give the same for the same mid in later answers.
  std::function<rtp::SsrcPair(std::string_view mid)> slot_ssrc;
  // Those that tracks and slots get, as far as the offer has them. A client sends the first unless
  // it chooses another, which takes no negotiation.
  std::vector<rtp::Codec> video_codecs = {rtp::Codec::kVp8, rtp::Codec::kVp9, rtp::Codec::kAv1,
                                          rtp::Codec::kH264};
};

enum class ClientDirection : uint8_t {
  kRejected,  // port 0 in the answer: no use for it, or stopped by the client
  kInactive,  // kept, but nothing flows
  kSends,     // the client publishes a track
  kReceives,  // a slot
};

// What came out for one m-line. For kRejected and kInactive only mid, kind (meaningless for other
// media than audio and video) and direction are set.
struct NegotiatedSection {
  std::string mid;
  rtp::MediaKind kind = rtp::MediaKind::kAudio;
  ClientDirection direction = ClientDirection::kRejected;
  std::vector<rtp::CodecParameters> codecs;
  rtp::HeaderExtensionIds extensions;
  std::vector<std::string> rids;  // simulcast, smallest picture first; empty: one encoding
  std::vector<rtp::SsrcPair>
      ssrcs;  // kSends: as declared, empty with rids; kReceives: that of the slot
  bool operator==(const NegotiatedSection&) const = default;
};

struct Answer {
  SessionDescription description;
  std::string sdp;  // the same as text
  std::string remote_ice_ufrag;
  std::string remote_ice_pwd;
  std::array<uint8_t, 32> remote_fingerprint{};
  std::vector<NegotiatedSection> sections;  // one for each m-line of the offer, in its order
};

// Answers as an ICE-lite, DTLS-passive server.
// - Accepted is what stands in the offer's BUNDLE group, is audio or video over DTLS-SRTP with
// rtcp-mux, has a codec that
//   Parley forwards and isn't stopped. Everything else keeps its place with port 0. Data channels
//   are always rejected.
// - sendonly is answered recvonly and recvonly sendonly. sendrecv is answered recvonly: an m-line
// is a track or a slot, and
//   a client that offers both means the track.
// - Simulcast streams keep the offer's order, which by convention is smallest picture first; of
// alternatives the first is
//   taken. Without the rid header extension a simulcast offer is answered as one stream.
// - The k-th audio slot and the k-th video slot share the stream "slot-k", so that browsers keep
// them in sync. Slots are
//   counted as offered recvonly: a client that deactivates one renames the streams of those behind
//   it.
// Errors: kNoBundle if nothing at all can be accepted; kNoIce, kNoFingerprint, kBadSetup,
// kNoRtcpMux.
std::expected<Answer, SdpError> answer(const SessionDescription& offer,
                                       const AnswerParameters& parameters);

}  // namespace parley::sdp
