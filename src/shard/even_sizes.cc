#include "shard/even_sizes.h"

#include <algorithm>

namespace parley::shard {
namespace {

bool may_grow(const sfu::ForwardPlan& plan) {
  return plan.video && !plan.original_sequence && plan.padding == 0;
}

}  // namespace

uint8_t EvenSizes::padding(std::span<const sfu::ForwardPlan> plans, const ViewerOrder& order,
                           uint32_t at) {
  const sfu::ForwardPlan& plan = plans[at];
  if (!inside_) {
    last_ = at;
    size_ = plan.payload.size();
    size_t least = size_;
    for (uint32_t next = order.after(at); may_grow(plan) && next != ViewerOrder::kNone;
         next = order.after(next)) {
      const size_t size = plans[next].payload.size();
      if (!may_grow(plans[next]) || plans[next].ssrc != plan.ssrc ||
          std::max(size_, size) - std::min(least, size) > kMostPadding)
        break;
      size_ = std::max(size_, size);
      least = std::min(least, size);
      last_ = next;
    }
  }
  inside_ = at != last_;
  return inside_ ? static_cast<uint8_t>(size_ - plan.payload.size()) : uint8_t{0};
}

}  // namespace parley::shard
