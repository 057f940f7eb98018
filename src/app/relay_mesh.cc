#include "app/relay_mesh.h"

#include <algorithm>

#include "base/check.h"

namespace parley::app {

RelayMesh::RelayMesh(size_t threads) : to_wake_(threads) {
  PARLEY_CHECK(threads <= sfu::kMostShards);
  for (size_t to = 0; to < threads; ++to) {
    inboxes_.push_back(std::make_unique<Inbox>());
    inboxes_.back()->taken.resize(threads);
    for (size_t from = 0; from < threads; ++from) {
      inboxes_.back()->from.push_back(from == to ? nullptr
                                                 : std::make_unique<io::SpscRing<Place>>(kPlaces));
    }
  }
}

size_t RelayMesh::push(size_t from, const sfu::RelayMessage& message) {
  const Bytes payload = message.packet.payload;
  const Bytes dependencies = message.packet.dependencies;
  // The packet matters more than what it says of its stream.
  const size_t needed = payload.size() + dependencies.size();
  if (needed > kMostBytes) return 1;
  const Bytes said = message.packet.layers_allocation;
  const Bytes allocation = needed + said.size() <= kMostBytes ? said : Bytes();
  size_t refused = 0;
  for (size_t to = 0; to < inboxes_.size(); ++to) {
    if (to == from || (message.to >> to & 1u) == 0) continue;
    io::SpscRing<Place>& ring = *inboxes_[to]->from[from];
    Place* place = ring.reserve();
    if (place == nullptr) {
      ++refused;
      continue;
    }
    place->message = message;
    place->payload_size = static_cast<uint16_t>(payload.size());
    place->dependencies_size = static_cast<uint16_t>(dependencies.size());
    place->allocation_size = static_cast<uint16_t>(allocation.size());
    auto behind = std::ranges::copy(payload, place->bytes.begin()).out;
    behind = std::ranges::copy(dependencies, behind).out;
    std::ranges::copy(allocation, behind);
    ring.commit();
    to_wake_[from] |= 1u << to;
  }
  return refused;
}

void RelayMesh::wake(size_t from) {
  for (size_t to = 0; to_wake_[from] != 0; ++to, to_wake_[from] >>= 1) {
    if (to_wake_[from] & 1u) inboxes_[to]->event.raise();
  }
}

void RelayMesh::release(size_t to) {
  for (size_t from = 0; from < inboxes_.size(); ++from) {
    if (from != to) inboxes_[to]->from[from]->release(inboxes_[to]->taken[from]);
    inboxes_[to]->taken[from] = 0;
  }
}

sfu::RelayMessage RelayMesh::message_of(const Place& place) {
  sfu::RelayMessage message = place.message;
  const Bytes bytes(place.bytes);
  message.packet.payload = bytes.first(place.payload_size);
  message.packet.dependencies = bytes.subspan(place.payload_size, place.dependencies_size);
  message.packet.layers_allocation =
      bytes.subspan(size_t{place.payload_size} + place.dependencies_size, place.allocation_size);
  return message;
}

}  // namespace parley::app
