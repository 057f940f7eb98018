// The way to one viewer: what its path carries (estimated from its feedback), what leaves now and
// what waits.
//
// Rules:
//  1. A viewer that negotiated no transport-wide numbers is neither measured nor paced.
//  2. Audio always leaves at once; it counts for the pacer all the same.
//  3. Video leaves at once while nothing waits and the pacer allows it; else it waits, each slot in
//  a line of its own. The shortest line goes first, in it repairs before media: the key frame of
//  one picture doesn't hold up the others, which have little to send, nor do their repairs it.
//  4. A line that would take longer than kMostWait at what the present rate leaves beside sound is
//  given up, and its picture begins anew at what fits: late frames are worth less than those that
//  come next. One that would take kPressed is pressed until it takes less than kEased: its picture
//  gets the frames that others depend on, no more. While a queue on the path is drained the others
//  are pressed with it: there is no room for more.
//  What waits before the key frame of a smaller picture is given up, too, without any word.
//  5. What leaves may be kFactor times the target, so that a large frame doesn't take long, and
//  more at once where the path was seen to carry it without a queue (BurstAllowance); but
//  kDrainingFactor while more than kQueueToDrain waits on the path, which otherwise stays there and
//  in the end is taken for that of a competitor.
//  6. A probe that finds nothing waiting is filled with padding.
//  7. For kOpening from the first demand on, the path is probed for kOpeningDemand though less is
//  wished: the first pictures then come in the right size at once. Without a demand nothing is
//  sent.
//  8. Video may have what the estimate leaves after audio and repairs as measured.
//  9. Sound is sent twice (RED) from a loss of kLossy on until it is below kClean, on paths that
//  carry kLeastForRedundancy: on narrower ones the loss is likely our own doing.
// 10. Repairs are sent twice (a repair that is lost, too, costs its picture a second round trip and
//  what follows it) from a loss of kVeryLossy on until it is below kLossy, under the conditions of
//  9 and while nothing waits on the path: what a full queue drops, more of the same won't bring.
// 11. As long as that holds, video that the viewer's feedback misses is repaired unasked: its
//  requests are lost as often as what they ask for, and what it misses of repairs it asks for late.
// 12. Where the path has all but closed (PacketConservation), video waits until the estimate knows:
//  a full queue loses sound as well.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/prefetch.h"
#include "base/units.h"
#include "congestion/bandwidth_estimator.h"
#include "congestion/pacer.h"
#include "media/description.h"
#include "rtp/parameters.h"
#include "sfu/down_slot.h"
#include "shard/plan_queue.h"
#include "shard/rate_window.h"
#include "shard/video_watch.h"

