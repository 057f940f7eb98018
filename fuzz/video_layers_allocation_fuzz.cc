// The video-layers-allocation extension: what is read lies within its bounds, and can be written
// and read the same again.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "rtp/video_layers_allocation.h"

using namespace parley;
using namespace parley::rtp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto a = parse_video_layers_allocation({data, size});
  if (!a) return 0;
  PARLEY_CHECK(a->streams >= 1 && a->streams <= VideoLayersAllocation::kMaxStreams);
  for (const auto& layer : a->layers) {
    PARLEY_CHECK(layer.stream < a->streams && layer.spatial < VideoLayersAllocation::kMaxSpatial);
    PARLEY_CHECK(!layer.targets.empty());
    for (const DataRate target : layer.targets)
      PARLEY_CHECK(target <= VideoLayersAllocation::kMostTarget);
  }
  std::array<uint8_t, kMaxVideoLayersAllocation> out{};
  const size_t written = write_video_layers_allocation(out, *a);
  PARLEY_CHECK(written > 0);
  const auto again = parse_video_layers_allocation(Bytes(out).first(written));
  PARLEY_CHECK(again && again->layers.size() == a->layers.size());
  for (size_t i = 0; i < a->layers.size(); ++i) {
    const auto& one = a->layers[i];
    const auto& other = again->layers[i];
    PARLEY_CHECK(one.stream == other.stream && one.spatial == other.spatial);
    PARLEY_CHECK(std::ranges::equal(one.targets, other.targets));
    PARLEY_CHECK(one.width == other.width && one.height == other.height && one.fps == other.fps);
  }
  return 0;
}
