// Any text: parse it, answer it, and check that what is written is read back as the same.
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "sdp/answer.h"
#include "sdp/offer.h"
#include "sdp/parse.h"
#include "sdp/write.h"

namespace {

using namespace parley;

// Writing can lengthen a description a little, past its bound; nothing else may keep it from being
// read again.
void check_round_trip(const sdp::SessionDescription& description, const std::string& text) {
  if (text.size() > sdp::kMaxDescriptionSize) return;
  const auto again = sdp::parse(text);
  PARLEY_CHECK(again.has_value());
  PARLEY_CHECK(*again == description);
}

sdp::AnswerParameters server() {
  sdp::AnswerParameters out{.ice_ufrag = "srvr",
                            .ice_pwd = "abcdefghijklmnopqrstuvwx",
                            .fingerprint = sdp::sha256_to_text({}),
                            .candidates = {{IpAddress::v4(192, 0, 2, 1), 7000}},
                            .session_id = 1,
                            .session_version = 1,
                            .cname = "parley"};
  out.slot_ssrc = [next = 0u](std::string_view) mutable {
    next += 2;
    return rtp::SsrcPair{next, next + 1};
  };
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text({data, size});
  (void)sdp::parse_answer(text);
  const auto offer = sdp::parse(text);
  if (!offer) return 0;
  check_round_trip(*offer, sdp::write(*offer));
  const auto answered = sdp::answer(*offer, server());
  if (!answered) return 0;
  PARLEY_CHECK(answered->sections.size() == offer->media.size());
  PARLEY_CHECK(answered->description.media.size() == offer->media.size());
  check_round_trip(answered->description, answered->sdp);
  if (answered->sdp.size() <= sdp::kMaxDescriptionSize) {
    PARLEY_CHECK(sdp::parse_answer(answered->sdp).has_value());
  }
  return 0;
}
