// The dependency descriptor header extension (RTP Payload Format For AV1 v1.0, appendix A): which
// frames a frame needs and who needs it, without a look into the payload.
//
// A sender describes its pattern once, in a structure of templates that goes with a key frame; each
// packet then names its template and says what differs. So the extension can't be read without the
// structure in force: DependencyParser keeps it, and the one before for what comes late.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "base/bytes.h"
#include "base/sequence.h"

namespace parley::rtp {

// What one frame is to each decode target (the decode target indications of A.8.3) as bit sets, bit
// = decode target. Present and neither of the other two: discardable.
struct TargetIndications {
  uint32_t present = 0;   // part of the target
  uint32_t switches = 0;  // and the target can be entered here, if this frame can be decoded
  uint32_t required = 0;
  bool operator==(const TargetIndications&) const = default;
};

struct DependencyStructure {
  static constexpr size_t kMaxTemplates = 64;  // template ids have 6 bits
  static constexpr size_t kMaxTargets = 32;    // dt_cnt_minus_one has 5 bits
  static constexpr size_t kMaxChains = 32;     // never more than targets
  static constexpr size_t kMaxSpatial = 8;     // ours: AV1 has 4 spatial layers, VP9 8
  static constexpr size_t kMaxTemporal = 8;
  // Ours: AV1 has 7 references a frame, VP8 and VP9 3.
  static constexpr size_t kMaxDiffs = 8;

  struct Template {
    uint8_t spatial = 0;
    uint8_t temporal = 0;
    TargetIndications indications;
    BoundedVector<uint8_t, kMaxDiffs> diffs;         // 1..16
    BoundedVector<uint8_t, kMaxChains> chain_diffs;  // 0..15
    bool operator==(const Template&) const = default;
  };
  struct Resolution {
    uint16_t width = 0;
    uint16_t height = 0;
    bool operator==(const Resolution&) const = default;
  };
  struct Target {
    uint8_t spatial = 0;  // highest layer in it
    uint8_t temporal = 0;
    uint8_t chain = 0;  // that protects it; if there are chains
    bool operator==(const Target&) const = default;
  };

  uint8_t first_template_id = 0;
  uint8_t chain_count = 0;
  bool has_resolutions = false;
  BoundedVector<Template, kMaxTemplates> templates;
  BoundedVector<Target, kMaxTargets> targets;
  std::array<Resolution, kMaxSpatial> resolutions{};  // by spatial layer, largest there may be
  // contained[a] has bit b if every frame of target b is one of target a: then a can be left for b
  // at any frame.
  std::array<uint32_t, kMaxTargets> contained{};
  uint8_t max_spatial = 0;

  bool operator==(const DependencyStructure&) const = default;

  uint32_t all_targets() const {
    return targets.size() == 32 ? UINT32_MAX : (uint32_t{1} << targets.size()) - 1;
  }
};

struct DependencyDescriptor {
  bool starts_frame = false;
  bool ends_frame = false;
  uint8_t template_id = 0;
  uint16_t frame_number = 0;
  // Beyond the template's.
  bool has_structure = false;
  bool custom_indications = false;
  bool custom_diffs = false;
  bool custom_chains = false;
  std::optional<uint32_t> active_targets;  // as sent; a structure without them makes all active

  uint8_t spatial = 0;
  uint8_t temporal = 0;
  TargetIndications indications;
  // Referenced frames by distance in frame numbers, 1..4096; none: a frame that starts afresh.
  BoundedVector<uint16_t, DependencyStructure::kMaxDiffs> diffs;
  BoundedVector<uint8_t, DependencyStructure::kMaxChains> chain_diffs;
  std::optional<DependencyStructure::Resolution> resolution;

  // Distinguishes frames beyond the 16 bits on the wire.
  int64_t unwrapped_frame = 0;
  // The structure it was read with, valid until the parser takes two more. Not null once parsed.
  const DependencyStructure* structure = nullptr;
};

class DependencyParser {
 public:
  // Reads one packet's extension; a structure in it is taken over if the frame is newer than that
  // of the structure in force. nullopt if it is truncated, beyond the bounds above, needs a
  // structure that never came, or has another than was read with the same frame before.
  std::optional<DependencyDescriptor> parse(Bytes data);
  // Another stream begins: frame numbers start anew, and the structures are no longer in force.
  // They stay readable for who still looks at a frame of the former stream.
  void restart() {
    frames_.reset();
    known_ = 0;
  }
  // The unwrapped frame number alone; nullopt if there is none.
  std::optional<int64_t> peek_frame(Bytes data) const {
    return data.size() < 3 ? std::nullopt : std::optional(frames_.peek(load_be16(&data[1])));
  }
  // The structure in force; nullptr before the first one.
  const DependencyStructure* structure() const {
    return known_ > 0 ? &kept_[current_].structure : nullptr;
  }

 private:
  struct Kept {
    DependencyStructure structure;
    int64_t frame = 0;
  };
  const Kept* in_force_at(int64_t frame) const;

  Unwrapper<uint16_t> frames_;
  std::array<Kept, 2> kept_;
  Kept fresh_;  // being read
  size_t current_ = 0;
  size_t known_ = 0;
};

// Changes the frame number of a written extension in place. False if it is too short.
bool set_frame_number(MutableBytes extension, uint16_t frame_number);

// Enough for one structure of three spatial and three temporal layers with room to spare; what an
// extension element can carry (RFC 8285 §4.3).
inline constexpr size_t kMaxDependencyDescriptor = 255;

// Writes the extension of a frame described by `structure`: template, frame number, flags; custom
// fields where their flag is set; the structure itself where has_structure is. Returns the bytes; 0
// if `out` is too small.
size_t write_dependency_descriptor(MutableBytes out, const DependencyDescriptor& descriptor,
                                   const DependencyStructure& structure);

}  // namespace parley::rtp
