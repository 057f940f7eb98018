// RTP packets: what parses stays within the input, and a header rebuilt from a view parses to the
// same fields.
#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "rtp/opus.h"
#include "rtp/packet.h"
#include "rtp/red.h"
#include "rtp/rtx.h"

using namespace parley;
using namespace parley::rtp;

namespace {

bool equal(Bytes a, Bytes b) {
  return std::ranges::equal(a, b);
}

void check_rewrite(const PacketView& view) {
  std::array<ExtensionElement, 64> elements;
  size_t count = 0;
  for_each_extension(view, [&](uint8_t id, Bytes data) {
    if (count < elements.size()) elements[count++] = {.id = id, .data = data};
  });
  HeaderFields fields{.payload_type = view.payload_type,
                      .marker = view.marker,
                      .sequence_number = view.sequence_number,
                      .timestamp = view.timestamp,
                      .ssrc = view.ssrc,
                      .csrc = {},
                      .extensions = std::span(elements).first(count)};
  if (view.csrc_count() > 0) fields.csrc = view.csrc(0);
  std::vector<uint8_t> out(header_size(fields));
  PARLEY_CHECK(!out.empty() && write_header(out, fields) == out.size());
  const auto again = PacketView::parse(out);
  PARLEY_CHECK(again && again->payload.empty() && again->marker == view.marker);
  PARLEY_CHECK(again->payload_type == view.payload_type && again->timestamp == view.timestamp);
  PARLEY_CHECK(again->sequence_number == view.sequence_number && again->ssrc == view.ssrc);
  size_t i = 0;
  for_each_extension(*again, [&](uint8_t id, Bytes data) {
    PARLEY_CHECK(i < count && id == elements[i].id && equal(data, elements[i].data));
    ++i;
  });
  PARLEY_CHECK(i == count);
}

void check_rtx(const PacketView& view) {
  std::vector<uint8_t> copy(view.data.begin(), view.data.end());
  const auto rtx = PacketView::parse(copy);
  const auto restored = restore_from_rtx(copy, *rtx, 96, 1);
  PARLEY_CHECK(restored.has_value() == (view.payload.size() >= kRtxHeaderSize));
  if (!restored) return;
  const auto original = PacketView::parse(*restored);
  PARLEY_CHECK(original && original->ssrc == 1 && original->payload_type == 96);
  PARLEY_CHECK(original->sequence_number == load_be16(view.payload.data()));
  PARLEY_CHECK(equal(original->payload, view.payload.subspan(kRtxHeaderSize)));
}

void check_red(Bytes payload) {
  const auto blocks = parse_red(payload);
  const auto primary = red_primary(payload);
  PARLEY_CHECK(blocks.has_value() == primary.has_value());
  if (!blocks) return;
  PARLEY_CHECK(equal(primary->data, blocks->back().data));
  std::vector<uint8_t> out(payload.size());
  PARLEY_CHECK(write_red(out, {blocks->begin(), blocks->size()}) == payload.size());
  PARLEY_CHECK(equal(out, payload));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto view = PacketView::parse({data, size});
  if (!view) return 0;
  PARLEY_CHECK(view->header_size() + view->payload.size() + view->padding_size == size);
  check_rewrite(*view);
  check_rtx(*view);
  check_red(view->payload);
  opus_duration(view->payload);
  return 0;
}
