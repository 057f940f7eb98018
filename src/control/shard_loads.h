// How many people each shard carries, over all rooms.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/check.h"

namespace parley::control {

class ShardLoads {
 public:
  explicit ShardLoads(size_t shards) : people_(shards) { PARLEY_CHECK(shards > 0); }

  void add(size_t shard) { ++people_[shard]; }
  void remove(size_t shard) { --people_[shard]; }
  size_t of(size_t shard) const { return people_[shard]; }
  // The first of those that carry fewest.
  size_t least() const {
    return static_cast<size_t>(std::ranges::min_element(people_) - people_.begin());
  }

 private:
  std::vector<size_t> people_;
};

}  // namespace parley::control
