// For simulations and tests only: makes OpenSSL's randomness come from a seed, so that the DTLS
// bytes of a simulated run can be repeated. Keys made under it are no secrets.
#pragma once

#include "base/random.h"

namespace parley::dtls {

// While one lives, everything OpenSSL draws in this process (key shares, nonces, hello randoms,
// serial numbers) comes from `source`, which must outlive it. One at a time and on one thread, with
// no OpenSSL use on others; checked only for nesting. Wall time never enters our handshakes: dates
// are fixed and hello randoms carry no clock.
class DeterministicRandomScope {
 public:
  explicit DeterministicRandomScope(RandomSource& source);
  ~DeterministicRandomScope();
  DeterministicRandomScope(const DeterministicRandomScope&) = delete;
  DeterministicRandomScope& operator=(const DeterministicRandomScope&) = delete;
};

}  // namespace parley::dtls
