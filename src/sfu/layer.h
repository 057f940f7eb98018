// Names one quality of a published video: what the allocator chooses and a down-slot forwards.
#pragma once

#include <compare>
#include <cstdint>

namespace parley::sfu {

// Forwarding a layer means forwarding it and every layer below that it is predicted from: of
// encoding `encoding` (simulcast, RFC 8853; 0 is the smallest picture) the spatial layers 0 to
// `spatial` and the temporal layers 0 to `temporal` (0 is the base). Ordered by quality.
struct Layer {
  uint8_t encoding = 0;
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  auto operator<=>(const Layer&) const = default;
};

}  // namespace parley::sfu
