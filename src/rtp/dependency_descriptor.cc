#include "rtp/dependency_descriptor.h"

#include <algorithm>

#include "rtp/bit_reader.h"

namespace parley::rtp {
namespace {

using Structure = DependencyStructure;

// next_layer_idc of A.8.2.
enum NextLayer : uint32_t { kSame, kNextTemporal, kNextSpatial, kNoMore };

TargetIndications read_indications(BitReader& reader, size_t targets) {
  TargetIndications out;
  for (size_t i = 0; i < targets; ++i) {
    const uint32_t indication = reader.bits(2);
    const uint32_t bit = uint32_t{1} << i;
    if (indication != 0) out.present |= bit;
    if (indication == 2) out.switches |= bit;
    if (indication == 3) out.required |= bit;
  }
  return out;
}

void write_indications(BitWriter& writer, const TargetIndications& indications, size_t targets) {
  for (size_t i = 0; i < targets; ++i) {
    const uint32_t bit = uint32_t{1} << i;
    writer.bits((indications.switches & bit) != 0   ? 2
                : (indications.required & bit) != 0 ? 3
                : (indications.present & bit) != 0  ? 1
                                                    : 0,
                2);
  }
}

// template_layers()
bool read_layers(BitReader& reader, Structure& s) {
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  while (true) {
    if (!s.templates.push_back({.spatial = spatial, .temporal = temporal})) return false;
    switch (reader.bits(2)) {
      case kSame:
        break;
      case kNextTemporal:
        if (++temporal == Structure::kMaxTemporal) return false;
        break;
      case kNextSpatial:
        temporal = 0;
        if (++spatial == Structure::kMaxSpatial) return false;
        break;
      default:
        s.max_spatial = spatial;
        return reader.ok();
    }
    if (!reader.ok()) return false;
  }
}

// template_chains()
void read_chains(BitReader& reader, Structure& s) {
  s.chain_count =
      static_cast<uint8_t>(reader.non_symmetric(static_cast<uint32_t>(s.targets.size()) + 1));
  if (s.chain_count == 0) return;
  for (auto& target : s.targets) {
    target.chain = static_cast<uint8_t>(reader.non_symmetric(s.chain_count));
  }
  for (auto& t : s.templates) {
    for (size_t i = 0; i < s.chain_count; ++i) {
      t.chain_diffs.push_back(static_cast<uint8_t>(reader.bits(4)));
    }
  }
}

// What follows from the templates: each target's layers, and which target holds which.
void derive(Structure& s) {
  std::array<uint32_t, Structure::kMaxTargets> beyond{};
  for (const auto& t : s.templates) {
    for (size_t i = 0; i < s.targets.size(); ++i) {
      if ((t.indications.present >> i & 1) == 0) {
        beyond[i] |= t.indications.present;
        continue;
      }
      s.targets[i].spatial = std::max(s.targets[i].spatial, t.spatial);
      s.targets[i].temporal = std::max(s.targets[i].temporal, t.temporal);
    }
  }
  for (size_t i = 0; i < s.targets.size(); ++i) s.contained[i] = s.all_targets() & ~beyond[i];
}

// template_dependency_structure(), A.8.2.
bool read_structure(BitReader& reader, Structure& s) {
  s.first_template_id = static_cast<uint8_t>(reader.bits(6));
  const size_t targets = reader.bits(5) + 1;
  for (size_t i = 0; i < targets; ++i) s.targets.push_back({});
  if (!read_layers(reader, s)) return false;
  for (auto& t : s.templates) t.indications = read_indications(reader, targets);
  for (auto& t : s.templates) {
    while (reader.flag()) {
      if (!t.diffs.push_back(static_cast<uint8_t>(reader.bits(4) + 1))) return false;
    }
  }
  read_chains(reader, s);
  s.has_resolutions = reader.flag();
  for (size_t i = 0; s.has_resolutions && i <= s.max_spatial; ++i) {
    const auto dimension = [&] {  // 1..65536; the largest doesn't fit and isn't sent by anyone
      return static_cast<uint16_t>(std::min(reader.bits(16) + 1, 65535u));
    };
    s.resolutions[i].width = dimension();
    s.resolutions[i].height = dimension();
  }
  derive(s);
  return reader.ok();
}

// frame_fdiffs(): sizes of 4, 8 or 12 bits until a size of 0.
bool read_diffs(BitReader& reader, DependencyDescriptor& d) {
  while (const uint32_t nibbles = reader.bits(2)) {
    if (!d.diffs.push_back(static_cast<uint16_t>(reader.bits(static_cast<int>(4 * nibbles)) + 1)))
      return false;
  }
  return true;
}

// frame_dependency_definition()
bool define_frame(BitReader& reader, const Structure& s, DependencyDescriptor& d) {
  const size_t index = (d.template_id + 64u - s.first_template_id) % 64;
  if (index >= s.templates.size()) return false;
  const Structure::Template& base = s.templates[index];
  d.spatial = base.spatial;
  d.temporal = base.temporal;
  d.indications =
      d.custom_indications ? read_indications(reader, s.targets.size()) : base.indications;
  if (d.custom_diffs) {
    if (!read_diffs(reader, d)) return false;
  } else {
    for (const uint8_t diff : base.diffs) d.diffs.push_back(diff);
  }
  if (d.custom_chains) {
    for (size_t i = 0; i < s.chain_count; ++i)
      d.chain_diffs.push_back(static_cast<uint8_t>(reader.bits(8)));
  } else {
    d.chain_diffs = base.chain_diffs;
  }
  if (s.has_resolutions) d.resolution = s.resolutions[base.spatial];
  return reader.ok();
}

}  // namespace

const DependencyParser::Kept* DependencyParser::in_force_at(int64_t frame) const {
  for (size_t i = 0; i < known_; ++i) {
    const Kept& kept = kept_[(current_ + i) % kept_.size()];
    if (kept.frame <= frame) return &kept;
  }
  return nullptr;
}

// A.8.1 and A.8.2
//
//    0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7
//   |S|E| template  |         frame number          |  then, if there is more: five flags
//   (structure, active targets, custom indications, custom diffs, custom chains) and what they
//   announce.
std::optional<DependencyDescriptor> DependencyParser::parse(Bytes data) {
  if (data.size() < 3) return std::nullopt;
  BitReader reader(data);
  DependencyDescriptor d;
  d.starts_frame = reader.flag();
  d.ends_frame = reader.flag();
  d.template_id = static_cast<uint8_t>(reader.bits(6));
  d.frame_number = static_cast<uint16_t>(reader.bits(16));
  d.unwrapped_frame = frames_.peek(d.frame_number);
  bool has_active = false;
  if (data.size() > 3) {
    d.has_structure = reader.flag();
    has_active = reader.flag();
    d.custom_indications = reader.flag();
    d.custom_diffs = reader.flag();
    d.custom_chains = reader.flag();
  }
  const Kept* in_force = &fresh_;
  if (d.has_structure) {
    fresh_ = {.structure = {}, .frame = d.unwrapped_frame};
    if (!read_structure(reader, fresh_.structure)) return std::nullopt;
    d.active_targets = fresh_.structure.all_targets();
  } else {
    in_force = in_force_at(d.unwrapped_frame);
    if (!in_force) return std::nullopt;
  }
  if (has_active)
    d.active_targets = reader.bits(static_cast<int>(in_force->structure.targets.size()));
  if (!define_frame(reader, in_force->structure, d)) return std::nullopt;

  frames_.unwrap(d.frame_number);
  if (in_force == &fresh_) {
    // Every packet of a key frame may carry it; late ones are of the past.
    const Kept* known = in_force_at(fresh_.frame);
    if (known && known->frame == fresh_.frame) {
      // What was read by the one must not be looked at by the other.
      if (known->structure != fresh_.structure) return std::nullopt;
      in_force = known;
    } else if (known_ == 0 || fresh_.frame > kept_[current_].frame) {
      current_ = (current_ + 1) % kept_.size();
      known_ = std::min(known_ + 1, kept_.size());
      kept_[current_] = fresh_;
      in_force = &kept_[current_];
    } else {
      return std::nullopt;
    }
  }
  d.structure = &in_force->structure;
  return d;
}

bool set_frame_number(MutableBytes extension, uint16_t frame_number) {
  if (extension.size() < 3) return false;
  store_be16(&extension[1], frame_number);
  return true;
}

namespace {

void write_structure(BitWriter& writer, const Structure& s) {
  const size_t targets = s.targets.size();
  writer.bits(s.first_template_id, 6);
  writer.bits(static_cast<uint32_t>(targets - 1), 5);
  for (size_t i = 0; i < s.templates.size(); ++i) {
    if (i + 1 == s.templates.size()) {
      writer.bits(kNoMore, 2);
    } else if (s.templates[i + 1].spatial != s.templates[i].spatial) {
      writer.bits(kNextSpatial, 2);
    } else {
      writer.bits(s.templates[i + 1].temporal != s.templates[i].temporal ? kNextTemporal : kSame,
                  2);
    }
  }
  for (const auto& t : s.templates) write_indications(writer, t.indications, targets);
  for (const auto& t : s.templates) {
    for (const uint8_t diff : t.diffs) writer.bits(0x10u | (diff - 1u), 5);
    writer.flag(false);
  }
  writer.non_symmetric(s.chain_count, static_cast<uint32_t>(targets) + 1);
  if (s.chain_count > 0) {
    for (const auto& target : s.targets) writer.non_symmetric(target.chain, s.chain_count);
    for (const auto& t : s.templates) {
      for (const uint8_t diff : t.chain_diffs) writer.bits(diff, 4);
    }
  }
  writer.flag(s.has_resolutions);
  for (size_t i = 0; s.has_resolutions && i <= s.max_spatial; ++i) {
    writer.bits(s.resolutions[i].width - 1u, 16);
    writer.bits(s.resolutions[i].height - 1u, 16);
  }
}

}  // namespace

size_t write_dependency_descriptor(MutableBytes out, const DependencyDescriptor& d,
                                   const DependencyStructure& s) {
  BitWriter writer(out);
  writer.flag(d.starts_frame);
  writer.flag(d.ends_frame);
  writer.bits(d.template_id, 6);
  writer.bits(d.frame_number, 16);
  const bool active =
      d.active_targets && !(d.has_structure && *d.active_targets == s.all_targets());
  if (d.has_structure || active || d.custom_indications || d.custom_diffs || d.custom_chains) {
    writer.flag(d.has_structure);
    writer.flag(active);
    writer.flag(d.custom_indications);
    writer.flag(d.custom_diffs);
    writer.flag(d.custom_chains);
    if (d.has_structure) write_structure(writer, s);
    if (active) writer.bits(*d.active_targets, static_cast<int>(s.targets.size()));
    if (d.custom_indications) write_indications(writer, d.indications, s.targets.size());
    if (d.custom_diffs) {
      for (const uint16_t diff : d.diffs) {
        const uint32_t nibbles = diff <= 16 ? 1 : diff <= 256 ? 2 : 3;
        writer.bits(nibbles, 2);
        writer.bits(diff - 1u, static_cast<int>(4 * nibbles));
      }
      writer.bits(0, 2);
    }
    if (d.custom_chains) {
      for (const uint8_t diff : d.chain_diffs) writer.bits(diff, 8);
    }
  }
  const size_t size = writer.finish();
  return writer.ok() ? size : 0;
}

}  // namespace parley::rtp
