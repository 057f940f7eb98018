// Where packets wait for their peer's pacer. All queues of a shard share one store of places, so
// memory follows what waits, not how many peers there are; nothing is allocated after construction.
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
  // A replayed group of pictures (sfu::UpTrack::kReplayPackets) and what arrives meanwhile.
  static constexpr size_t kMostPlans = 1'024;

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

  size_t free_places() const { return free_count_; }
  size_t capacity() const { return places_.size(); }

 private:
  struct Place {
    sfu::ForwardPlan plan;
    uint32_t next = 0;
  };

  sfu::PacketPool& pool_;
  std::vector<Place> places_;
  uint32_t free_ = 0;  // first of the list of free places
  size_t free_count_;
};

}  // namespace parley::shard
