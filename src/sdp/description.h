// A session description (RFC 8866) as JSEP (RFC 8829) uses it: what Parley reads from a client's
// offer and writes into its answer. It's a plain value: parse.h makes it from text, write.h turns
// it into text, answer.h computes with it. Lines and attributes that it has no member for are
// dropped by the parser.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sdp {

// Bounds on what a peer may send. A browser's offer with 60 m-lines is about 200 KB, and a frame of
// the signalling protocol is at most 256 KiB; the others are several times what the browsers use.
inline constexpr size_t kMaxDescriptionSize = 256 * 1024;
inline constexpr size_t kMaxLineLength = 8 * 1024;
inline constexpr size_t kMaxMediaSections = 128;
inline constexpr size_t kMaxPayloadTypes = 128;  // the size of the payload type's field
inline constexpr size_t kMaxFeedbackPerPayload = 32;
inline constexpr size_t kMaxExtensions = 64;
inline constexpr size_t kMaxSsrcs = 128;
inline constexpr size_t kMaxSsrcGroups = 64;
inline constexpr size_t kMaxRids = 32;
inline constexpr size_t kMaxCandidates = 64;
inline constexpr size_t kMaxFingerprints = 8;
inline constexpr size_t kMaxGroups = 8;
inline constexpr size_t kMaxIceOptions = 16;
// The largest value of a one-byte header extension (RFC 8285 §4.2), which is how mid and rid travel
// with each packet.
inline constexpr size_t kMaxMidLength = 16;
inline constexpr size_t kMaxRidLength = 16;
inline constexpr uint8_t kMaxPayloadType = 127;

enum class SdpErrorCode : uint8_t {
  kTooLarge,       // more than one of the bounds above
  kSyntax,         // a line that can't be read
  kDuplicate,      // two m-lines with one mid, or one payload type twice in an m-line
  kNoBundle,       // no m-line could be accepted within a BUNDLE group
  kNoIce,          // no ice-ufrag and ice-pwd
  kNoFingerprint,  // no usable sha-256 fingerprint
  kBadSetup,       // the offerer insists on being the DTLS server
  kNoRtcpMux,      // an m-line without rtcp-mux
};

struct SdpError {
  SdpErrorCode code = SdpErrorCode::kSyntax;
  size_t line = 0;  // from 1; 0: not about one line
  std::string message;
  bool operator==(const SdpError&) const = default;
};

enum class Direction : uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };
// The same flow as the other side writes it.
Direction reversed(Direction direction);
bool sends(Direction direction);
bool receives(Direction direction);
std::string_view to_text(Direction direction);
std::optional<Direction> direction_from_text(std::string_view text);

enum class Setup : uint8_t { kActive, kPassive, kActPass, kHoldConn };  // RFC 4145 §4
std::string_view to_text(Setup setup);

// RFC 8122 §5. `algorithm` in lower case; `value` in upper case, as in "AB:CD:01".
struct FingerprintLine {
  std::string algorithm;
  std::string value;
  bool operator==(const FingerprintLine&) const = default;
};
// The 32 bytes of a sha-256 fingerprint's text form; nullopt if it has any other form.
std::optional<std::array<uint8_t, 32>> sha256_from_text(std::string_view text);
std::string sha256_to_text(const std::array<uint8_t, 32>& fingerprint);

// RFC 8839 §5.1. The address is text, since clients write mDNS names too.
struct Candidate {
  std::string foundation;
  uint16_t component = 1;
  std::string transport;  // lower case
  uint32_t priority = 0;
  std::string address;
  uint16_t port = 0;
  std::string type;        // host, srflx, prflx, relay
  std::string extensions;  // what follows, as it was written; mostly empty
  bool operator==(const Candidate&) const = default;
};

// What describes a transport; stands in the session part, in m-lines, or both.
struct TransportAttributes {
  std::string ice_ufrag;  // 4–256 ice-chars, or empty when not given
  std::string ice_pwd;    // 22–256 ice-chars, or empty
  std::vector<std::string> ice_options;
  std::vector<FingerprintLine> fingerprints;
  std::optional<Setup> setup;
  bool operator==(const TransportAttributes&) const = default;
};

// One RTP payload type of an m-line with all that is said about it.
struct PayloadFormat {
  uint8_t payload_type = 0;
  std::string encoding;  // as written; empty without rtpmap (a static payload type)
  uint32_t clock_rate = 0;
  uint8_t channels = 1;
  std::string parameters;             // fmtp
  std::vector<std::string> feedback;  // rtcp-fb: "nack", "nack pli", "transport-cc", ...
  bool operator==(const PayloadFormat&) const = default;

