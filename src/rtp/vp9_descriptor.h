// The VP9 payload descriptor (RFC 9628 §4.2): what layer selection needs to know and what rewriting
// must change. The VP9 data behind it isn't looked at.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "base/bytes.h"
#include "rtp/picture_id.h"

namespace parley::rtp {

// The scalability structure (RFC 9628 §4.2.1), sent with key pictures.
struct Vp9Structure {
  static constexpr size_t kMaxSpatialLayers = 8;  // N_S has 3 bits
  static constexpr size_t kMaxReferences = 3;     // R has 2 bits

  struct Resolution {
    uint16_t width = 0;  // pixels
    uint16_t height = 0;
    bool operator==(const Resolution&) const = default;
  };

  uint8_t spatial_layers = 1;    // N_S + 1
  bool has_resolutions = false;  // Y
  std::array<Resolution, kMaxSpatialLayers> resolutions{};
  bool has_group = false;  // G; the pictures of the group are checked, not kept
  uint8_t group_size = 0;  // N_G: pictures after which the pattern of a group repeats
  bool operator==(const Vp9Structure&) const = default;
};

struct Vp9Descriptor {
  bool inter_picture = false;  // P: predicted from earlier pictures
  bool flexible = false;       // F: references are listed, not given by the structure
  bool starts_frame = false;   // B: first packet of a layer frame
  bool ends_frame = false;     // E: last packet of a layer frame
  bool not_for_upper = false;  // Z: no upper spatial layer of this picture refers to this frame
  std::optional<uint16_t> picture_id;
  bool long_picture_id = false;  // picture_id has 15 bits (M), otherwise 7
  bool has_layers = false;       // L: the next four were sent
  uint8_t temporal_id = 0;       // TID, 3 bits
  bool switch_up = false;        // U: later pictures of higher temporal layers depend on none of
                                 // those layers before this one
  uint8_t spatial_id = 0;        // SID, 3 bits
  bool inter_layer = false;      // D: predicted from the spatial layer below in this picture
  std::optional<uint8_t> tl0_pic_idx;  // non-flexible mode with layers only
  BoundedVector<uint8_t, Vp9Structure::kMaxReferences> p_diffs;  // flexible and P: 1..127 each
  std::optional<Vp9Structure> structure;                         // V

  uint16_t size = 0;     // bytes of the descriptor; the VP9 data follows
  CounterPlaces places;  // of the counters above

  // A picture that depends on no earlier one starts here: the first packet of its lowest layer.
  bool starts_key_picture() const { return !inter_picture && starts_frame && spatial_id == 0; }
};

// nullopt if the payload ends within the descriptor, or if it lists more than three references, or
// a reference of distance 0 (§4.2).
std::optional<Vp9Descriptor> parse_vp9_descriptor(Bytes payload);

// Writes a descriptor; size and offsets are not looked at, and of a structure no group is written.
// Returns the bytes written; 0 if `out` is too small. TL0PICIDX goes out with layers in
// non-flexible mode (0 if absent), as the format demands.
size_t write_vp9_descriptor(MutableBytes out, const Vp9Descriptor& descriptor);

}  // namespace parley::rtp
