#include "support/allocations.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

// Of a thread each, and ready before anything is: they need no memory themselves.
constinit thread_local uint64_t t_allocations = 0;
constinit thread_local bool t_forbidden = false;

void* take(size_t size) noexcept {
  ++t_allocations;
  if (t_forbidden) std::abort();
  return std::malloc(std::max<size_t>(size, 1));
}
void* take(size_t size, std::align_val_t alignment) noexcept {
  ++t_allocations;
  if (t_forbidden) std::abort();
  const auto step = static_cast<size_t>(alignment);
  return std::aligned_alloc(step, (std::max<size_t>(size, 1) + step - 1) / step * step);
}
void* there(void* memory) {
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

// The forms for arrays and the nothrow ones that aren't here come down to these (C++23
// [new.delete]). The analyzer doesn't know that they take the library's place, and takes them for
// uses of it.
// NOLINTBEGIN(clang-analyzer-cplusplus.NewDelete)
void* operator new(size_t size) {
  return there(take(size));
}
void* operator new(size_t size, std::align_val_t alignment) {
  return there(take(size, alignment));
}
// std::stable_sort asks this way.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return take(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
// NOLINTEND(clang-analyzer-cplusplus.NewDelete)

namespace parley {

uint64_t allocations_so_far() {
  return t_allocations;
}

NoAllocationScope::NoAllocationScope() {
  t_forbidden = true;
}
NoAllocationScope::~NoAllocationScope() {
  t_forbidden = false;
}

}  // namespace parley
