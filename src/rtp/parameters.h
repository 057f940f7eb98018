// What SDP negotiates about RTP, as plain values: the common words of sdp/, media/, sfu/ and
// transport/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace parley::rtp {

enum class MediaKind : uint8_t { kAudio, kVideo };

enum class Codec : uint8_t { kOpus, kVp8, kVp9, kH264, kAv1 };
inline constexpr size_t kCodecs = 5;

// One codec of an m-line, in the payload type numbers of the side that offered.
struct CodecParameters {
  Codec codec = Codec::kOpus;
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;  // RFC 4588; 0 = none
  uint8_t red_payload_type = 0;  // audio/red wrapping this codec (RFC 2198); 0 = none
  uint32_t clock_rate = 90'000;
  bool operator==(const CodecParameters&) const = default;
};

// Header extension ids (RFC 8285) by meaning; 0 = not negotiated.
struct HeaderExtensionIds {
  uint8_t mid = 0;                 // urn:ietf:params:rtp-hdrext:sdes:mid
  uint8_t rid = 0;                 // urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
  uint8_t repaired_rid = 0;        // urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
  uint8_t audio_level = 0;         // urn:ietf:params:rtp-hdrext:ssrc-audio-level (RFC 6464)
  uint8_t transport_sequence = 0;  // draft-holmer-rmcat-transport-wide-cc-extensions-01
  uint8_t abs_send_time = 0;       // webrtc abs-send-time
  uint8_t video_orientation = 0;   // urn:3gpp:video-orientation
  uint8_t dependency_descriptor = 0;
  uint8_t video_layers_allocation = 0;
  uint8_t playout_delay = 0;
  uint8_t abs_capture_time = 0;
  bool operator==(const HeaderExtensionIds&) const = default;
};

// All of them, for who treats them alike.
inline constexpr uint8_t HeaderExtensionIds::* kHeaderExtensionIds[] = {
    &HeaderExtensionIds::mid,
    &HeaderExtensionIds::rid,
    &HeaderExtensionIds::repaired_rid,
    &HeaderExtensionIds::audio_level,
    &HeaderExtensionIds::transport_sequence,
    &HeaderExtensionIds::abs_send_time,
    &HeaderExtensionIds::video_orientation,
    &HeaderExtensionIds::dependency_descriptor,
    &HeaderExtensionIds::video_layers_allocation,
    &HeaderExtensionIds::playout_delay,
    &HeaderExtensionIds::abs_capture_time,
};
static_assert(std::size(kHeaderExtensionIds) == sizeof(HeaderExtensionIds));

// An SSRC and that of its retransmissions (0 = none or not known yet).
struct SsrcPair {
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;
  bool operator==(const SsrcPair&) const = default;
};

}  // namespace parley::rtp