namespace parley::shard {

class Downlink {
 public:
  static constexpr TimeDelta kMostWait = TimeDelta::millis(1000);
  static constexpr TimeDelta kPressed = TimeDelta::millis(100);
  static constexpr TimeDelta kEased = TimeDelta::millis(30);
  static constexpr double kFactor = 1.25;
  static constexpr double kDrainingFactor = 1.1;
  static constexpr TimeDelta kQueueToDrain = TimeDelta::millis(50);
  static constexpr TimeDelta kOpening = TimeDelta::seconds(2);
  static constexpr DataRate kOpeningDemand = DataRate::kbps(10'000);
  // IPv4 and UDP headers: a path's capacity includes them.
  static constexpr DataSize kPacketOverhead = DataSize::bytes(28);

  static constexpr double kLossy = 0.03;
  static constexpr double kClean = 0.015;
  static constexpr double kVeryLossy = 0.05;
  static constexpr TimeDelta kQueueOfOurs = TimeDelta::millis(30);
  static constexpr DataRate kLeastForRedundancy = DataRate::kbps(500);

  explicit Downlink(PlanStore& store);
  ~Downlink();
  Downlink(const Downlink&) = delete;
  Downlink& operator=(const Downlink&) = delete;

  void configure(std::span<const media::SlotDescription> slots);

  enum class Passage : uint8_t { kNow, kHeld, kNoRoom };
  // What to do with a plan; kHeld: it is kept here until poll_held() gives it back.
  Passage admit(const sfu::ForwardPlan& plan, Timestamp now);
  // The next plan that waited and may leave now; to be given to PlanStore::release() when sent.
  bool poll_held(sfu::ForwardPlan& out, Timestamp now);
  bool holds() const { return held_ != 0; }
  bool wants_padding(Timestamp now) const;
  // When poll_held() or wants_padding() may say yes next; never: not before something is admitted.
  Timestamp next_departure(Timestamp now) const;

  // Rule 4: tells (SSRC, what became of its line) where it isn't the same as at the last call.
  enum class Lateness : uint8_t { kSame, kPressed, kEased, kGivenUp };
  template <typename Tell>
  void judge_lines(Timestamp now, Tell&& tell) {
    const DataRate rate = leaving_rate(now);
    const bool drains_pressed = drains() && any_late(rate);
    for (Line& line : lines_) {
      const Lateness lateness = judge(line, drains_pressed, rate);
      if (lateness != Lateness::kSame) tell(line.ssrc.ssrc, lateness);
    }
  }

  // Begin to fetch what admit() and on_sent() need; the second where the path is measured, once the
  // first has come.
  void prefetch() const { parley::prefetch(&store_, kHotBytes); }
  void touch() const { parley::touch(&measured_); }
  void touch_measured() const { estimator_.touch(next_sequence_); }
  void prefetch_measured() const {
    parley::prefetch(&pacer_, sizeof pacer_);
    estimator_.prefetch(next_sequence_);
  }
  uint16_t take_sequence() { return next_sequence_++; }
  // A packet left under `sequence`; `size` of its datagram.
  enum class Kind : uint8_t { kAudio, kVideo, kRepair, kPadding };
  void on_sent(uint16_t sequence, DataSize size, Kind kind, Timestamp now);
  // Rule 11, of a video packet or a repair that left under `sequence`.
  void watch(uint16_t sequence, const sfu::ForwardPlan& plan) {
    if (redundant_repairs_)
      watch_.add(sequence, plan.ssrc, plan.original_sequence.value_or(plan.sequence));
  }
  void on_feedback(std::span<const congestion::PacketResult> results, Timestamp now);
  // Rule 11: repair(SSRC, sequence number) for each that these results have missing.
  template <typename Repair>
  void judge_missing(std::span<const congestion::PacketResult> results, Repair&& repair) {
    if (!redundant_repairs_) return;
    for (const auto& result : results) {
      const auto video = watch_.take(result.sequence);
      if (!video || result.received) continue;
      if (const Line* line = find(video->ssrc)) repair(line->ssrc.ssrc, video->sequence);
    }
  }
  void on_remb(DataRate rate, Timestamp now);
  void on_report(double fraction_lost, std::optional<TimeDelta> round_trip, Timestamp now);
  void handle_tick(Timestamp now);

  // What video may have; nullopt: no limit known (rule 1).
  std::optional<DataRate> video_budget(Timestamp now);
  // What video would take if the path allowed it.
  void set_video_demand(DataRate demand, Timestamp now);
  // `loss`: smoothed share of packets lost.
  bool wants_redundant_audio(double loss);
  bool wants_redundant_repairs(double loss);
  // Nothing is sent to anybody: nothing to probe for.
  void rest() { estimator_.set_demand(DataRate::zero()); }

  bool measured() const { return measured_; }
  const congestion::BandwidthEstimator& estimator() const { return estimator_; }
  // Until what waits now has left.
  TimeDelta delay() const { return measured_ ? waiting() / pacer_.rate() : TimeDelta::zero(); }
  DataSize waiting() const;

 private:
  // From store_ to lines_.
  static constexpr size_t kHotBytes = 48;

  struct Line {
    rtp::SsrcPair ssrc;
    PlanQueue repairs;
    PlanQueue media;
    bool pressed = false;
    bool empty() const { return repairs.empty() && media.empty(); }
    DataSize size() const { return repairs.size() + media.size(); }
  };
  bool can_send(Timestamp now) const { return pacer_.can_send(now) && estimator_.allows(now); }
  void note_waiting(Timestamp now);
  Line* find(uint32_t ssrc);
  void clear(Line& line);
  // Of what waits, beside sound.
  DataRate leaving_rate(Timestamp now);
  TimeDelta delay_of(const Line& line, DataRate rate) const;
  Lateness judge(Line& line, bool press, DataRate rate);
  bool drains() const { return estimator_.queue_delay() > kQueueToDrain; }
  bool any_late(DataRate rate) const;
  void after_estimate(Timestamp now);

  congestion::BandwidthEstimator estimator_;
  std::optional<Timestamp> opened_;  // when the first demand came
  RateWindow audio_;
  RateWindow repaired_;
  congestion::Pacer pacer_;
  // Last what each packet needs.
  PlanStore& store_;
  bool measured_ = false;
  bool redundant_ = false;
  bool redundant_repairs_ = false;
  uint16_t next_sequence_ = 0;
  uint32_t held_ = 0;  // plans in all lines
  // Something waits for the pacer alone, without a pause; never: nothing does.
  Timestamp waits_since_ = Timestamp::never();
  std::vector<Line> lines_;  // of video slots
  VideoWatch watch_;
};

}  // namespace parley::shard
