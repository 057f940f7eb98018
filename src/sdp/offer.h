// The client's side of a negotiation with Parley, for simulated clients and load generators: an
// offer like Chromium's, but short, and what such a client has to know of the answer. The server
// itself never uses it.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "rtp/parameters.h"
#include "sdp/answer.h"
#include "sdp/description.h"

namespace parley::sdp {

struct ClientTrack {
  rtp::MediaKind kind = rtp::MediaKind::kAudio;
  std::vector<std::string> rids;  // simulcast, smallest picture first; empty: one encoding
  rtp::SsrcPair ssrc;             // declared when there are no rids and it isn't 0
};

struct ClientOffer {
  std::vector<ClientTrack> tracks;
  size_t audio_slots = 0;
  size_t video_slots = 0;
  bool transport_feedback = true;  // transport-wide numbers are offered
  std::string ice_ufrag;
  std::string ice_pwd;
  std::string fingerprint;  // sha-256, "AB:CD:…"
  std::string cname = "client";
  uint64_t session_id = 1;
  uint64_t session_version = 1;
};

// What build_offer() offers, so that a client can send without waiting to see it confirmed.
inline constexpr rtp::CodecParameters kOfferedOpus{
    .codec = rtp::Codec::kOpus, .payload_type = 111, .red_payload_type = 63, .clock_rate = 48'000};
inline constexpr rtp::CodecParameters kOfferedVp8{
    .codec = rtp::Codec::kVp8, .payload_type = 96, .rtx_payload_type = 97};
inline constexpr rtp::CodecParameters kOfferedVp9{
    .codec = rtp::Codec::kVp9, .payload_type = 98, .rtx_payload_type = 99};
inline constexpr rtp::CodecParameters kOfferedAv1{
    .codec = rtp::Codec::kAv1, .payload_type = 45, .rtx_payload_type = 46};
inline constexpr rtp::CodecParameters kOfferedH264{
    .codec = rtp::Codec::kH264, .payload_type = 102, .rtx_payload_type = 103};
inline constexpr rtp::HeaderExtensionIds kOfferedExtensions{.mid = 4,
                                                            .rid = 10,
                                                            .repaired_rid = 11,
                                                            .audio_level = 1,
                                                            .transport_sequence = 3,
                                                            .abs_send_time = 2,
                                                            .video_orientation = 13,
                                                            .dependency_descriptor = 12,
                                                            .video_layers_allocation = 9};

// The offer as text. M-lines: the tracks in their order, the audio slots, the video slots; the mid
// of each is its place, "0", "1", … Offers with more slots than an earlier one would move the mids
// of video slots behind added audio slots; a client that renegotiates must keep the number of audio
// slots.
std::string build_offer(const ClientOffer& offer);

struct AnsweredSection {
  std::string mid;
  rtp::MediaKind kind = rtp::MediaKind::kAudio;
  ClientDirection direction = ClientDirection::kRejected;
  std::vector<rtp::CodecParameters> codecs;
  rtp::HeaderExtensionIds extensions;
  std::vector<std::string> rids;
  rtp::SsrcPair slot_ssrc;  // with kReceives
  std::string stream;       // with kReceives: audio and video slots of one stream belong together
};

struct ServerAnswer {
  std::string ice_ufrag;
  std::string ice_pwd;
  bool ice_lite = false;
  std::array<uint8_t, 32> fingerprint{};
  std::vector<SocketAddress> candidates;  // UDP ones with a numeric address, highest priority first
  std::vector<AnsweredSection> sections;  // in m-line order
  // The SSRCs of the slots by mid.
  std::map<std::string, rtp::SsrcPair, std::less<>> slot_ssrcs() const;
};

// Reads an answer. Errors are those of parse(), and kNoBundle, kNoIce and kNoFingerprint where it
// lacks these.
std::expected<ServerAnswer, SdpError> parse_answer(std::string_view text);

}  // namespace parley::sdp
