// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 §2.2). See rtcp.h for the
// conventions of parse and write.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "base/units.h"
#include "rtp/rtcp.h"

namespace parley::rtp {

// SSRCs beyond the bound are ignored: the rate is of the whole path anyway.
inline constexpr size_t kMaxRembSsrcs = 32;

struct Remb {
  uint32_t sender_ssrc = 0;
  DataRate rate;
  BoundedVector<uint32_t, kMaxRembSsrcs> ssrcs;
};

// nullopt also for a rate beyond int64.
std::optional<Remb> parse_remb(const RtcpBlock& block);
// The rate is rounded down to 18 significant bits; below zero counts as zero.
bool write_remb(ByteWriter& writer, const Remb& remb);

}  // namespace parley::rtp
