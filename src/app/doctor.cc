#include "app/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include "app/media_thread.h"
#include "app/places.h"
#include "app/server.h"
#include "io/clock.h"
#include "io/control_loop.h"
#include "io/http_server.h"
#include "io/static_files.h"

namespace parley::app {
namespace {

class NoHandler final : public io::HttpHandler {
 public:
  io::HttpResponse on_request(const io::HttpRequest&) override { return {}; }
  void on_open(io::ConnectionId, const io::HttpRequest&) override {}
  void on_message(io::ConnectionId, std::string_view) override {}
  void on_close(io::ConnectionId, io::CloseReason) override {}
};

Finding examine_listener(const char* scheme, const char* option,
                         const std::optional<SocketAddress>& address) {
  if (!address) return {Verdict::kOk, fmt::format("{} is off.", scheme)};
  io::ControlLoop loop;
  NoHandler handler;
  io::HttpServer server(loop, handler, {});
  const auto bound = server.listen(*address);
  if (!bound) return {Verdict::kFailed, listen_error(scheme, option, *address, bound.error())};
  return {Verdict::kOk, fmt::format("{} can listen on {}.", scheme, address->to_string())};
}

void examine_media(const Settings& settings, std::vector<Finding>& findings) {
  std::vector<io::UdpSocket> sockets;
  for (size_t i = 0; i < shard_count(settings); ++i) {
    auto socket = bind_media_socket(settings.media.port, i);
    if (!socket) {
      findings.push_back({Verdict::kFailed, socket.error()});
      return;
    }
    sockets.push_back(std::move(*socket));
  }
  const io::UdpSocket& first = sockets.front();
  findings.push_back(
      {Verdict::kOk,
       fmt::format("Media can use UDP port {}{}, {}.", first.port(),
                   sockets.size() > 1 ? fmt::format(" to {}", sockets.back().port()) : "",
                   first.dual_stack() ? "IPv4 and IPv6" : "IPv4 only")});
  if (first.receive_buffer_bytes() < (1 << 20) || first.send_buffer_bytes() < (1 << 20)) {
    findings.push_back(
        {Verdict::kWarning,
         fmt::format("The system grants UDP buffers of {} KiB only, so bursts may be lost; set "
                     "net.core.rmem_max and net.core.wmem_max to 8388608 with sysctl.",
                     std::min(first.receive_buffer_bytes(), first.send_buffer_bytes()) / 1024)});
  }
}

Finding examine_certificate(const Settings& settings,
                            const std::vector<io::InterfaceAddress>& interfaces) {
  const auto certificate = https_certificate(settings, interfaces);
  if (!certificate) return {Verdict::kFailed, certificate.error()};
  const int64_t days = (certificate->not_after_s - io::wall_clock_ms() / 1000) / 86'400;
  const std::string text =
      fmt::format("The HTTPS certificate is {}, valid for {} more days, for {}.",
                  certificate->self_signed ? "self-signed" : settings.https.certificate, days,
                  fmt::join(certificate->names, ", "));
  constexpr int64_t kRenewDays = 14;
  return {!certificate->self_signed && days < kRenewDays ? Verdict::kWarning : Verdict::kOk, text};
}

Finding examine_web_client(const Settings& settings) {
  const auto folder = web_folder(settings);
  if (!folder) {
    return {Verdict::kWarning,
            "The web client is not built, so pages only say so; run npm run build in web/ or set "
            "http.web_root."};
  }
  const auto files = io::StaticFiles::load(*folder);
  if (!files) return {Verdict::kFailed, files.error()};
  return {Verdict::kOk,
          fmt::format("The web client in {} has {} files.", folder->string(), files->size())};
}

Finding examine_addresses(const Settings& settings,
                          const std::vector<io::InterfaceAddress>& interfaces) {
  std::vector<std::string> texts;
  bool outside = false;
  bool is_public = false;
  for (const IpAddress& ip : advertised_addresses(settings, interfaces, true)) {
    texts.push_back(ip.to_string());
    outside = outside || !ip.is_loopback();
    is_public = is_public || !ip.is_private();
  }
  const std::string list = fmt::format("{}", fmt::join(texts, ", "));
  if (!outside) {
    return {Verdict::kWarning,
            fmt::format("Clients on other machines can't reach media: the only addresses are {}; "
                        "connect a network or set media.public_ips.",
                        texts.empty() ? "none" : list)};
  }
  if (!is_public) {
    return {Verdict::kOk,
            fmt::format("Clients are told to send media to {}, which work in this network; for the "
                        "Internet set media.public_ips to the public address.",
                        list)};
  }
  return {Verdict::kOk, fmt::format("Clients are told to send media to {}.", list)};
}

Finding examine_file_limit(const Settings& settings) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = static_cast<rlim_t>(settings.http.max_connections + 100);
  if (limit.rlim_max >= wanted)
    return {Verdict::kOk, fmt::format("{} files may be open.", limit.rlim_max)};
  return {Verdict::kWarning,
          fmt::format("Only {} files may be open, which is less than http.max_connections needs; "
                      "raise the limit (LimitNOFILE in systemd, ulimit -n in a shell).",
                      limit.rlim_max)};
}

}  // namespace

std::vector<Finding> examine(const Settings& settings) {
  const auto interfaces = io::interface_addresses();
  std::vector<Finding> findings;
  findings.push_back(examine_listener("HTTP", "--listen", settings.http.listen));
  findings.push_back(examine_listener("HTTPS", "--tls-listen", settings.https.listen));
  examine_media(settings, findings);
  const auto folder = data_folder(settings);
  if (auto prepared = prepare_data_folder(folder); !prepared) {
    findings.push_back({Verdict::kFailed, prepared.error()});
  } else {
    findings.push_back(
        {Verdict::kOk, fmt::format("The data folder {} can be written to.", folder.string())});
    if (settings.https.listen) findings.push_back(examine_certificate(settings, interfaces));
  }
  findings.push_back(examine_web_client(settings));
  findings.push_back(examine_addresses(settings, interfaces));
  findings.push_back(examine_file_limit(settings));
  return findings;
}

std::string to_line(const Finding& finding) {
  const char* verdict = finding.verdict == Verdict::kOk        ? "ok"
                        : finding.verdict == Verdict::kWarning ? "warning"
                                                               : "failed";
  return fmt::format("{:<8}{}\n", verdict, finding.text);
}

}  // namespace parley::app
