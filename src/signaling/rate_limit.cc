#include "signaling/rate_limit.h"

#include <algorithm>

namespace parley::signaling {

bool RateLimit::allow(Timestamp now) {
  // Longer than this fills any bucket; the cap keeps the product small.
  const TimeDelta elapsed =
      std::clamp(now - last_, TimeDelta::zero(), TimeDelta::seconds(burst_ / per_second_ + 1));
  last_ = std::max(last_, now);
  tokens_micro_ = std::min(tokens_micro_ + elapsed.us() * per_second_, burst_ * kMicro);
  if (tokens_micro_ < kMicro) return false;
  tokens_micro_ -= kMicro;
  return true;
}

}  // namespace parley::signaling
