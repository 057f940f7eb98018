#define OPENSSL_SUPPRESS_DEPRECATED  // RAND_METHOD: old, but the only hook that also covers key
                                     // generation

#include "dtls/deterministic_random.h"

#include <openssl/rand.h>

#include "base/check.h"

namespace parley::dtls {
namespace {

RandomSource* g_source = nullptr;

int fill(unsigned char* out, int size) {
  if (!g_source || size < 0) return 0;
  g_source->fill(MutableBytes(out, static_cast<size_t>(size)));
  return 1;
}
int status() {
  return 1;
}
int seed(const void*, int) {
  return 1;
}
int add(const void*, int, double) {
  return 1;
}

constexpr RAND_METHOD kMethod = {.seed = seed,
                                 .bytes = fill,
                                 .cleanup = nullptr,
                                 .add = add,
                                 .pseudorand = fill,
                                 .status = status};

}  // namespace

DeterministicRandomScope::DeterministicRandomScope(RandomSource& source) {
  PARLEY_CHECK(g_source == nullptr);
  g_source = &source;
  PARLEY_CHECK(RAND_set_rand_method(&kMethod) == 1);
}

DeterministicRandomScope::~DeterministicRandomScope() {
  RAND_set_rand_method(RAND_OpenSSL());
  g_source = nullptr;
}

}  // namespace parley::dtls
