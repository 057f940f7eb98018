// How often a micro bench's iterations ask for memory, by whatever way. For Google Benchmark
// programs; cmake/parley.cmake links what counts.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace parley {

// Of this thread, since it started: malloc, calloc, realloc, and with them operator new.
uint64_t allocations_so_far();

// Made just before the loop, it adds the counter "allocations": for each iteration.
class CountAllocations {
 public:
  explicit CountAllocations(benchmark::State& state)
      : state_(state), before_(allocations_so_far()) {}
  ~CountAllocations() {
    const uint64_t made = allocations_so_far() - before_ - left_out_;
    state_.counters["allocations"] =
        static_cast<double>(made) / static_cast<double>(state_.iterations());
  }
  CountAllocations(const CountAllocations&) = delete;
  CountAllocations& operator=(const CountAllocations&) = delete;

  // What `prepare` does isn't counted.
  template <typename Prepare>
  void leave_out(Prepare&& prepare) {
    const uint64_t before = allocations_so_far();
    prepare();
    left_out_ += allocations_so_far() - before;
  }

 private:
  benchmark::State& state_;
  uint64_t before_;
  uint64_t left_out_ = 0;
};

}  // namespace parley
