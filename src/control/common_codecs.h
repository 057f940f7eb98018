// Which video codecs everybody in a meeting can be shown. A pure function: Meeting keeps what each
// one takes and tells the people when the result changes (docs/adr/0013).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "media/description.h"
#include "rtp/parameters.h"

namespace parley::control {

// A bit for each rtp::Codec.
using CodecSet = uint8_t;
inline constexpr CodecSet kAllCodecs = 0xff;
constexpr CodecSet bit_of(rtp::Codec codec) {
  return static_cast<CodecSet>(1u << static_cast<unsigned>(codec));
}

// What the peer takes in each of its video slots; one without any looks at nothing, so it takes
// all. AV1 counts only with the dependency descriptor: what the server leaves out of a stream of
// several layers can't be told from a loss without it.
CodecSet codecs_taken(const media::PeerDescription& peer);

// Those of `offered` that all take, in its order.
std::vector<rtp::Codec> common_codecs(std::span<const rtp::Codec> offered,
                                      std::span<const CodecSet> each);

}  // namespace parley::control
