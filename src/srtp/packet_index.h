// The 48-bit packet index, ROC * 2^16 + SEQ, guessed from a sequence number (RFC 3711 §3.3.1).
#pragma once

#include <cstdint>

namespace parley::srtp {

// The index must stay below this, or the counter would repeat under one key (RFC 3711 §9.2).
inline constexpr int64_t kMaxRtpIndex = (int64_t{1} << 48) - 1;
inline constexpr uint32_t kMaxRtcpIndex = 0x7fffffff;

// The index nearest to the highest one known (-1: none, and the roll-over counter is zero).
// Negative if the packet is from before the counter began.
constexpr int64_t estimate_index(int64_t highest, uint16_t sequence) {
  if (highest < 0) return sequence;
  const auto last = static_cast<uint16_t>(highest);
  int64_t delta = static_cast<int16_t>(static_cast<uint16_t>(sequence - last));
  // At exactly half the range the RFC's algorithm stays in the present round.
  if (delta == -0x8000 && last < 0x8000) delta = 0x8000;
  return highest + delta;
}

}  // namespace parley::srtp
