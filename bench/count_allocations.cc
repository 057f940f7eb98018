#include "bench/count_allocations.h"

#include <cstddef>

// glibc's own, under its other names; ours below take their place in the program that links this.
// NOLINTBEGIN(bugprone-reserved-identifier): glibc chose them
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
}
// NOLINTEND(bugprone-reserved-identifier)

namespace {
// Of a program's own threads only: needs no memory itself.
constinit thread_local uint64_t t_allocations = 0;
}  // namespace

extern "C" {
void* malloc(size_t size) {
  ++t_allocations;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  ++t_allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  ++t_allocations;
  return __libc_realloc(old, size);
}
}

namespace parley {

uint64_t allocations_so_far() {
  return t_allocations;
}

}  // namespace parley
