#include "rtp/video_layers_allocation.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "rtp/bit_reader.h"

namespace parley::rtp {
namespace {

using Allocation = VideoLayersAllocation;
using Masks = std::array<uint8_t, Allocation::kMaxStreams>;

constexpr size_t kPictureBytes = 5;

// Leb128 of a number of at most 28 bits; failed beyond that.
std::optional<uint32_t> read_leb128(ByteReader& reader) {
  uint32_t value = 0;
  for (int shift = 0; shift < 28; shift += 7) {
    const uint8_t byte = reader.u8();
    value |= uint32_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return reader.ok() ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

void write_leb128(ByteWriter& writer, uint32_t value) {
  for (; value >= 0x80; value >>= 7) writer.u8(static_cast<uint8_t>(0x80 | (value & 0x7f)));
  writer.u8(static_cast<uint8_t>(value));
}

// Masks that are all the same stand in the header, others in one or two bytes behind it.
Masks read_masks(ByteReader& reader, uint8_t shared, size_t streams) {
  Masks masks{};
  if (shared != 0) {
    std::fill_n(masks.begin(), streams, shared);
    return masks;
  }
  for (size_t i = 0; i < streams; i += 2) {
    const uint8_t pair = reader.u8();
    masks[i] = pair >> 4;
    masks[i + 1] = pair & 0x0f;
  }
  if (streams % 2 != 0) masks[streams] = 0;  // padding
  return masks;
}

void list_layers(const Masks& masks, Allocation& out) {
  for (uint8_t stream = 0; stream < out.streams; ++stream) {
    for (uint8_t spatial = 0; spatial < Allocation::kMaxSpatial; ++spatial) {
      if ((masks[stream] >> spatial & 1) == 0) continue;
      out.layers.push_back({.stream = stream, .spatial = spatial, .targets = {}});
    }
  }
}

bool read_targets(ByteReader& reader, Allocation& out) {
  std::array<size_t, Allocation::kMaxStreams * Allocation::kMaxSpatial> counts{};
  BitReader bits(reader.bytes((out.layers.size() + 3) / 4));
  for (size_t i = 0; i < out.layers.size(); ++i) counts[i] = bits.bits(2) + 1;
  if (!bits.ok()) return false;
  for (size_t i = 0; i < out.layers.size(); ++i) {
    for (size_t t = 0; t < counts[i]; ++t) {
      const auto kbps = read_leb128(reader);
      if (!kbps || *kbps > Allocation::kMostTarget.kbps()) return false;
      out.layers[i].targets.push_back(DataRate::kbps(*kbps));
    }
  }
  return true;
}

}  // namespace

//    0 1 2 3 4 5 6 7
//   |RID| NS| sl_bm |  stream it is sent on, streams - 1, mask of spatial layers of every stream
//   |sl0_bm |sl1_bm |  or, where sl_bm is 0, of each: two bytes where there are more than two
//   |sl2_bm |sl3_bm |
//   |#tl|#tl|#tl|#tl|  temporal layers - 1 of each spatial layer, padded to a byte
//   targets in kbit/s, leb128
//   |   width - 1   |   height - 1   | fps |  of each spatial layer; all or none
// A single byte 0: nothing is encoded.
std::optional<VideoLayersAllocation> parse_video_layers_allocation(Bytes data) {
  ByteReader reader(data);
  const uint8_t header = reader.u8();
  if (!reader.ok()) return std::nullopt;
  Allocation out{.sent_on = static_cast<uint8_t>(header >> 6),
                 .streams = static_cast<uint8_t>((header >> 4 & 0x03) + 1),
                 .layers = {}};
  if (header == 0 && data.size() == 1) return out;
  list_layers(read_masks(reader, header & 0x0f, out.streams), out);
  if (!reader.ok() || !read_targets(reader, out)) return std::nullopt;
  if (reader.remaining() == 0) return out;
  if (reader.remaining() != kPictureBytes * out.layers.size()) return std::nullopt;
  out.has_pictures = true;
  for (auto& layer : out.layers) {
    layer.width = reader.u16() + 1u;
    layer.height = reader.u16() + 1u;
    layer.fps = reader.u8();
  }
  return out;
}

size_t write_video_layers_allocation(MutableBytes out, const VideoLayersAllocation& allocation) {
  ByteWriter writer(out);
  const auto header = static_cast<uint8_t>((allocation.sent_on & 0x03) << 6 |
                                           ((allocation.streams - 1) & 0x03) << 4);
  Masks masks{};
  for (const auto& layer : allocation.layers) {
    PARLEY_CHECK(layer.stream < allocation.streams && layer.spatial < Allocation::kMaxSpatial);
    PARLEY_CHECK(!layer.targets.empty());
    masks[layer.stream] |= static_cast<uint8_t>(1 << layer.spatial);
  }
  if (allocation.layers.empty()) {
    writer.u8(0);
    return writer.ok() ? writer.size() : 0;
  }
  const bool same = std::ranges::all_of(std::span(masks).first(allocation.streams),
                                        [&](uint8_t mask) { return mask == masks[0]; });
  writer.u8(same ? header | masks[0] : header);
  for (size_t i = 0; !same && i < allocation.streams; i += 2)
    writer.u8(static_cast<uint8_t>(masks[i] << 4 | masks[i + 1]));

  std::array<uint8_t, 4> counts{};
  BitWriter bits(counts);
  for (const auto& layer : allocation.layers)
    bits.bits(static_cast<uint32_t>(layer.targets.size() - 1), 2);
  writer.bytes(Bytes(counts).first(bits.finish()));
  for (const auto& layer : allocation.layers) {
    for (const DataRate target : layer.targets)
      write_leb128(writer, static_cast<uint32_t>(target.kbps()));
  }
  for (const auto& layer : allocation.layers) {
    if (!allocation.has_pictures) break;
    writer.u16(static_cast<uint16_t>(layer.width - 1));
    writer.u16(static_cast<uint16_t>(layer.height - 1));
    writer.u8(layer.fps);
  }
  return writer.ok() ? writer.size() : 0;
}

}  // namespace parley::rtp
