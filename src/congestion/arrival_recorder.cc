#include "congestion/arrival_recorder.h"

#include <algorithm>

namespace parley::congestion {

ArrivalRecorder::ArrivalRecorder() : ring_(kRing) {
  report_.reserve(kMostPackets);
}

void ArrivalRecorder::on_packet(uint16_t sequence, Timestamp now) {
  const int64_t s = unwrap_.unwrap(sequence);
  if (next_ == kNone) next_ = s;
  // Later than its report by reordering: cover it again, as the draft allows, if it is near.
  if (s < next_) {
    if (next_ - s > static_cast<int64_t>(kRing) / 2) return;
    next_ = s;
  }
  Entry& entry = ring_[static_cast<size_t>(s) & (kRing - 1)];
  if (entry.sequence != s) entry = {s, now};
  newest_ = std::max(newest_, s);
  pending_ = true;
}

bool ArrivalRecorder::is_due(Timestamp now) const {
  return pending_ && now - last_report_ >= kInterval;
}

ArrivalRecorder::Report ArrivalRecorder::take(Timestamp now) {
  report_.clear();
  last_report_ = now;
  pending_ = false;
  if (newest_ == kNone || newest_ < next_) return {};
  const int64_t first = std::max(next_, newest_ - static_cast<int64_t>(kMostPackets) + 1);
  for (int64_t s = first; s <= newest_; ++s) {
    const Entry& entry = ring_[static_cast<size_t>(s) & (kRing - 1)];
    if (entry.sequence == s) report_.push_back({static_cast<uint16_t>(s), entry.at});
  }
  next_ = newest_ + 1;
  return {static_cast<uint16_t>(first), ++count_, report_};
}

}  // namespace parley::congestion
