// Text to SessionDescription.
#pragma once

#include <expected>
#include <string_view>

#include "sdp/description.h"

namespace parley::sdp {

// Reads a whole description. Total: any input gives a description or the first error, in time and
// memory bounded by kMaxDescriptionSize. Lines end with CRLF or LF. Unknown line types and
// attributes are skipped, and so are rtpmap, fmtp and rtcp-fb of payload types that their m-line
// doesn't list (Firefox writes such after setCodecPreferences); a known attribute that can't be
// read is an error. A session-wide direction and wildcard feedback (a=rtcp-fb:*) are carried over
// to the m-lines that they apply to.
std::expected<SessionDescription, SdpError> parse(std::string_view text);

}  // namespace parley::sdp
