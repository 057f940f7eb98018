// H.264 payloads (RFC 6184) as an SFU looks at them: where frames and key frames start. Slices are
// not decoded.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "rtp/h264_sps.h"

namespace parley::rtp {

// The NAL unit types named here (ITU-T H.264 table 7-1, RFC 6184 §5.2 and §5.4).
enum class NalType : uint8_t {
  kSlice = 1,
  kIdr = 5,
  kSei = 6,
  kSps = 7,
  kPps = 8,
  kAccessUnitDelimiter = 9,
  kStapA = 24,
  kFuA = 28,
};

// What one RTP payload holds. A fragment counts for its unit only where it is the first one (S
// bit).
struct H264Payload {
  bool has_sps = false;
  bool has_pps = false;
  bool has_idr = false;
  // An access unit starts here: a delimiter, SEI or parameter set, or a slice with
  // first_mb_in_slice 0. A continued fragment or a later slice of a picture doesn't.
  bool starts_frame = false;
  // Of a parameter set in here that says it within this packet.
  std::optional<H264Resolution> resolution;

  // A decoder can start here. Encoders in browsers send SPS, PPS and IDR together, in one aggregate
  // or one after another with one timestamp; the first of them counts.
  bool is_key_frame() const { return has_sps || has_idr; }
};

// nullopt if the payload is empty, truncated, or of a packetisation that packetization-mode 0 and 1
// don't have (STAP-B, MTAP, FU-B).
std::optional<H264Payload> parse_h264_payload(Bytes payload);

// True if a key frame starts in this payload.
bool is_h264_key_frame(Bytes payload);

}  // namespace parley::rtp
