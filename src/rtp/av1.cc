#include "rtp/av1.h"

namespace parley::rtp {

// §4.4
//    0 1 2 3 4 5 6 7
//   |Z|Y| W |N|-|-|-|
std::optional<Av1AggregationHeader> parse_av1_aggregation_header(Bytes payload) {
  if (payload.empty()) return std::nullopt;
  const uint8_t first = payload[0];
  const Av1AggregationHeader header{
      .continues_obu = (first & 0x80) != 0,
      .obu_continues = (first & 0x40) != 0,
      .element_count = static_cast<uint8_t>((first >> 4) & 0x03),
      .starts_coded_video_sequence = (first & 0x08) != 0,
  };
  if (header.continues_obu && header.starts_coded_video_sequence) return std::nullopt;
  return header;
}

uint8_t write_av1_aggregation_header(const Av1AggregationHeader& header) {
  return static_cast<uint8_t>(
      (header.continues_obu ? 0x80 : 0) | (header.obu_continues ? 0x40 : 0) |
      ((header.element_count & 0x03) << 4) | (header.starts_coded_video_sequence ? 0x08 : 0));
}

}  // namespace parley::rtp
