#include "signaling/read_shared.h"

#include <fmt/format.h>

namespace parley::signaling {

SignalBody read_signal_body(ObjectReader& reader) {
  if (reader.has("description") == reader.has("candidate")) {
    reader.fail_with(ErrorCode::kBadRequest,
                     "A signal holds either `description` or `candidate`, one of the two.");
    return EndOfCandidates{};
  }
  if (reader.has("description")) {
    ObjectReader description = reader.object("description");
    return SessionDescription{.type = description.word<DescriptionType>("type"),
                              .sdp = description.text("sdp", {1, kMaxSdpLength})};
  }
  if (reader.is_null("candidate")) return EndOfCandidates{};
  ObjectReader candidate = reader.object("candidate");
  return IceCandidate{
      .candidate = candidate.text("candidate", {0, kMaxCandidateLength}),
      .sdp_mid = candidate.nullable_text("sdpMid", {0, kMaxMidLength}),
      .sdp_m_line_index = candidate.nullable_integer("sdpMLineIndex", 0, 65'535),
      .username_fragment = candidate.nullable_text("usernameFragment", {0, kMaxUfragLength})};
}

std::expected<JsonDocument, SignalingError> parse_object(std::string_view frame) {
  if (frame.size() > kMaxFrameBytes) {
    return std::unexpected(SignalingError{
        .code = ErrorCode::kBadRequest,
        .message = fmt::format("A message may have at most {} bytes.", kMaxFrameBytes),
        .id = std::nullopt});
  }
  std::optional<JsonDocument> document = JsonDocument::parse(frame);
  if (!document || !document->root().is_object()) {
    return std::unexpected(
        SignalingError{.code = ErrorCode::kBadRequest,
                       .message = "A message must be one JSON object in UTF-8, not deeply nested.",
                       .id = std::nullopt});
  }
  return *std::move(document);
}

}  // namespace parley::signaling
