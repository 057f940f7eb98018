#include "rtp/h264_sps.h"

#include <algorithm>
#include <array>

#include "base/bounded.h"
#include "rtp/bit_reader.h"

namespace parley::rtp {
namespace {

// More than any real set without VUI takes; scaling lists may exceed it, and then there is no size.
constexpr size_t kMaxBytes = 256;

// §7.4.1.1: an 03 after two zeros is there only to keep start codes from appearing.
BoundedVector<uint8_t, kMaxBytes> unescape(Bytes nal) {
  BoundedVector<uint8_t, kMaxBytes> out;
  int zeros = 0;
  for (const uint8_t byte : nal) {
    if (zeros >= 2 && byte == 3) {
      zeros = 0;
      continue;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    if (!out.push_back(byte)) break;
  }
  return out;
}

// §7.3.2.1.1.1
void skip_scaling_list(BitReader& reader, int size) {
  int last = 8;
  int next = 8;
  for (int i = 0; i < size && reader.ok(); ++i) {
    if (next != 0) next = (last + (reader.signed_exp_golomb() & 0xff) + 256) & 0xff;
    if (next != 0) last = next;
  }
}

bool has_chroma_format(uint32_t profile) {
  constexpr uint32_t kHigh[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
  return std::ranges::find(kHigh, profile) != std::end(kHigh);
}

// Returns chroma_format_idc.
uint32_t skip_high_profile(BitReader& reader) {
  const uint32_t chroma = reader.exp_golomb();
  if (chroma == 3) reader.flag();
  reader.exp_golomb();  // bit depths
  reader.exp_golomb();
  reader.flag();
  if (reader.flag()) {
    for (int i = 0; i < (chroma == 3 ? 12 : 8) && reader.ok(); ++i) {
      if (reader.flag()) skip_scaling_list(reader, i < 6 ? 16 : 64);
    }
  }
  return chroma;
}

void skip_picture_order_count(BitReader& reader) {
  const uint32_t type = reader.exp_golomb();
  if (type == 0) {
    reader.exp_golomb();
  } else if (type == 1) {
    reader.flag();
    reader.signed_exp_golomb();
    reader.signed_exp_golomb();
    const uint32_t cycle = reader.exp_golomb();
    for (uint32_t i = 0; i < cycle && reader.ok(); ++i) reader.signed_exp_golomb();
  }
}

}  // namespace

std::optional<H264Resolution> parse_h264_resolution(Bytes nal) {
  const auto bytes = unescape(nal);
  BitReader reader({bytes.data(), bytes.size()});
  reader.bits(8);  // NAL header
  const uint32_t profile = reader.bits(8);
  reader.bits(16);  // constraints, level
  reader.exp_golomb();
  const uint32_t chroma = has_chroma_format(profile) ? skip_high_profile(reader) : 1;
  reader.exp_golomb();  // log2_max_frame_num
  skip_picture_order_count(reader);
  reader.exp_golomb();  // max_num_ref_frames
  reader.flag();
  constexpr uint64_t kMaxSide = 16'384;
  const uint64_t columns = uint64_t{reader.exp_golomb()} + 1;
  const uint64_t rows = uint64_t{reader.exp_golomb()} + 1;
  const bool frames_only = reader.flag();
  if (!frames_only) reader.flag();
  reader.flag();
  uint64_t width = columns * 16;
  uint64_t height = rows * 16 * (frames_only ? 1 : 2);
  if (reader.flag()) {
    // Table 6-1 and (7-19) to (7-22): in units of chroma samples.
    const uint64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    const uint64_t unit_y = (chroma == 1 ? 2u : 1u) * (frames_only ? 1u : 2u);
    uint64_t crop_x = reader.exp_golomb();
    crop_x += reader.exp_golomb();
    uint64_t crop_y = reader.exp_golomb();
    crop_y += reader.exp_golomb();
    if (crop_x * unit_x >= width || crop_y * unit_y >= height) return std::nullopt;
    width -= crop_x * unit_x;
    height -= crop_y * unit_y;
  }
  if (!reader.ok() || width > kMaxSide || height > kMaxSide) return std::nullopt;
  return H264Resolution{static_cast<uint16_t>(width), static_cast<uint16_t>(height)};
}

}  // namespace parley::rtp
