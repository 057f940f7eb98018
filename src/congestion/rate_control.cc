#include "congestion/rate_control.h"

#include <algorithm>
#include <cmath>

#include "congestion/scale.h"

namespace parley::congestion {
namespace {

constexpr double kMultiplicative = 1.08;  // a second
constexpr TimeDelta kLongestStep = TimeDelta::seconds(1);
// A decrease shows in the feedback a round trip and this later.
constexpr TimeDelta kEffect = TimeDelta::millis(100);
constexpr TimeDelta kDrained = TimeDelta::millis(60);
constexpr TimeDelta kRecent = TimeDelta::millis(300);  // as RateControlInput::recent
constexpr TimeDelta kWorse = TimeDelta::millis(40);
constexpr double kGiveUpAtOneMegabit = 0.12;
constexpr double kTakeBack = 0.7;
constexpr double kProbeStep = 0.85;
constexpr double kProbeGrowth = 0.06;
constexpr double kRefuted = 1.3;
constexpr double kBeyondRefuted = 1.2;
constexpr double kBurstFade = 0.97;
constexpr double kAfterBurst = 0.9;
constexpr TimeDelta kCompetingRoundTrip = TimeDelta::millis(300);
constexpr TimeDelta kLongQueue = TimeDelta::millis(100);
constexpr DataSize kPacket = DataSize::bytes(1'200);
constexpr double kMostOverAcked = 1.5;
constexpr DataRate kMostOverAckedOffset = DataRate::kbps(10);

double megabits(DataRate rate) {
  return static_cast<double>(rate.bps()) / 1e6;
}

double give_up_share(DataRate rate) {
  return std::clamp(kGiveUpAtOneMegabit * std::pow(megabits(rate), 0.25), 0.05, 0.3);
}

}  // namespace

RateControl::RateControl(DataRate start, DataRate least, DataRate most)
    : target_(start), least_(least), most_(most) {}

void RateControl::set(DataRate target, Timestamp now) {
  target_ = std::clamp(target, least_, most_);
  last_update_ = now;
  ever_updated_ = true;
}

DataRate RateControl::update(const RateControlInput& input, Timestamp now) {
  decreased_ = false;
  // While a queue stands what arrives is the capacity.
  if (after_drain_ && cut_queue_ > kLongQueue && input.queue_delay > kDrained &&
      now - last_decrease_ >= kRecent)
    after_drain_ = std::min(*after_drain_, scale(input.recent, 1 - give_up_share(input.recent)));
  // The trendline needs half a second to see that a queue is gone.
  if (!input.competing && cut_queue_ > kLongQueue && input.queue_delay < kDrained)
    return_after_drain();
  if (input.competing) {
    compete(input, now);
  } else if (input.usage == BandwidthUsage::kOver) {
    if (input.queue_delay >= least_queue()) decrease(input, now);
    held_ = true;
  } else if (input.usage == BandwidthUsage::kNormal) {
    if (input.queue_delay < least_queue()) return_after_drain();
    // After a decrease one update of holding.
    if (!held_) increase(input, now);
    held_ = false;
  }
  last_update_ = now;
  ever_updated_ = true;
  return target_;
}

TimeDelta RateControl::least_queue() const {
  return std::max(kLeastQueue, kOwnQueue / target_);
}

bool RateControl::may_decrease(const RateControlInput& input, Timestamp now) const {
  if (!ever_decreased_) return true;
  if (now - last_decrease_ >= input.round_trip + kEffect) return true;
  return input.queue_delay > cut_queue_ + kWorse;
}

bool RateControl::after_burst(Timestamp now) const {
  return !burst_.is_never() && now - burst_ < kBurstMemory;
}

void RateControl::decrease(const RateControlInput& input, Timestamp now) {
  if (!may_decrease(input, now)) return;
  // A long queue, or a steep one: the capacity fell, only the newest rate tells it. A short one:
  // the path just began to fill, and the rates lag behind the target.
  const bool fell = input.queue_delay > kLongQueue || input.steep;
  const DataRate acked = input.acked.value_or(target_);
  const DataRate arrives = fell ? std::min(acked, std::max(input.newest, least_))
                                : std::max({acked, input.recent, input.newest});
  if (!after_drain_) {
    before_burst_ =
        after_burst(now) ? std::max(scale(before_burst_, kBurstFade), target_) : target_;
    episode_start_ = target_;
  }
  if (fell) burst_ = now;
  const DataRate base = std::min(arrives, episode_start_);
  const double drain = input.queue_delay.seconds_f() / kDrain.seconds_f();
  const DataRate lowered = scale(base, 1 - std::clamp(drain, 0.05, 0.5));
  target_ = std::min(target_, std::max(lowered, least_));
  after_drain_ = scale(base, 1 - give_up_share(base));
  saturated_ = base;
  cut_queue_ = input.queue_delay;
  decreased_ = true;
  ever_decreased_ = true;
  last_decrease_ = now;
}

void RateControl::on_probe(DataRate rate, Timestamp now) {
  if (ever_decreased_) {
    const double since = std::min((now - last_decrease_).seconds_f(), 30.0);
    DataRate most = scale(saturated_, kProbeStep + kProbeGrowth * since * since * since);
    if (after_burst(now)) {
      most = std::max(most, scale(before_burst_, kAfterBurst));
    } else if (target_ > scale(saturated_, kRefuted)) {
      most = std::max(most, scale(target_, kBeyondRefuted));
    }
    rate = std::min(rate, most);
  }
  if (rate > target_) set(rate, now);
}

void RateControl::return_after_drain() {
  if (!after_drain_) return;
  target_ = std::max(target_, *after_drain_);
  after_drain_.reset();
}

void RateControl::compete(const RateControlInput& input, Timestamp now) {
  // The cuts before it was recognised went to the competitor.
  if (after_drain_) target_ = std::max(target_, scale(episode_start_, kTakeBack));
  after_drain_.reset();
  if (input.lost && now - last_decrease_ >= input.round_trip) {
    target_ = std::max(scale(target_, kCompetingBeta), least_);
    decreased_ = true;
    ever_decreased_ = true;
    last_decrease_ = now;
    return;
  }
  if (input.application_limited || !input.acked) return;
  const TimeDelta step = std::min(now - last_update_, kLongestStep);
  const TimeDelta round_trip = std::min(input.round_trip, kCompetingRoundTrip);
  const double round_trips = step.seconds_f() / round_trip.seconds_f();
  const DataRate raised = target_ + scale(kPacket / round_trip, round_trips);
  const DataRate ceiling = scale(*input.acked, kMostOverAcked) + kMostOverAckedOffset;
  target_ = std::clamp(std::max(target_, std::min(raised, ceiling)), least_, most_);
}

void RateControl::increase(const RateControlInput& input, Timestamp now) {
  if (!ever_updated_ || !input.acked || input.application_limited) return;
  const TimeDelta step = std::min(now - last_update_, kLongestStep);
  const bool near = ever_decreased_ && now - last_decrease_ < kNear;
  const DataRate raised =
      near ? target_ + scale(kIncreaseAtOneMegabit, std::sqrt(megabits(target_)) * step.seconds_f())
           : scale(target_, std::pow(kMultiplicative, step.seconds_f()));
  const DataRate ceiling = scale(*input.acked, kMostOverAcked) + kMostOverAckedOffset;
  target_ = std::clamp(std::max(target_, std::min(raised, ceiling)), least_, most_);
}

}  // namespace parley::congestion
