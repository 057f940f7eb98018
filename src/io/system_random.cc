#include "io/system_random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <algorithm>

#include "base/check.h"

namespace parley::io {
namespace {

void fill_from_system(MutableBytes out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = getrandom(out.data() + done, out.size() - done, 0);
    if (n > 0) done += static_cast<size_t>(n);
    // Without randomness no key is safe, so going on is no choice.
    PARLEY_CHECK(n > 0 || errno == EINTR);
  }
}

}  // namespace

void SystemRandom::fill(MutableBytes out) {
  if (out.size() > kBlockBytes) {
    fill_from_system(out);
    return;
  }
  while (!out.empty()) {
    if (used_ == kBlockBytes) {
      fill_from_system(block_);
      used_ = 0;
    }
    const size_t n = std::min(out.size(), kBlockBytes - used_);
    memcpy(out.data(), block_.data() + used_, n);
    explicit_bzero(block_.data() + used_, n);
    used_ += n;
    out = out.subspan(n);
  }
}

}  // namespace parley::io
