// Opus payloads as an SFU looks at them: the table-of-contents byte (RFC 6716 §3.1) and silence
// (DTX).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/units.h"

namespace parley::rtp {

struct OpusToc {
  uint8_t config = 0;  // 0..31: mode, bandwidth and frame size
  bool stereo = false;
  uint8_t frame_count_code = 0;  // 0: one frame, 1 and 2: two, 3: a count byte follows
};

// nullopt for an empty payload.
std::optional<OpusToc> parse_opus_toc(Bytes payload);

// The audio time in a payload; nullopt if it is empty, lacks its count byte, or claims none or more
// than 120 ms.
std::optional<TimeDelta> opus_duration(Bytes payload);

// True for what a DTX encoder sends in silence: a TOC byte alone or with one more byte. RFC 6716
// §3.1 calls payloads of one byte lost or untransmitted frames; libopus takes anything up to two
// bytes as DTX.
inline bool is_opus_dtx(Bytes payload) {
  return !payload.empty() && payload.size() <= 2;
}

}  // namespace parley::rtp
