// How fast to send to one receiver: transport-wide feedback in, target rate and probes out. It only
// routes between its parts; each part has its rules on top. It doesn't pace (Pacer), doesn't choose
// what is sent (the allocator) and reads no wire format. docs/congestion.md explains it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/prefetch.h"
#include "base/units.h"
#include "congestion/acked_rate.h"
#include "congestion/application_limit.h"
#include "congestion/arrival_groups.h"
#include "congestion/burst_allowance.h"
#include "congestion/competition.h"
#include "congestion/loss_bound.h"
#include "congestion/loss_report_control.h"
#include "congestion/packet_conservation.h"
#include "congestion/packet_result.h"
#include "congestion/probe_cluster.h"
#include "congestion/probe_controller.h"
#include "congestion/probe_estimator.h"
#include "congestion/queue_delay.h"
#include "congestion/rate_control.h"
#include "congestion/sent_history.h"
#include "congestion/steep_rise.h"
#include "congestion/trendline.h"

namespace parley::congestion {

struct EstimatorConfig {
  // A 360p picture and voice at once, and still under what a 3G downlink carries; the first probe
  // finds more within a round trip and a half.
  DataRate start = DataRate::kbps(600);
  // Voice with its headers.
  DataRate least = DataRate::kbps(30);
  DataRate most = DataRate::kbps(50'000);
  // Negotiated: then silence from the first packet on is a sign of congestion.
  bool transport_feedback = true;
};

// Rules
// 1. Target = least of delay-based rate, loss bound and a live REMB, within [least, most].
// 2. Without transport-wide feedback so far the target is that of the loss reports and REMB, if
//    there are any, else the start rate.
// 3. Packets under way and no feedback for kSilentRoundTrips round trips (at least
// kShortestSilence):
//    the delay-based rate is cut to kSilenceFactor, and again after each such time.
// 4. After a silence the trend starts over: what queued meanwhile says nothing of its slope.
class BandwidthEstimator {
 public:
  static constexpr int kSilentRoundTrips = 4;
  static constexpr TimeDelta kShortestSilence = TimeDelta::millis(500);
  static constexpr double kSilenceFactor = 0.7;

  explicit BandwidthEstimator(const EstimatorConfig& config = {});

  // A packet left under this transport-wide number. `size` as on the wire, with IP and UDP headers
  // if the link is to be met exactly; at most 65,535 bytes. `probe`: the pacer's probe() then.
  void on_sent(uint16_t transport_sequence, DataSize size, Timestamp now, ProbeId probe = {});
  // Makes the pages known, and begins to fetch, of what on_sent() will need for this number.
  void touch(uint16_t transport_sequence) const {
    history_.touch(transport_sequence);
    parley::touch(&target_);
  }
  void prefetch(uint16_t transport_sequence) const {
    history_.prefetch(transport_sequence);
    parley::prefetch(&application_, sizeof application_);
    parley::prefetch(&target_);
    parley::prefetch(&waiting_since_, 64);
  }
  // One report, in ascending order of numbers; numbers not sent, forgotten or already told are
  // ignored.
  void on_feedback(std::span<const PacketResult> results, Timestamp now);
  void on_round_trip(TimeDelta round_trip, Timestamp now);
  // The pacer held something back that burst() didn't cover.
  void on_held(Timestamp now) { burst_.on_held(now); }
  // For receivers without transport-wide feedback. REMB also bounds those that have it.
  void on_remb(DataRate rate, Timestamp now);
  // Fraction lost of a receiver report, in [0, 1]; not used once transport-wide feedback came.
  void on_loss_report(double fraction, Timestamp now);
  // The most that could be sent if the path allowed it: nothing beyond is probed for. Zero at
  // first.
  void set_demand(DataRate demand);
  // Every 20 to 50 ms.
  void handle_tick(Timestamp now);

  // What may be sent altogether, retransmissions included. Changes only in the calls above.
  DataRate target() const { return target_; }
  // What to choose the media by: the target, but not lowered while a queue is drained; what is sent
  // too much in that half second waits for the pacer.
  DataRate sustained() const { return std::max(target_, sustained_); }
  // For the pacer: what may leave at once.
  DataSize burst() const { return burst_.value(target_); }
  // No: news of what was sent is overdue, and what can wait shall, until allows_at() at the latest.
  bool allows(Timestamp now) const { return conservation_.allows(now); }
  Timestamp allows_at() const { return conservation_.end(); }
  // The next probe to give to the pacer; false when there is none. Asked after each call above.
  bool poll_probe(ProbeCluster& out);

  // For statistics and tests.
  std::optional<DataRate> acked_rate() const { return acked_.value(); }
  TimeDelta queue_delay() const { return queue_delay_.value(); }
  TimeDelta round_trip() const { return round_trip_; }
  BandwidthUsage usage() const { return trendline_.usage(); }
  DataRate delay_based() const { return rate_control_.target(); }
  std::optional<DataRate> loss_bound() const { return loss_.value(); }
  bool competing() const { return competition_.competing(); }
  bool application_limited() const { return application_.limited(); }

 private:
  void on_received(const SentHistory::Packet& packet, Timestamp received);
  void check_silence(Timestamp now);
  void judge_bursts(Timestamp newest_sent, Timestamp now);
  void update_target(Timestamp now);
  ProbeControllerInput probe_input() const;
  RateControlInput rate_input() const;

  EstimatorConfig config_;
  SentHistory history_;
  ArrivalGroups groups_;
  TrendlineDetector trendline_;
  SteepRise steep_rise_;
  bool steep_ = false;  // by the last report
  QueueDelay queue_delay_;
  AckedRate acked_;
  CompetitionDetector competition_;
  RateControl rate_control_;
  LossBound loss_;
  LossReportControl reports_;
  ApplicationLimit application_;
  BurstAllowance burst_;
  ProbeController probe_controller_;
  ProbeEstimator probe_estimator_;

  DataRate target_;
  DataRate sustained_;
  DataRate demand_;
  TimeDelta round_trip_ = TimeDelta::millis(200);
  std::optional<ProbeResult> probe_result_;  // of the report being handled
  bool lost_ = false;                        // in the report being handled
  bool had_feedback_ = false;
  Timestamp newest_told_;  // when the newest packet known to have arrived left
  Timestamp last_feedback_;
  // The oldest packet sent after the last feedback; never: nothing is under way.
  Timestamp waiting_since_ = Timestamp::never();
  PacketConservation conservation_;
};

}  // namespace parley::congestion
