#include "congestion/arrival_groups.h"

#include <algorithm>

namespace parley::congestion {

bool ArrivalGroups::belongs(Timestamp sent, Timestamp received) const {
  if (sent - open_->first_sent <= kBurst) return true;
  const TimeDelta arrival = received - open_->last_received;
  const bool faster = arrival < sent - open_->last_sent;
  return faster && arrival <= kBurst && received - open_->first_received < kLongestBurst;
}

std::optional<GroupDelta> ArrivalGroups::on_packet(Timestamp sent, Timestamp received) {
  if (!open_) {
    open_ = Group{sent, sent, received, received};
    return std::nullopt;
  }
  if (sent < open_->first_sent) return std::nullopt;
  if (belongs(sent, received)) {
    open_->last_sent = std::max(open_->last_sent, sent);
    open_->last_received = std::max(open_->last_received, received);
    return std::nullopt;
  }
  std::optional<GroupDelta> delta;
  if (closed_) {
    delta = GroupDelta{.send = open_->last_sent - closed_->last_sent,
                       .arrival = open_->last_received - closed_->last_received,
                       .arrived = open_->last_received};
    const TimeDelta off = delta->arrival - delta->send;
    if (off > kClockJump || off < -kClockJump) {
      reset();
      return std::nullopt;
    }
    if (delta->arrival < TimeDelta::zero()) {
      if (++reordered_ >= kMostReordered) reset();
      return std::nullopt;
    }
    reordered_ = 0;
  }
  closed_ = open_;
  open_ = Group{sent, sent, received, received};
  return delta;
}

void ArrivalGroups::reset() {
  open_.reset();
  closed_.reset();
  reordered_ = 0;
}

}  // namespace parley::congestion
