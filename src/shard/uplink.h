// What a publisher without transport-wide numbers may send, judged here and told by REMB
// (draft-alvestrand-rmcat-remb-03).
//
// Rules:
//  1. The estimator that serves viewers judges: each packet counts as sent at the time it carries
//     (abs-send-time) and as told of at the next poll().
//  2. The publisher's clock is set by its first packet, kTransit before it came; again when drift
//  made
//     a packet come sooner than that less kDrift.
//  3. The rate is told each kInterval, and at once when it fell by more than kFallPercent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "base/units.h"
#include "congestion/bandwidth_estimator.h"
#include "rtp/header_extensions.h"

namespace parley::shard {

class Uplink {
 public:
  static constexpr TimeDelta kTransit = TimeDelta::millis(100);
  static constexpr TimeDelta kDrift = TimeDelta::millis(80);
  static constexpr TimeDelta kInterval = TimeDelta::seconds(1);
  static constexpr int64_t kFallPercent = 3;

  void on_packet(rtp::AbsSendTime sent, DataSize size, Timestamp arrival);
  // Every 20 to 50 ms. The rate to tell now; nullopt: none.
  std::optional<DataRate> poll(Timestamp now);

 private:
  void tell(Timestamp now);

  congestion::BandwidthEstimator estimator_;
  BoundedVector<congestion::PacketResult, 256> arrived_;  // since the last poll
  uint16_t next_sequence_ = 0;
  std::optional<rtp::AbsSendTime> last_sent_;
  Timestamp sent_at_;  // the same on our clock
  std::optional<Timestamp> told_at_;
  DataRate told_;
};

}  // namespace parley::shard
