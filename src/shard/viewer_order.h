// Turns plans from the order in which packets came into the order of viewers: of three packets for
// viewers A, B, C it makes A1 A2 A3, B1 B2 B3, C1 C2 C3, so that what one viewer gets is sealed and
// sent together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::shard {

// Knows plans by their index only. Viewers come in the order of their first plan, the plans of each
// in the order they were added. Allocates in reserve() only.
class ViewerOrder {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // For endpoints below `endpoints` and plan indices below `plans`.
  void reserve(size_t endpoints, size_t plans);

  void add(uint32_t plan, uint32_t endpoint);

  // The viewer at hand, kNone when there is none left, and its first plan that wasn't taken.
  uint32_t viewer() const { return at_ < viewers_.size() ? viewers_[at_] : kNone; }
  uint32_t plan() const { return chains_[viewers_[at_]].first; }
  // The viewer `n` after the one at hand, kNone beyond the last, and its first plan.
  uint32_t viewer_ahead(size_t n) const {
    return at_ + n < viewers_.size() ? viewers_[at_ + n] : kNone;
  }
  // How many viewers came before the one at hand.
  size_t passed() const { return at_; }
  uint32_t first_plan_of(uint32_t viewer) const { return chains_[viewer].first; }
  // The one after `plan` for the same viewer; kNone: it is the last.
  uint32_t after(uint32_t plan) const { return next_[plan]; }
  // Goes on behind `plan`; to the next viewer when it was the last.
  void take(uint32_t plan);
  bool empty() const { return at_ == viewers_.size(); }
  // Drops all that is left.
  void clear();

 private:
  struct Chain {
    uint32_t first = kNone;
    uint32_t last = kNone;
  };
  std::vector<Chain> chains_;      // by endpoint
  std::vector<uint32_t> next_;     // by plan
  std::vector<uint32_t> viewers_;  // those with plans
  size_t at_ = 0;                  // among viewers_
};

inline void ViewerOrder::reserve(size_t endpoints, size_t plans) {
  if (chains_.size() < endpoints) chains_.resize(endpoints);
  if (next_.size() < plans) next_.resize(plans);
  viewers_.reserve(endpoints);
}

inline void ViewerOrder::add(uint32_t plan, uint32_t endpoint) {
  Chain& chain = chains_[endpoint];
  next_[plan] = kNone;
  if (chain.first == kNone) {
    viewers_.push_back(endpoint);
    chain.first = plan;
  } else {
    next_[chain.last] = plan;
  }
  chain.last = plan;
}

inline void ViewerOrder::take(uint32_t plan) {
  chains_[viewers_[at_]].first = next_[plan];
  if (next_[plan] != kNone) return;
  if (++at_ == viewers_.size()) clear();
}

inline void ViewerOrder::clear() {
  for (; at_ < viewers_.size(); ++at_) chains_[viewers_[at_]] = {};
  viewers_.clear();
  at_ = 0;
}

}  // namespace parley::shard
