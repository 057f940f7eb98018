#include "signaling/write_shared.h"

namespace parley::signaling {
namespace {

struct BodyWriter {
  Json& json;

  void operator()(const SessionDescription& body) const {
    json["description"] = {{"type", to_text(body.type)}, {"sdp", body.sdp}};
  }
  void operator()(const IceCandidate& body) const {
    Json candidate{{"candidate", body.candidate}};
    set(candidate, "sdpMid", body.sdp_mid);
    set(candidate, "sdpMLineIndex", body.sdp_m_line_index);
    set(candidate, "usernameFragment", body.username_fragment);
    json["candidate"] = candidate;
  }
  void operator()(const EndOfCandidates&) const { json["candidate"] = nullptr; }
};

}  // namespace

void write_signal_body(Json& json, const SignalBody& body) {
  std::visit(BodyWriter{json}, body);
}

}  // namespace parley::signaling
