// Where packets wait for their peer's pacer. All queues of a shard share one store of places, so
// memory follows what waits, not how many peers there are; nothing is allocated after construction,
// and no place is resident before all that were used once are in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/units.h"
#include "sfu/down_slot.h"
#include "sfu/packet_cache.h"

namespace parley::shard {

class PlanStore;

// First in, first out. Holds the payload of each plan in the packet pool until it is popped.
class PlanQueue {
 public:
  // A second (Downlink::kMostWait) of 40 Mbit/s.
  static constexpr size_t kMostPlans = 4'096;

  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  DataSize size() const { return size_; }  // payloads only

 private:
  friend class PlanStore;
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
  uint32_t count_ = 0;
  DataSize size_;
};

class PlanStore {
 public:
  PlanStore(sfu::PacketPool& pool, size_t places);

  // False when the queue or the store is full, or the payload isn't kept anywhere.
  bool push(PlanQueue& queue, const sfu::ForwardPlan& plan);
  // The oldest plan, its payload readable until release(). False when the queue is empty.
  bool pop(PlanQueue& queue, sfu::ForwardPlan& out);
  // To be called once for each popped plan.
  void release(const sfu::ForwardPlan& plan) { pool_.release(plan.kept); }
  void clear(PlanQueue& queue);

  size_t free_places() const { return capacity_ - used_; }
  size_t capacity() const { return capacity_; }

 private:
  struct Place {
    sfu::ForwardPlan plan;
    uint32_t next = 0;
  };

  static constexpr uint32_t kNone = UINT32_MAX;

  sfu::PacketPool& pool_;
  size_t capacity_;
  std::vector<Place> places_;  // that were used once
  uint32_t free_ = kNone;      // first of the list of free places among them
  size_t used_ = 0;
};

}  // namespace parley::shard
