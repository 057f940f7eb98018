// The AV1 aggregation header (RTP Payload Format For AV1 v1.0 §4.4): as much of an AV1 payload as
// finding frames takes where there is no dependency descriptor.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace parley::rtp {

struct Av1AggregationHeader {
  bool continues_obu = false;                // Z: the first element goes on from the packet before
  bool obu_continues = false;                // Y: the last element goes on in the next packet
  uint8_t element_count = 0;                 // W: 1..3; 0: each element has its length before it
  bool starts_coded_video_sequence = false;  // N: first packet of a key frame with its headers
  bool operator==(const Av1AggregationHeader&) const = default;
};

// nullopt if the payload is empty or says both that it begins a sequence and that it continues an
// element (§4.4 forbids it).
std::optional<Av1AggregationHeader> parse_av1_aggregation_header(Bytes payload);
uint8_t write_av1_aggregation_header(const Av1AggregationHeader& header);

}  // namespace parley::rtp
