#include "shard/plan_queue.h"

#include "base/check.h"

namespace parley::shard {

PlanStore::PlanStore(sfu::PacketPool& pool, size_t places) : pool_(pool), capacity_(places) {
  places_.reserve(places);
}

bool PlanStore::push(PlanQueue& queue, const sfu::ForwardPlan& plan) {
  const bool kept = plan.kept != sfu::PacketPool::kNone || plan.payload.empty();
  if (!kept || used_ == capacity_ || queue.count_ == PlanQueue::kMostPlans) return false;
  if (free_ == kNone) {
    PARLEY_CHECK(places_.size() < capacity_);  // what isn't used is free: nothing is allocated
    free_ = static_cast<uint32_t>(places_.size());
    places_.push_back({.plan = {}, .next = kNone});
  }
  const uint32_t at = free_;
  Place& place = places_[at];
  free_ = place.next;
  ++used_;
  pool_.retain(plan.kept);
  place.plan = plan;
  if (plan.kept != sfu::PacketPool::kNone) {
    // As PacketCache lays them out.
    const Bytes kept_bytes = pool_.payload(plan.kept);
    place.plan.payload = kept_bytes.first(plan.payload.size());
    if (!plan.dependencies.empty())
      place.plan.dependencies = kept_bytes.subspan(plan.payload.size(), plan.dependencies.size());
  }
  if (queue.count_ == 0) {
    queue.head_ = at;
  } else {
    places_[queue.tail_].next = at;
  }
  queue.tail_ = at;
  ++queue.count_;
  queue.size_ += DataSize::bytes(static_cast<int64_t>(place.plan.payload.size()));
  return true;
}

bool PlanStore::pop(PlanQueue& queue, sfu::ForwardPlan& out) {
  if (queue.count_ == 0) return false;
  const uint32_t at = queue.head_;
  Place& place = places_[at];
  out = place.plan;
  queue.head_ = place.next;
  --queue.count_;
  queue.size_ = queue.size_ - DataSize::bytes(static_cast<int64_t>(out.payload.size()));
  place.next = free_;
  free_ = at;
  --used_;
  return true;
}

void PlanStore::clear(PlanQueue& queue) {
  sfu::ForwardPlan plan;
  while (pop(queue, plan)) release(plan);
}

}  // namespace parley::shard
