// Header extension blocks: the first byte chooses the form, the rest is the block. What is read is
// written and read again.
#include <algorithm>

#include "base/check.h"
#include "rtp/header_extensions.h"

using namespace parley;
using namespace parley::rtp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes block(data + 1, size - 1);
  PacketView packet;
  packet.has_extension = true;
  packet.extension = block;
  packet.extension_profile = (data[0] & 1) != 0 ? kTwoByteProfile : kOneByteProfile;
  constexpr HeaderExtensionIds ids{.mid = 1,
                                   .rid = 2,
                                   .repaired_rid = 3,
                                   .audio_level = 4,
                                   .transport_sequence = 5,
                                   .abs_send_time = 6,
                                   .video_orientation = 7,
                                   .dependency_descriptor = 8,
                                   .video_layers_allocation = 9,
                                   .playout_delay = 10,
                                   .abs_capture_time = 11};
  const HeaderExtensions e = parse_header_extensions(packet, ids);
  for (const std::string_view text : {e.mid, e.rid, e.repaired_rid}) {
    PARLEY_CHECK(text.size() <= kMaxSdesText);
    PARLEY_CHECK(std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; }));
  }
  if (e.audio_level)
    PARLEY_CHECK(read_audio_level(write_audio_level(*e.audio_level)) == e.audio_level);
  if (e.transport_sequence) {
    PARLEY_CHECK(read_transport_sequence(write_transport_sequence(*e.transport_sequence)) ==
                 e.transport_sequence);
  }
  if (e.abs_send_time) {
    PARLEY_CHECK(read_abs_send_time(write_abs_send_time(*e.abs_send_time)) == e.abs_send_time);
    PARLEY_CHECK(e.abs_send_time->to_delta() < TimeDelta::seconds(64));
  }
  if (e.video_orientation) {
    PARLEY_CHECK(read_video_orientation(write_video_orientation(*e.video_orientation)) ==
                 e.video_orientation);
  }
  if (e.playout_delay) {
    PARLEY_CHECK(read_playout_delay(write_playout_delay(*e.playout_delay)) == e.playout_delay);
  }
  if (e.abs_capture_time) {
    PARLEY_CHECK(read_abs_capture_time(write_abs_capture_time(*e.abs_capture_time).view()) ==
                 e.abs_capture_time);
    e.abs_capture_time->captured.since_unix_epoch();
    if (e.abs_capture_time->clock_offset_q32) q32_to_delta(*e.abs_capture_time->clock_offset_q32);
  }
  // Ids found by walking are found by searching.
  for_each_extension(packet, [&](uint8_t id, Bytes) {
    PARLEY_CHECK(id != 0);
    const Bytes first = find_extension(packet, id);
    PARLEY_CHECK(first.empty() || (first.data() >= block.data() && first.size() <= block.size()));
  });
  return 0;
}
