// Strong integer ids: a TrackId can't be passed where a PeerId is meant. Zero is "none" in every
// one of them.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace parley {

template <typename Tag>
struct Id {
  uint32_t value = 0;
  constexpr explicit operator bool() const { return value != 0; }
  constexpr auto operator<=>(const Id&) const = default;
};

// A transport endpoint on a shard; one for each client connected to the server.
using PeerId = Id<struct PeerTag>;
// A room as the media side knows it: the set of peers that can see each other's tracks.
using RouterId = Id<struct RouterTag>;
// A published medium. Travels in band as the CSRC of every forwarded packet.
using TrackId = Id<struct TrackTag>;
// A receiving place of a subscriber, unique within its peer.
using SlotId = Id<struct SlotTag>;

}  // namespace parley

template <typename Tag>
struct std::hash<parley::Id<Tag>> {
  size_t operator()(parley::Id<Tag> id) const noexcept { return std::hash<uint32_t>{}(id.value); }
};
