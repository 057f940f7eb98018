// H.264 payloads: the answers agree with each other on any input.
#include "base/check.h"
#include "rtp/h264.h"

using namespace parley;
using namespace parley::rtp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes payload(data, size);
  const auto found = parse_h264_payload(payload);
  PARLEY_CHECK(is_h264_key_frame(payload) == (found && found->is_key_frame()));
  if (found && (found->has_sps || found->has_pps)) PARLEY_CHECK(found->starts_frame);
  return 0;
}
