// For tests that hold code to taking no memory. A test program that links parley_test_allocations
// has operator new and delete that count; malloc itself and what other libraries take by it isn't
// seen.
#pragma once

#include <cstdint>

namespace parley {

// How often this thread has asked for memory since it started.
uint64_t allocations_so_far();

// As long as one lives, an allocation of this thread ends the program, with a stack for the
// debugger.
class NoAllocationScope {
 public:
  NoAllocationScope();
  ~NoAllocationScope();
  NoAllocationScope(const NoAllocationScope&) = delete;
  NoAllocationScope& operator=(const NoAllocationScope&) = delete;
};

}  // namespace parley
