#include "sdp/write.h"

#include <charconv>
#include <concepts>
#include <string_view>

namespace parley::sdp {
namespace {

class Writer {
 public:
  // One line from text, numbers and single characters.
  template <typename... Parts>
  void line(const Parts&... parts) {
    (append(parts), ...);
    out_ += "\r\n";
  }
  void append(std::string_view text) { out_ += text; }
  void append(char c) { out_ += c; }
  template <std::unsigned_integral T>
  void append(T number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out_.append(digits, end);
  }
  // " text", or nothing.
  void append_word(std::string_view text) {
    if (text.empty()) return;
    out_ += ' ';
    out_ += text;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void write_transport(const TransportAttributes& transport, Writer& w) {
  if (!transport.ice_ufrag.empty()) w.line("a=ice-ufrag:", transport.ice_ufrag);
  if (!transport.ice_pwd.empty()) w.line("a=ice-pwd:", transport.ice_pwd);
  if (!transport.ice_options.empty()) {
    w.append("a=ice-options:");
    for (size_t i = 0; i < transport.ice_options.size(); ++i) {
      if (i > 0) w.append(' ');
      w.append(transport.ice_options[i]);
    }
    w.line();
  }
  for (const FingerprintLine& f : transport.fingerprints) {
    w.line("a=fingerprint:", f.algorithm, ' ', f.value);
  }
  if (transport.setup) w.line("a=setup:", to_text(*transport.setup));
}

void write_candidates(const MediaSection& section, Writer& w) {
  for (const Candidate& c : section.candidates) {
    w.append("a=candidate:");
    w.append(c.foundation);
    w.append(' ');
    w.append(c.component);
    w.append(' ');
    w.append(c.transport);
    w.append(' ');
    w.append(c.priority);
    w.append(' ');
    w.append(c.address);
    w.append(' ');
    w.append(c.port);
    w.append(" typ ");
    w.append(c.type);
    w.append_word(c.extensions);
    w.line();
  }
  if (section.end_of_candidates) w.line("a=end-of-candidates");
}

void write_extension(const ExtensionMap& extension, Writer& w) {
  w.append("a=extmap:");
  w.append(extension.id);
  if (extension.direction) {
    w.append('/');
    w.append(to_text(*extension.direction));
  }
  if (extension.encrypted) w.append(" urn:ietf:params:rtp-hdrext:encrypt");
  w.append_word(extension.uri);
  w.append_word(extension.attributes);
  w.line();
}

void write_payload(const PayloadFormat& payload, Writer& w) {
  const uint8_t number = payload.payload_type;
  if (!payload.encoding.empty()) {
    w.append("a=rtpmap:");
    w.append(number);
    w.append_word(payload.encoding);
    w.append('/');
    w.append(payload.clock_rate);
    if (payload.channels != 1) {
      w.append('/');
      w.append(payload.channels);
    }
    w.line();
  }
  for (const std::string& feedback : payload.feedback) {
    w.line("a=rtcp-fb:", number, ' ', feedback);
  }
  if (!payload.parameters.empty()) w.line("a=fmtp:", number, ' ', payload.parameters);
}

void write_streams(const MediaSection& section, Writer& w) {
  for (const SsrcGroup& group : section.ssrc_groups) {
    w.append("a=ssrc-group:");
    w.append(group.semantics);
    for (const uint32_t ssrc : group.ssrcs) {
      w.append(' ');
      w.append(ssrc);
    }
    w.line();
  }
  for (const SsrcLine& s : section.ssrcs) {
    if (!s.cname.empty()) w.line("a=ssrc:", s.ssrc, " cname:", s.cname);
    if (!s.msid.empty()) w.line("a=ssrc:", s.ssrc, " msid:", s.msid);
    if (s.cname.empty() && s.msid.empty()) w.line("a=ssrc:", s.ssrc);
  }
}

void write_simulcast_list(std::string_view direction, const std::vector<SimulcastStream>& streams,
                          Writer& w) {
  if (streams.empty()) return;
  w.append(direction);
  for (size_t i = 0; i < streams.size(); ++i) {
    w.append(i == 0 ? ' ' : ';');
    for (size_t j = 0; j < streams[i].size(); ++j) {
      if (j > 0) w.append(',');
      if (streams[i][j].paused) w.append('~');
      w.append(streams[i][j].rid);
    }
  }
}

void write_rids(const MediaSection& section, Writer& w) {
  for (const Rid& rid : section.rids) {
    w.append("a=rid:");
    w.append(rid.id);
    w.append(rid.send ? " send" : " recv");
    w.append_word(rid.restrictions);
    w.line();
  }
  if (!section.simulcast) return;
  w.append("a=simulcast:");
  write_simulcast_list("send", section.simulcast->send, w);
  if (!section.simulcast->send.empty() && !section.simulcast->recv.empty()) w.append(' ');
  write_simulcast_list("recv", section.simulcast->recv, w);
  w.line();
}

void write_section(const MediaSection& section, Writer& w) {
  w.append("m=");
  w.append(section.media);
  w.append(' ');
  w.append(section.port);
  w.append(' ');
  w.append(section.protocol);
  for (const PayloadFormat& payload : section.payloads) {
    w.append(' ');
    w.append(payload.payload_type);
  }
  for (const std::string& format : section.formats) w.append_word(format);
  w.line();
  w.line("c=IN IP4 0.0.0.0");
  if (section.bundle_only) w.line("a=bundle-only");
  write_candidates(section, w);
  write_transport(section.transport, w);
  if (!section.mid.empty()) w.line("a=mid:", section.mid);
  for (const ExtensionMap& extension : section.extensions) write_extension(extension, w);
  if (section.extmap_allow_mixed) w.line("a=extmap-allow-mixed");
  w.line("a=", to_text(section.direction));
  for (const Msid& msid : section.msids) {
    w.append("a=msid:");
    w.append(msid.stream);
    w.append_word(msid.track);
    w.line();
  }
  if (section.rtcp_mux) w.line("a=rtcp-mux");
  if (section.rtcp_rsize) w.line("a=rtcp-rsize");
  for (const PayloadFormat& payload : section.payloads) write_payload(payload, w);
  write_rids(section, w);
  write_streams(section, w);
}

}  // namespace

std::string write(const SessionDescription& description) {
  Writer w;
  const Origin& origin = description.origin;
  w.line("v=0");
  w.line("o=", origin.username, ' ', origin.session_id, ' ', origin.session_version,
         " IN IP4 0.0.0.0");
  w.line("s=-");
  w.line("t=0 0");
  for (const Group& group : description.groups) {
    w.append("a=group:");
    w.append(group.semantics);
    for (const std::string& mid : group.mids) w.append_word(mid);
    w.line();
  }
  if (description.ice_lite) w.line("a=ice-lite");
  if (description.extmap_allow_mixed) w.line("a=extmap-allow-mixed");
  write_transport(description.transport, w);
  for (const MediaSection& section : description.media) write_section(section, w);
  return w.take();
}

}  // namespace parley::sdp
