// Any text through the candidate parser; what it reads is written and read again as the same.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "ice/candidate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  const auto first = ice::parse_candidate(as_text(Bytes(data, size)));
  if (!first) return 0;
  const auto second = ice::parse_candidate(ice::write_candidate(*first));
  // Addresses and numbers have one written form, never longer than the limit leaves room for; only
  // a text at the limit may grow past it.
  if (!second) {
    if (second.error() != ice::CandidateError::TooLong) std::abort();
    return 0;
  }
  if (*second != *first) std::abort();
  return 0;
}
