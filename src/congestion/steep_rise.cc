#include "congestion/steep_rise.h"

#include <algorithm>
#include <cstdlib>

namespace parley::congestion {
namespace {

constexpr int64_t kUsualGain = 8;

}  // namespace

void SteepRise::on_packet(Timestamp sent, Timestamp received, bool probe) {
  if (probe) {
    reset();
    return;
  }
  const int64_t slice = received.us() / kSlice.us();
  constexpr auto kMost = static_cast<int64_t>(kSlices);
  if (newest_ == kNone || slice - newest_ >= kMost) {
    reset();
    newest_ = slice;
  }
  if (newest_ - slice >= kMost) return;
  while (newest_ < slice) begin_slice();
  int64_t& least = least_us_[kSlices - 1 - static_cast<size_t>(newest_ - slice)];
  least = std::min(least, (received - sent).us());
}

void SteepRise::begin_slice() {
  ++newest_;
  if (newest_ % static_cast<int64_t>(kThird) == 0) {
    const int64_t leaves = least_of(0);
    if (leaves != kNone && before_us_ != kNone)
      usual_us_ += (std::abs(leaves - before_us_) - usual_us_) / kUsualGain;
    if (leaves != kNone) before_us_ = leaves;
  }
  std::ranges::rotate(least_us_, least_us_.begin() + 1);
  least_us_.back() = kNone;
}

int64_t SteepRise::least_of(size_t first_slice) const {
  const auto begin = least_us_.begin() + static_cast<std::ptrdiff_t>(first_slice);
  return *std::min_element(begin, begin + static_cast<std::ptrdiff_t>(kThird));
}

bool SteepRise::take() {
  const int64_t first = least_of(0);
  const int64_t middle = least_of(kThird);
  const int64_t last = least_of(2 * kThird);
  if (first == kNone || middle == kNone || last == kNone) return false;
  if (middle - first < kStep.us() || last - middle < kStep.us()) return false;
  if (last - first < kRise.us() + kUsual * usual_us_) return false;
  reset();
  return true;
}

void SteepRise::reset() {
  least_us_.fill(kNone);
  newest_ = kNone;
  before_us_ = kNone;
}

}  // namespace parley::congestion
