#include "control/common_codecs.h"

namespace parley::control {

CodecSet codecs_taken(const media::PeerDescription& peer) {
  CodecSet all = kAllCodecs;
  for (const media::SlotDescription& slot : peer.slots) {
    if (slot.kind != rtp::MediaKind::kVideo) continue;
    CodecSet taken = 0;
    for (const rtp::CodecParameters& codec : slot.codecs) {
      if (codec.codec == rtp::Codec::kAv1 && slot.extensions.dependency_descriptor == 0) continue;
      taken |= bit_of(codec.codec);
    }
    all &= taken;
  }
  return all;
}

std::vector<rtp::Codec> common_codecs(std::span<const rtp::Codec> offered,
                                      std::span<const CodecSet> each) {
  CodecSet all = kAllCodecs;
  for (const CodecSet taken : each) all &= taken;
  std::vector<rtp::Codec> out;
  for (const rtp::Codec codec : offered) {
    if ((all & bit_of(codec)) != 0) out.push_back(codec);
  }
  return out;
}

}  // namespace parley::control
