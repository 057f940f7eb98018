#include "congestion/probe_controller.h"

#include <algorithm>

#include "congestion/scale.h"

namespace parley::congestion {
namespace {

constexpr double kStart = 3.0;
constexpr double kFurther = 2.0;
constexpr double kFurtherFrom = 0.7;
constexpr double kRecover = 0.85;
constexpr double kDrop = 0.66;
// Within this of the demand nothing is left to find.
constexpr double kSatisfied = 1.05;

}  // namespace

void ProbeController::probe(DataRate rate, const ProbeControllerInput& input, Timestamp now) {
  if (input.demand <= scale(input.target, kSatisfied)) return;
  rate = std::min(rate, input.demand);
  if (rate <= scale(input.target, kSatisfied)) return;
  last_ = {.id = ProbeId{next_id_}, .rate = rate, .packets = kPackets, .size = rate * kDuration};
  next_id_ = next_id_ == 0xffff ? 1 : next_id_ + 1;
  pending_ = last_;
  waiting_ = true;
  last_at_ = now;
}

void ProbeController::on_result(const ProbeResult& result, const ProbeControllerInput& input,
                                Timestamp now) {
  if (!waiting_ || result.id != last_.id) return;
  waiting_ = false;
  if (result.saturated || result.rate < scale(last_.rate, kFurtherFrom)) return;
  probe(scale(result.rate, kFurther), input, now);
}

void ProbeController::on_drop(DataRate before, DataRate after, Timestamp now) {
  const bool remembered = before_drop_ > DataRate::zero() && now - dropped_ < kDropMemory;
  const DataRate from = remembered ? std::max(before_drop_, before) : before;
  if (after > scale(from, kDrop)) return;
  before_drop_ = from;
  dropped_ = now;
}

void ProbeController::update(const ProbeControllerInput& input, Timestamp now) {
  const bool demand_grew = input.demand > known_demand_;
  known_demand_ = input.demand;
  const bool quiet = !input.overusing && input.queue_delay <= kQuietQueue;
  if (!quiet) quiet_since_ = Timestamp::never();
  if (quiet && quiet_since_.is_never()) quiet_since_ = now;
  if (waiting_ && now - last_at_ > kPatience) {
    waiting_ = false;
    pending_.reset();
  }
  if (waiting_) return;
  if (!started_) {
    if (input.demand == DataRate::zero()) return;
    started_ = true;
    probe(scale(input.target, kStart), input, now);
    return;
  }
  if (!quiet) return;
  const TimeDelta since = now - last_at_;
  if (demand_grew && since >= kSpacing) {
    probe(scale(input.target, kFurther), input, now);
    return;
  }
  if (now - quiet_since_ < kQuietAfterDrop) return;
  if (before_drop_ > DataRate::zero()) {
    const DataRate from = now - dropped_ < kDropMemory ? before_drop_ : DataRate::zero();
    before_drop_ = DataRate::zero();
    if (from > input.target) {
      probe(scale(from, kRecover), input, now);
      return;
    }
  }
  if (now - quiet_since_ < kQuiet) return;
  if (since >= kInterval) probe(scale(input.target, kRaise), input, now);
}

bool ProbeController::poll(ProbeCluster& out) {
  if (!pending_) return false;
  out = *pending_;
  pending_.reset();
  return true;
}

}  // namespace parley::congestion