  bool is(std::string_view encoding_name) const;  // compared without regard to case (RFC 4855 §3)
  // The value of a parameter in fmtp's "key=value;key=value" form; nullopt if absent.
  std::optional<std::string_view> parameter(std::string_view key) const;
  bool has_feedback(std::string_view value) const;
};

// RFC 8285 §5 and, for `encrypted`, RFC 6904 §4: `uri` is then the inner one.
struct ExtensionMap {
  uint16_t id = 0;
  std::optional<Direction> direction;  // as seen by whoever wrote it; absent: that of the m-line
  std::string uri;
  bool encrypted = false;
  std::string attributes;
  bool operator==(const ExtensionMap&) const = default;
};

// RFC 5576, as far as browsers use it.
struct SsrcLine {
  uint32_t ssrc = 0;
  std::string cname;
  std::string msid;  // "stream track"
  bool operator==(const SsrcLine&) const = default;
};
struct SsrcGroup {
  std::string semantics;  // FID, SIM, FEC-FR
  std::vector<uint32_t> ssrcs;
  bool operator==(const SsrcGroup&) const = default;
};

// RFC 8830. `stream` is "-" for a track without a stream.
struct Msid {
  std::string stream;
  std::string track;
  bool operator==(const Msid&) const = default;
};

// RFC 8851.
struct Rid {
  std::string id;
  bool send = true;
  std::string restrictions;  // "pt=97;max-width=1280"
  bool operator==(const Rid&) const = default;
};

// RFC 8853: an ordered list of simulcast streams, each a list of alternatives.
struct SimulcastRid {
  std::string rid;
  bool paused = false;
  bool operator==(const SimulcastRid&) const = default;
};
using SimulcastStream = std::vector<SimulcastRid>;
struct Simulcast {
  std::vector<SimulcastStream> send;
  std::vector<SimulcastStream> recv;
  bool operator==(const Simulcast&) const = default;
};

// One m-line and what belongs to it.
struct MediaSection {
  std::string media;                    // audio, video, application, ...
  uint16_t port = 9;                    // 0: rejected or stopped, unless bundle_only
  std::string protocol;                 // "UDP/TLS/RTP/SAVPF"
  std::vector<PayloadFormat> payloads;  // of an RTP m-line, in its order of preference
  std::vector<std::string> formats;     // of any other
  std::string mid;                      // empty: none given
  Direction direction = Direction::kSendRecv;
  bool bundle_only = false;
  bool rtcp_mux = false;
  bool rtcp_rsize = false;
  bool extmap_allow_mixed = false;
  bool end_of_candidates = false;
  TransportAttributes transport;
  std::vector<Candidate> candidates;
  std::vector<Msid> msids;
  std::vector<ExtensionMap> extensions;
  std::vector<SsrcLine> ssrcs;
  std::vector<SsrcGroup> ssrc_groups;
  std::vector<Rid> rids;
  std::optional<Simulcast> simulcast;
  bool operator==(const MediaSection&) const = default;

  const PayloadFormat* payload(uint8_t payload_type) const;
  const Rid* rid(std::string_view id) const;
  // RFC 8843 §6: port 0 means rejected, but with a=bundle-only it means "only within the bundle".
  bool is_stopped() const { return port == 0 && !bundle_only; }
  bool is_rtp() const;
};

struct Origin {
  std::string username = "-";
  uint64_t session_id = 0;
  uint64_t session_version = 0;
  bool operator==(const Origin&) const = default;
};

// RFC 5888 §5.
struct Group {
  std::string semantics;
  std::vector<std::string> mids;
  bool operator==(const Group&) const = default;
};

struct SessionDescription {
  Origin origin;
  std::vector<Group> groups;
  bool ice_lite = false;
  bool extmap_allow_mixed = false;
  TransportAttributes transport;
  std::vector<MediaSection> media;
  bool operator==(const SessionDescription&) const = default;

  const MediaSection* section(std::string_view mid) const;
  // The first BUNDLE group (RFC 8843), or nullptr.
  const Group* bundle() const;
  // What holds for an m-line: its own attributes, those of the session where it has none.
  TransportAttributes transport_of(const MediaSection& section) const;
};

}  // namespace parley::sdp
