// What a packet of the load generator carries in place of media: who sent it, its number and when,
// and bytes that only this packet has, so that a receiver can judge what arrived.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/units.h"

namespace parley::load {

struct Stamp {
  uint32_t source = 0;  // one stream (encoding) of one publisher; unique within a run
  uint32_t number = 0;  // of the packet in its stream, from 0
  Timestamp sent;       // by the monotonic clock of the process, which sender and receiver share
  bool operator==(const Stamp&) const = default;
};

inline constexpr size_t kStampSize = 20;

// `out` has at least kStampSize bytes.
void write_stamp(MutableBytes out, const Stamp& stamp);
// Sets the time of a stamp that stands at `at`.
void set_stamp_time(uint8_t* at, Timestamp sent);
// nullopt where no stamp stands.
std::optional<Stamp> read_stamp(Bytes bytes);

// What follows the stamp: `size` (at most kMaxFiller) bytes that differ from packet to packet.
// Lives as long as the program.
inline constexpr size_t kMaxFiller = 1400;
Bytes filler(const Stamp& stamp, size_t size);

}  // namespace parley::load
