// VP8 payloads: a parsed descriptor is written and parsed again, and patching changes its field and
// nothing else.
#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "rtp/vp8_descriptor.h"

using namespace parley;
using namespace parley::rtp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes payload(data, size);
  const auto d = parse_vp8_descriptor(payload);
  PARLEY_CHECK(d || !is_vp8_key_frame(payload));
  if (!d) return 0;
  PARLEY_CHECK(d->size > 0 && d->size <= size && d->size <= kMaxVp8DescriptorSize);

  const auto header = parse_vp8_frame_header(payload, *d);
  PARLEY_CHECK((header && header->key_frame) == is_vp8_key_frame(payload));
  PARLEY_CHECK(!header || (header->width < 0x4000 && header->height < 0x4000));

  // The X byte is written only if it says something, so sizes may differ; the fields may not.
  std::array<uint8_t, kMaxVp8DescriptorSize> out{};
  const size_t written = write_vp8_descriptor(out, *d);
  PARLEY_CHECK(written > 0 && written <= d->size);
  auto again = parse_vp8_descriptor(Bytes(out).first(written));
  PARLEY_CHECK(again.has_value());
  again->size = d->size;
  again->places = d->places;
  PARLEY_CHECK(*again == *d);

  std::vector<uint8_t> patched(payload.begin(), payload.end());
  const uint16_t id = d->long_picture_id ? 0x5a5a : 0x5a;
  PARLEY_CHECK(set_picture_id(patched, d->places, id) == d->picture_id.has_value());
  PARLEY_CHECK(set_tl0_pic_idx(patched, d->places, 0xa5) == d->tl0_pic_idx.has_value());
  PARLEY_CHECK(set_key_index(patched, d->places, 0x15) == d->key_index.has_value());
  auto expected = *d;
  if (expected.key_index) expected.key_index = 0x15;
  if (expected.picture_id) expected.picture_id = id;
  if (expected.tl0_pic_idx) expected.tl0_pic_idx = 0xa5;
  PARLEY_CHECK(parse_vp8_descriptor(patched) == expected);
  PARLEY_CHECK(std::ranges::equal(Bytes(patched).subspan(d->size), payload.subspan(d->size)));
  return 0;
}
