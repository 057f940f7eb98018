#include "io/send_batch.h"

#include <functional>

namespace parley::io {

bool SendBatch::add(const FlowPath& path, Bytes bytes) {
  if (full()) return false;
  const auto index = static_cast<uint16_t>(size_++);
  datagrams_[index] = {path, bytes};
  next_[index] = kNone;
  size_t place = std::hash<FlowPath>{}(path) % kTable;
  while (table_[place] != kNone && datagrams_[group_list_[table_[place]].first].path != path) {
    place = (place + 1) % kTable;
  }
  if (table_[place] == kNone) {
    table_[place] = static_cast<uint16_t>(groups_);
    used_places_[groups_] = static_cast<uint16_t>(place);
    group_list_[groups_++] = {index, index};
  } else {
    Group& group = group_list_[table_[place]];
    next_[group.last] = index;
    group.last = index;
  }
  return true;
}

std::span<const OutgoingDatagram> SendBatch::grouped() {
  // Alone or all to one: they stand right already.
  if (groups_ == 1 || groups_ == size_) return {datagrams_.data(), size_};
  size_t n = 0;
  for (size_t g = 0; g < groups_; ++g) {
    for (uint16_t i = group_list_[g].first; i != kNone; i = next_[i]) ordered_[n++] = datagrams_[i];
  }
  return {ordered_.data(), n};
}

void SendBatch::clear() {
  for (size_t g = 0; g < groups_; ++g) table_[used_places_[g]] = kNone;
  groups_ = 0;
  size_ = 0;
}

}  // namespace parley::io
