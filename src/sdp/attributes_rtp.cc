// The attributes about RTP: payload types, and the streams of an m-line.
#include <algorithm>
#include <utility>

#include "sdp/attributes.h"
#include "sdp/text.h"

namespace parley::sdp {
namespace {

// Longer than any feedback type that exists.
constexpr size_t kMaxFeedbackLength = 64;

PayloadFormat* find_payload(MediaSection& section, std::string_view number) {
  const auto payload_type = decimal<uint8_t>(number);
  if (!payload_type) return nullptr;
  const auto it = std::ranges::find(section.payloads, *payload_type, &PayloadFormat::payload_type);
  return it == section.payloads.end() ? nullptr : &*it;
}

// RFC 8866 §6.6: <payload type> <encoding>/<clock rate>[/<channels>]
Status read_rtpmap(std::string_view value, MediaSection& section) {
  PayloadFormat* payload = find_payload(section, take_word(value));
  if (payload == nullptr) return {};
  const std::string_view encoding = take_until(value, '/');
  const auto clock_rate = decimal<uint32_t>(take_until(value, '/'));
  const auto channels = value.empty() ? uint8_t{1} : decimal<uint8_t>(value);
  if (!is_token(encoding, 64) || !clock_rate || !channels) {
    return refuse("an rtpmap has the form: payload type, encoding/clock rate");
  }
  payload->encoding = encoding;
  payload->clock_rate = *clock_rate;
  payload->channels = *channels;
  return {};
}

Status read_fmtp(std::string_view value, MediaSection& section) {
  PayloadFormat* payload = find_payload(section, take_word(value));
  if (payload != nullptr) payload->parameters = value;
  return {};
}

// RFC 4585 §4.2
Status read_rtcp_fb(std::string_view value, MediaScope scope) {
  const std::string_view number = take_word(value);
  if (value.empty()) return refuse("a=rtcp-fb needs a payload type and a feedback type");
  if (value.size() > kMaxFeedbackLength) return {};
  std::vector<std::string>* list = nullptr;
  if (number == "*") {
    list = &scope.wildcard_feedback;
  } else if (PayloadFormat* payload = find_payload(scope.section, number); payload != nullptr) {
    list = &payload->feedback;
  }
  if (list == nullptr || std::ranges::find(*list, value) != list->end()) return {};
  if (list->size() == kMaxFeedbackPerPayload) return refuse_size("feedback types");
  list->emplace_back(value);
  return {};
}

// RFC 5576 §4.1: <ssrc> <attribute>[:<value>]
Status read_ssrc(std::string_view value, MediaSection& section) {
  const auto ssrc = decimal<uint32_t>(take_word(value));
  if (!ssrc) return refuse("a=ssrc needs a 32-bit number");
  auto it = std::ranges::find(section.ssrcs, *ssrc, &SsrcLine::ssrc);
  if (it == section.ssrcs.end()) {
    if (section.ssrcs.size() == kMaxSsrcs) return refuse_size("SSRCs in an m-line");
    it = section.ssrcs.insert(it, SsrcLine{.ssrc = *ssrc});
  }
  const std::string_view name = take_until(value, ':');
  if (name == "cname") it->cname = trimmed(value);
  if (name == "msid") it->msid = trimmed(value);
  return {};
}

Status read_ssrc_group(std::string_view value, MediaSection& section) {
  if (section.ssrc_groups.size() == kMaxSsrcGroups) return refuse_size("ssrc-groups");
  SsrcGroup group;
  group.semantics = take_word(value);
  if (group.semantics.empty()) return refuse("a=ssrc-group needs a kind");
  while (!value.empty()) {
    const auto ssrc = decimal<uint32_t>(take_word(value));
    if (!ssrc) return refuse("a=ssrc-group needs 32-bit numbers");
    if (group.ssrcs.size() == kMaxSsrcs) return refuse_size("SSRCs in a group");
    group.ssrcs.push_back(*ssrc);
  }
  section.ssrc_groups.push_back(std::move(group));
  return {};
}

Status read_msid(std::string_view value, MediaSection& section) {
  if (section.msids.size() == kMaxSsrcs) return refuse_size("msids");
  Msid msid;
  msid.stream = take_word(value);
  msid.track = take_word(value);
  if (msid.stream.empty()) return refuse("a=msid needs a stream");
  section.msids.push_back(std::move(msid));
  return {};
}

// RFC 8851 §10, with the "-" and "_" that its erratum allows.
bool is_rid(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
  };
  return !text.empty() && text.size() <= kMaxRidLength && std::ranges::all_of(text, allowed);
}

Status read_rid(std::string_view value, MediaSection& section) {
  if (section.rids.size() == kMaxRids) return refuse_size("rids");
  Rid rid;
  rid.id = take_word(value);
  const std::string_view direction = take_word(value);
  rid.restrictions = value;
  rid.send = direction == "send";
  if (!is_rid(rid.id) || (!rid.send && direction != "recv")) {
    return refuse("a=rid needs an id of up to 16 letters and digits, and send or recv");
  }
  if (section.rid(rid.id) != nullptr) {
    return std::unexpected(Refusal{SdpErrorCode::kDuplicate, "an m-line has a rid twice"});
  }
  section.rids.push_back(std::move(rid));
  return {};
}

// RFC 8853 §5.1: streams are separated by ";", alternatives by ","; "~" marks a stream that starts
// paused.
Status read_simulcast_list(std::string_view value, std::vector<SimulcastStream>& out) {
  while (!value.empty()) {
    std::string_view alternatives = take_until(value, ';');
    if (out.size() == kMaxRids) return refuse_size("simulcast streams");
    SimulcastStream stream;
    while (!alternatives.empty()) {
      std::string_view rid = take_until(alternatives, ',');
      const bool paused = rid.starts_with('~');
      if (paused) rid.remove_prefix(1);
      if (!is_rid(rid)) return refuse("a=simulcast has a rid that can't be read");
      if (stream.size() == kMaxRids) return refuse_size("simulcast alternatives");
      stream.push_back({std::string(rid), paused});
    }
    if (stream.empty()) return refuse("a=simulcast has an empty stream");
    out.push_back(std::move(stream));
  }
  return {};
}

Status read_simulcast(std::string_view value, MediaSection& section) {
  Simulcast simulcast;
  while (!value.empty()) {
    const std::string_view direction = take_word(value);
    const std::string_view list = take_word(value);
    const bool send = direction == "send";
    auto& out = send ? simulcast.send : simulcast.recv;
    if ((!send && direction != "recv") || list.empty() || !out.empty()) {
      return refuse("a=simulcast has the form: send list recv list");
    }
    if (Status status = read_simulcast_list(list, out); !status) return status;
  }
  if (simulcast == Simulcast{}) return refuse("a=simulcast is empty");
  section.simulcast = std::move(simulcast);
  return {};
}

std::expected<bool, Refusal> known(Status status) {
  if (!status) return std::unexpected(std::move(status.error()));
  return true;
}

}  // namespace

std::expected<bool, Refusal> read_payload_attribute(Attribute attribute, MediaScope scope) {
  if (attribute.name == "rtpmap") return known(read_rtpmap(attribute.value, scope.section));
  if (attribute.name == "fmtp") return known(read_fmtp(attribute.value, scope.section));
  if (attribute.name == "rtcp-fb") return known(read_rtcp_fb(attribute.value, scope));
  return false;
}

std::expected<bool, Refusal> read_stream_attribute(Attribute attribute, MediaSection& section) {
  if (attribute.name == "ssrc") return known(read_ssrc(attribute.value, section));
  if (attribute.name == "ssrc-group") return known(read_ssrc_group(attribute.value, section));
  if (attribute.name == "msid") return known(read_msid(attribute.value, section));
  if (attribute.name == "rid") return known(read_rid(attribute.value, section));
  if (attribute.name == "simulcast") return known(read_simulcast(attribute.value, section));
  return false;
}

}  // namespace parley::sdp
