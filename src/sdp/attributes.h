// The a= lines of a session description, one by one; used by parse.cc only.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sdp/description.h"

namespace parley::sdp {

// Why a line is refused; the parser adds its number.
struct Refusal {
  SdpErrorCode code = SdpErrorCode::kSyntax;
  std::string message;
};
using Status = std::expected<void, Refusal>;

Status refuse(std::string message);
// `what` has more than its bound.
Status refuse_size(std::string_view what);

struct Attribute {
  std::string_view name;
  std::string_view value;  // trimmed; empty for a flag
};

// What an m-line's attributes are read into. `wildcard_feedback` is collected until the m-line is
// complete, since a=rtcp-fb:* means all payload types.
struct MediaScope {
  MediaSection& section;
  std::vector<std::string>& wildcard_feedback;
};

// Reads one attribute of the session part. `default_direction` is what m-lines without one get.
Status read_session_attribute(Attribute attribute, SessionDescription& session,
                              Direction& default_direction);
Status read_media_attribute(Attribute attribute, MediaScope scope);

// a=ice-ufrag, ice-pwd, ice-options, fingerprint and setup, which stand in either part. True if it
// was one of them.
std::expected<bool, Refusal> read_transport_attribute(Attribute attribute,
                                                      TransportAttributes& transport);
// a=rtpmap, fmtp, rtcp-fb.
std::expected<bool, Refusal> read_payload_attribute(Attribute attribute, MediaScope scope);
// a=ssrc, ssrc-group, msid, rid, simulcast.
std::expected<bool, Refusal> read_stream_attribute(Attribute attribute, MediaSection& section);

}  // namespace parley::sdp
