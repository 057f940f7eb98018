// Reads what the packets of one encoding say of their frames and brings it into FrameInfo: VP8 and
// VP9 by their payload descriptors, AV1 and H.264 by the dependency descriptor where it is sent.
// Keeps what later packets need: unwrapped numbers, the last dependency structure, VP8's pattern of
// temporal layers. Bounded, and allocates nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/sequence.h"
#include "rtp/dependency_descriptor.h"
#include "rtp/parameters.h"
#include "rtp/picture_id.h"
#include "sfu/frame_info.h"
#include "sfu/temporal_pattern.h"

namespace parley::sfu {

struct FrameDescription {
  FrameInfo info;
  bool key_frame_start = false;  // first packet of a key picture
  int64_t picture_id = 0;        // unwrapped; dependency descriptor: frame number
  uint8_t tl0_pic_idx = 0;
  uint8_t key_index = 0;
  bool close_pictures = false;  // VP8 with picture ids
  rtp::CounterPlaces counters;  // in the payload
  bool unread = false;          // a dependency descriptor without the structure to read it by
  uint16_t width = 0;           // of the largest layer, where this packet says so; 0: it doesn't
  uint16_t height = 0;
};

// Whether layers are told by the dependency descriptor. With the other codecs it says nothing that
// the payload doesn't, and is neither kept nor passed on.
constexpr bool uses_dependencies(rtp::Codec codec) {
  return codec == rtp::Codec::kAv1 || codec == rtp::Codec::kH264;
}

class FrameDescriber {
 public:
  // `dependencies`: the dependency descriptor's bytes, empty if none was sent. An unreadable
  // payload gives a description that says nothing.
  FrameDescription describe(rtp::Codec codec, Bytes payload, Bytes dependencies);
  // Another stream begins, in another codec: nothing of the former counts.
  void restart();

 private:
  void describe_vp8(Bytes payload, FrameDescription& out);
  void describe_vp9(Bytes payload, FrameDescription& out);
  void describe_h264(Bytes payload, FrameDescription& out);
  void describe_av1(Bytes payload, FrameDescription& out);
  bool read_dependencies(Bytes dependencies, FrameDescription& out);
  // A key picture may start a new count of picture ids, which must not look like the past.
  int64_t unwrap_picture(uint16_t picture_id, bool is_long, bool key_picture_start);

  Unwrapper<uint16_t, 15> long_ids_;
  Unwrapper<uint8_t, 7> short_ids_;
  int64_t newest_picture_ = -1;
  int64_t laps_ = 0;  // added to unwrapped picture ids
  bool long_ids_used_ = false;
  TemporalPattern pattern_;
  rtp::DependencyParser dependencies_;
  uint32_t active_targets_ = 0;
  int64_t active_since_ = -1;  // frame number
};

}  // namespace parley::sfu
