// A media flow under congestion control: an encoder that follows the target, Pacer and
// BandwidthEstimator on one end, ArrivalRecorder and its feedback on the other.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/random.h"
#include "congestion/arrival_recorder.h"
#include "congestion/bandwidth_estimator.h"
#include "congestion/pacer.h"
#include "sim/congestion_host.h"
#include "sim/network.h"

namespace parley::sim {

// What happened to a flow since the last look.
struct FlowMeter {
  DataSize received;
  uint64_t packets = 0;
  TimeDelta worst_queueing;
  std::vector<TimeDelta> queueing;  // of each packet: one-way delay less propagation
};

struct MediaConfig {
  DataRate demand = DataRate::kbps(4'000);
  Timestamp start;
  Timestamp stop = Timestamp::never();
  // No media in between.
  Timestamp pause = Timestamp::never();
  Timestamp resume = Timestamp::never();
  congestion::EstimatorConfig estimator;
};

// 30 frames a second of the target's mean size, uniform between 0.5 and 1.5 of it; a frame is left
// out while more than 200 ms of media wait.
class MediaSender final : public FlowEnd {
 public:
  MediaSender(Network& network, const FlowPath& path, const MediaConfig& config, uint64_t seed);

  void on_datagram(Bytes datagram, Timestamp now) override;
  void on_timeout(Timestamp now) override;
  Timestamp next_timeout() const override;

  const congestion::BandwidthEstimator& estimator() const { return estimator_; }
  bool active(Timestamp now) const;
  uint64_t padding_bytes = 0;
  uint64_t media_bytes = 0;

 private:
  void encode();
  void flush(Timestamp now);
  void send(size_t bytes, Timestamp now);

  Network& network_;
  FlowPath path_;
  MediaConfig config_;
  SeededRandom random_;
  congestion::BandwidthEstimator estimator_;
  congestion::Pacer pacer_;
  std::deque<size_t> queue_;
  size_t queued_bytes_ = 0;
  uint16_t sequence_ = 65'000;
  Timestamp next_frame_;
  Timestamp next_tick_;
};

class MediaReceiver final : public FlowEnd {
 public:
  MediaReceiver(Network& network, const FlowPath& path, TimeDelta propagation)
      : network_(network), path_(path), propagation_(propagation) {}

  void on_datagram(Bytes datagram, Timestamp now) override;
  void on_timeout(Timestamp now) override;
  Timestamp next_timeout() const override { return next_; }

  FlowMeter meter;

 private:
  Network& network_;
  FlowPath path_;
  TimeDelta propagation_;
  congestion::ArrivalRecorder recorder_;
  Timestamp next_ = Timestamp::never();
};

}  // namespace parley::sim
