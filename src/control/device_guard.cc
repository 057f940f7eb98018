#include "control/device_guard.h"

namespace parley::control {

bool DeviceGuard::handle_report(const signaling::client::Health& report, Timestamp now) {
  int64_t decode_ms = 0;
  int64_t dropped = 0;
  for (const auto& slot : report.slots) {
    decode_ms += slot.decode_ms;
    dropped += slot.dropped;
  }
  if (decode_ms <= kBusyMs && dropped <= kDropped) {
    bad_in_a_row_ = 0;
    return false;
  }
  last_bad_ = now;
  if (now < settled_at_ || ++bad_in_a_row_ < kBadReports || halvings_ == kMost) return false;
  ++halvings_;
  bad_in_a_row_ = 0;
  settled_at_ = now + kSettle;
  return true;
}

bool DeviceGuard::handle_timeout(Timestamp now) {
  if (now < next()) return false;
  --halvings_;
  last_bad_ = now;
  return true;
}

Timestamp DeviceGuard::next() const {
  return halvings_ == 0 ? Timestamp::never() : last_bad_ + kGoodTime;
}

}  // namespace parley::control
