// Browsers cut a picture into packets that differ by a byte or so, and a segmented message takes
// only packets of one size, the last of which may be shorter. So a few bytes of RTP padding save a
// message for each viewer and picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sfu/down_slot.h"
#include "shard/viewer_order.h"

namespace parley::shard {

// Goes along the plans of one viewer. Never pads sound, repairs, or what is padded already.
class EvenSizes {
 public:
  static constexpr size_t kMostPadding = 8;

  // Bytes of padding for plans[at]; to be asked for each of the viewer's plans in turn.
  uint8_t padding(std::span<const sfu::ForwardPlan> plans, const ViewerOrder& order, uint32_t at);

 private:
  bool inside_ = false;  // of neighbours that are made equal
  uint32_t last_ = 0;    // of them; it stays as it is, unless it is the largest
  size_t size_ = 0;      // payload of the largest
};

}  // namespace parley::shard
