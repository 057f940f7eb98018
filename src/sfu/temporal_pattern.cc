#include "sfu/temporal_pattern.h"

#include <algorithm>

namespace parley::sfu {

void TemporalPattern::on_picture(int64_t picture, uint8_t temporal,
                                                 uint8_t tl0_pic_idx, bool key) {
  if (picture <= newest_) return;
  const int64_t step = newest_ < 0 ? 1 : std::min<int64_t>(picture - newest_, 33);
  const auto bases = static_cast<uint8_t>(tl0_pic_idx - base_tl0_);
  // TL0PICIDX says for sure when no base-layer picture is among those that didn't come.
  const bool no_base = bases == (temporal == 0 ? 1 : 0);
  for (int64_t skipped = picture - step + 1; skipped < picture; ++skipped) {
    const uint8_t likely = expected(skipped);
    history_ = (history_ << 2) | (no_base && likely == 0 ? uint8_t{2} : likely);
  }
  history_ = (history_ << 2) | temporal;
  newest_ = picture;
  if (temporal == 0) {
    // A key frame starts the pattern afresh.
    if (bases == 1 && picture - base_ <= kLongest && !key) period_ = picture - base_;
    base_ = picture;
    base_tl0_ = tl0_pic_idx;
    return;
  }
  if (bases == 1 && step > 1) {
    // The base-layer picture is among those that didn't come: where expected, or (a key frame that
    // started the pattern afresh) the last of them.
    const int64_t expected_base = base_ + period_;
    base_ = expected_base > picture - step && expected_base < picture ? expected_base : picture - 1;
    base_tl0_ = tl0_pic_idx;
    if (picture - base_ < 32) history_ &= ~(uint64_t{3} << (2 * (picture - base_)));
  } else if (bases != 0) {
    return;
  }
  if (picture > base_ && picture - base_ < kLongest)
    after_base_[static_cast<size_t>(picture - base_)] = temporal;
}

uint8_t TemporalPattern::expected(int64_t picture) const {
  if (period_ == 0 || picture < base_) return 0;
  return after_base_[static_cast<size_t>((picture - base_) % period_ % kLongest)];
}

uint64_t TemporalPattern::before(int64_t picture) const {
  const int64_t back = newest_ - picture + 1;
  return back >= 1 && back < 32 ? history_ >> (2 * back) : 0;
}

}  // namespace parley::sfu
