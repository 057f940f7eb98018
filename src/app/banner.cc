#include "app/banner.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <memory>

namespace parley::app {
namespace {

std::string url(const char* scheme, const std::string& host, uint16_t port) {
  const bool usual = (port == 80 && std::string_view(scheme) == "http") ||
                     (port == 443 && std::string_view(scheme) == "https");
  return usual ? fmt::format("{}://{}", scheme, host)
               : fmt::format("{}://{}:{}", scheme, host, port);
}

std::string host_of(const IpAddress& ip) {
  return ip.is_v6() ? fmt::format("[{}]", ip.to_string()) : ip.to_string();
}

// An address that reaches the listener from this machine. Digits, since "localhost" may mean ::1
// where only 127.0.0.1 listens.
std::string own_url(const char* scheme, const std::optional<SocketAddress>& bound) {
  if (!bound) return "off";
  return url(scheme, bound->ip.is_unspecified() ? "127.0.0.1" : host_of(bound->ip), bound->port);
}

bool reaches_from_outside(const SocketAddress& bound) {
  return !bound.ip.is_loopback();
}

// Where other machines find the listener: its own address, or every interface's when it listens on
// all.
std::vector<std::string> outside_urls(const char* scheme, const SocketAddress& bound,
                                      const std::vector<io::InterfaceAddress>& interfaces) {
  if (!reaches_from_outside(bound)) return {};
  if (!bound.ip.is_unspecified()) return {url(scheme, host_of(bound.ip), bound.port)};
  std::vector<std::string> urls;
  for (const io::InterfaceAddress& i : interfaces) {
    const bool heard = i.ip.is_v4() || bound.ip.is_v6();
    if (heard && i.running && !i.loopback && !i.link_local)
      urls.push_back(url(scheme, host_of(i.ip), bound.port));
  }
  return urls;
}

}  // namespace

std::string ready_line(const ServingAt& at) {
  return fmt::format("ready http={} https={} media={}", own_url("http", at.http),
                     own_url("https", at.https), at.media_port);
}

std::string greeting(const ServingAt& at, const std::vector<io::InterfaceAddress>& interfaces,
                     bool terminal) {
  std::string out = "Parley is running.\n";
  if (at.http) {
    const bool loopback = at.http->ip.is_loopback() || at.http->ip.is_unspecified();
    const std::string here =
        loopback ? url("http", "localhost", at.http->port) : own_url("http", at.http);
    out += fmt::format("  On this machine:  {}\n", here);
  }
  std::vector<std::string> outside;
  if (at.https) outside = outside_urls("https", *at.https, interfaces);
  for (size_t i = 0; i < outside.size(); ++i) {
    out +=
        fmt::format("  {}  {}\n", i == 0 ? "On other devices:" : "                 ", outside[i]);
  }
  if (!outside.empty() && at.self_signed) {
    out += "  Its certificate is self-signed: the browser asks once whether to go on.\n";
  }
  if (terminal && !outside.empty()) out += qr_code(outside.front());
  return out;
}

std::string qr_code(const std::string& text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L), &QRcode_free);
  if (!code) return {};
  const int width = code->width;
  // Four light modules around it (ISO/IEC 18004 §9.1); light is drawn, since terminals are mostly
  // dark.
  const auto light = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= width || y >= width) return true;
    return (code->data[y * width + x] & 1) == 0;
  };
  std::string out;
  for (int y = -4; y < width + 4; y += 2) {
    out += "  ";
    for (int x = -4; x < width + 4; ++x) {
      const bool upper = light(x, y);
      const bool lower = y + 1 < width + 4 && light(x, y + 1);
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += "\n";
  }
  return out;
}

}  // namespace parley::app
