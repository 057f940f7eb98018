// Dependency descriptors in sequence, each with its length before it: what is read can be written,
// and is read the same again. Also VP9 descriptors, of the same bytes.
#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "rtp/dependency_descriptor.h"
#include "rtp/vp9_descriptor.h"

using namespace parley;
using namespace parley::rtp;

namespace {

void check_vp9(Bytes payload) {
  const auto d = parse_vp9_descriptor(payload);
  if (!d) return;
  PARLEY_CHECK(d->size > 0 && d->size <= payload.size());
  std::vector<uint8_t> patched(payload.begin(), payload.end());
  PARLEY_CHECK(set_picture_id(patched, d->places, 0x55) == d->picture_id.has_value());
  PARLEY_CHECK(set_tl0_pic_idx(patched, d->places, 0xa5) == d->tl0_pic_idx.has_value());
  const auto again = parse_vp9_descriptor(patched);
  PARLEY_CHECK(again && again->size == d->size && again->spatial_id == d->spatial_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_vp9({data, size});
  ByteReader in(Bytes(data, size));
  DependencyParser parser;
  for (int i = 0; i < 50 && in.remaining() > 0; ++i) {
    const Bytes bytes = in.bytes(std::min<size_t>(in.u8(), in.remaining()));
    const auto d = parser.parse(bytes);
    if (!d) continue;
    PARLEY_CHECK(d->structure && d->spatial <= d->structure->max_spatial);
    PARLEY_CHECK((d->indications.switches & ~d->indications.present) == 0);
    std::array<uint8_t, 2048> out{};
    const size_t written = write_dependency_descriptor(out, *d, *d->structure);
    PARLEY_CHECK(written >= 3);
    DependencyParser fresh;
    if (!d->has_structure) continue;
    const auto again = fresh.parse(Bytes(out).first(written));
    PARLEY_CHECK(again && again->indications == d->indications);
    PARLEY_CHECK(again->diffs.size() == d->diffs.size() && again->temporal == d->temporal);
  }
  return 0;
}
