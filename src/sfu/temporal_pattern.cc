#include "sfu/temporal_pattern.h"

#include <algorithm>
#include <optional>

namespace parley::sfu {
namespace {

// Of a picture that is no base-layer picture, where nothing else is known.
constexpr uint8_t kUpper = 2;

constexpr uint8_t not_base(uint8_t likely) {
  return likely == 0 ? kUpper : likely;
}

}  // namespace

void TemporalPattern::on_picture(int64_t picture, uint8_t temporal, uint8_t tl0_pic_idx, bool key) {
  if (picture <= newest_) return on_late(picture, temporal, tl0_pic_idx);
  const int64_t first = newest_ < 0 ? picture : std::max(newest_ + 1, picture - kHistory + 1);
  const auto bases = static_cast<uint8_t>(tl0_pic_idx - base_tl0_);
  // TL0PICIDX says for sure how many base-layer pictures are among those that didn't come.
  const int missing = bases - (temporal == 0 ? 1 : 0);
  for (int64_t skipped = first; skipped < picture; ++skipped) {
    const uint8_t likely = expected(skipped, base_);
    append(missing == 0 ? not_base(likely) : likely, false);
  }
  append(temporal, true);
  newest_ = picture;
  const bool base_came = !gap_.open || gap_.base != base_;
  if (temporal == 0 && bases == 1 && base_came && !key) learn_period(picture - base_);
  if (missing == 1 && first < picture) {
    gap_ = {.first = first,
            .end = picture,
            .regular = base_ + period_,
            .tl0 = static_cast<uint8_t>(base_tl0_ + 1),
            .open = true};
    look_for_base();
  } else if (bases == 0 && temporal != 0 && base_came && picture > base_ &&
             picture - base_ < kLongest) {
    after_base_[static_cast<size_t>(picture - base_)] = temporal;
  }
  if (temporal == 0) base_ = picture;
  if (temporal == 0 || missing == 1) base_tl0_ = tl0_pic_idx;
}

void TemporalPattern::append(uint8_t temporal, bool came) {
  history_ = history_ << 2 | temporal;
  came_ = came_ << 1 | (came ? 1u : 0u);
}

void TemporalPattern::put(int64_t picture, uint8_t temporal, bool came) {
  const auto back = static_cast<unsigned>(newest_ - picture);
  history_ = (history_ & ~(uint64_t{3} << (2 * back))) | uint64_t{temporal} << (2 * back);
  if (came) came_ |= 1u << back;
}

void TemporalPattern::on_late(int64_t picture, uint8_t temporal, uint8_t tl0_pic_idx) {
  if (newest_ - picture >= kHistory || came(picture)) return;
  put(picture, temporal, true);
  if (!gap_.open || tl0_pic_idx != gap_.tl0 || newest_ - gap_.first >= kHistory) return;
  if (temporal == 0) {
    place_base(picture);
    gap_.open = false;
  } else if (picture == gap_.base) {
    look_for_base();
  }
}

void TemporalPattern::learn_period(int64_t distance) {
  if (distance > kLongest) return;
  if (period_ == 0 || distance == last_distance_) period_ = distance;
  last_distance_ = distance;
}

uint8_t TemporalPattern::expected(int64_t picture, int64_t base) const {
  if (period_ == 0 || picture < base) return 0;
  return after_base_[static_cast<size_t>((picture - base) % period_ % kLongest)];
}

bool TemporalPattern::fits(int64_t base) const {
  const int64_t distance = gap_.end - base;
  const uint8_t after = layer(gap_.end);
  if (after == 0) return distance == period_;
  return distance < period_ && after_base_[static_cast<size_t>(distance)] == after;
}

void TemporalPattern::look_for_base() {
  const auto possible = [&](int64_t p) { return p >= gap_.first && p < gap_.end && !came(p); };
  std::optional<int64_t> found;
  if (possible(gap_.regular)) found = gap_.regular;
  for (int64_t p = gap_.end - 1; p >= gap_.first && !(found && fits(*found)); --p) {
    if (possible(p) && (!found || fits(p))) found = p;
  }
  if (found) place_base(*found);
}

void TemporalPattern::place_base(int64_t base) {
  if (base_ < gap_.end) base_ = base;
  gap_.base = base;
  for (int64_t p = gap_.first; p < gap_.end; ++p) {
    if (came(p)) continue;
    const uint8_t likely = p < base ? layer(p) : expected(p, base);
    put(p, p == base ? uint8_t{0} : not_base(likely), false);
  }
}

uint64_t TemporalPattern::before(int64_t picture) const {
  const int64_t back = newest_ - picture + 1;
  return back >= 1 && back < kHistory ? history_ >> (2 * back) : 0;
}

}  // namespace parley::sfu
