#include "sdp/parse.h"

#include <algorithm>
#include <utility>

#include "sdp/attributes.h"
#include "sdp/text.h"

namespace parley::sdp {
namespace {

class Parser {
 public:
  std::expected<SessionDescription, SdpError> parse(std::string_view text) {
    if (text.size() > kMaxDescriptionSize) {
      return fail(SdpErrorCode::kTooLarge, "the description is larger than 256 KiB");
    }
    while (!text.empty()) {
      ++line_;
      std::string_view line = take_until(text, '\n');
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) continue;
      if (Status status = read_line(line); !status) {
        return fail(status.error().code, std::move(status.error().message));
      }
    }
    finish_section();
    if (!seen_version_) return fail(SdpErrorCode::kSyntax, "the description is empty");
    return std::move(session_);
  }

 private:
  std::unexpected<SdpError> fail(SdpErrorCode code, std::string message) const {
    return std::unexpected(SdpError{code, line_, std::move(message)});
  }

  Status read_line(std::string_view line) {
    if (line.size() > kMaxLineLength) return refuse_size("characters in a line");
    if (line.size() < 2 || line[1] != '=') return refuse("a line has the form letter=value");
    const auto is_control = [](char c) { return c == '\0' || c == '\r'; };
    if (std::ranges::any_of(line, is_control)) return refuse("a control character in a line");
    const std::string_view value = line.substr(2);
    if (!seen_version_) {
      if (line != "v=0") return refuse("the first line must be v=0");
      seen_version_ = true;
      return {};
    }
    switch (line[0]) {
      case 'o':
        return read_origin(value);
      case 'm':
        return read_media(value);
      case 'a':
        return read_attribute(value);
      default:
        return {};
    }
  }

  // o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address>
  Status read_origin(std::string_view value) {
    const std::string_view username = take_word(value);
    const auto id = decimal<uint64_t>(take_word(value));
    const auto version = decimal<uint64_t>(take_word(value));
    if (username.empty() || !id || !version) return refuse("o= needs a name and two numbers");
    session_.origin = {std::string(username), *id, *version};
    return {};
  }

  // m=<media> <port>[/<ports>] <proto> <fmt> ...
  Status read_media(std::string_view value) {
    finish_section();
    if (session_.media.size() == kMaxMediaSections) return refuse_size("m-lines");
    MediaSection section;
    section.media = take_word(value);
    std::string_view ports = take_word(value);
    const auto port = decimal<uint16_t>(take_until(ports, '/'));
    section.protocol = take_word(value);
    if (section.media.empty() || !port || section.protocol.empty() || value.empty()) {
      return refuse("m= needs a media type, a port, a protocol and a format");
    }
    section.port = *port;
    section.direction = default_direction_;
    while (!value.empty()) {
      const std::string_view format = take_word(value);
      if (Status status = add_format(section, format); !status) return status;
    }
    session_.media.push_back(std::move(section));
    return {};
  }

  static Status add_format(MediaSection& section, std::string_view format) {
    if (section.payloads.size() + section.formats.size() == kMaxPayloadTypes) {
      return refuse_size("formats in an m-line");
    }
    if (!section.is_rtp()) {
      section.formats.emplace_back(format);
      return {};
    }
    const auto payload_type = decimal<uint8_t>(format);
    if (!payload_type || *payload_type > kMaxPayloadType) {
      return refuse("a payload type is a number up to 127");
    }
    if (section.payload(*payload_type) != nullptr) {
      return std::unexpected(
          Refusal{SdpErrorCode::kDuplicate, "an m-line lists a payload type twice"});
    }
    section.payloads.push_back({.payload_type = *payload_type});
    return {};
  }

  Status read_attribute(std::string_view value) {
    Attribute attribute;
    attribute.name = take_until(value, ':');
    attribute.value = trimmed(value);
    if (session_.media.empty()) {
      return read_session_attribute(attribute, session_, default_direction_);
    }
    if (attribute.name == "mid" && session_.section(attribute.value) != nullptr) {
      return std::unexpected(Refusal{SdpErrorCode::kDuplicate,
                                     "two m-lines have the mid " + std::string(attribute.value)});
    }
    return read_media_attribute(attribute, {session_.media.back(), wildcard_feedback_});
  }

  void finish_section() {
    if (session_.media.empty()) return;
    for (PayloadFormat& payload : session_.media.back().payloads) {
      for (const std::string& value : wildcard_feedback_) {
        if (payload.feedback.size() == kMaxFeedbackPerPayload) break;
        if (!payload.has_feedback(value)) payload.feedback.push_back(value);
      }
    }
    wildcard_feedback_.clear();
  }

  SessionDescription session_;
  Direction default_direction_ = Direction::kSendRecv;
  std::vector<std::string> wildcard_feedback_;
  size_t line_ = 0;
  bool seen_version_ = false;
};

}  // namespace

std::expected<SessionDescription, SdpError> parse(std::string_view text) {
  return Parser().parse(text);
}

}  // namespace parley::sdp
