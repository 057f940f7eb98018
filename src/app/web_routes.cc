#include "app/web_routes.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "app/metrics.h"

namespace parley::app {
namespace {

constexpr const char* kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' "
    "wss: ws:; "
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri "
    "'none'; "
    "object-src 'none'; form-action 'self'";
constexpr const char* kPermissionsPolicy =
    "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), "
    "picture-in-picture=(self), "
    "autoplay=(self), screen-wake-lock=(self), speaker-selection=(self), geolocation=(), "
    "payment=(), usb=()";

void add_security_headers(io::HttpResponse& response, bool strict_transport) {
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  // A room's name is as good as its key; other sites must not learn it from a link.
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Permissions-Policy", kPermissionsPolicy);
  if (strict_transport)
    response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
}

io::HttpResponse not_found() {
  return io::HttpResponse::text(
      404,
      R"({"error":"not_found","message":"There is nothing at this address."})"
      "\n",
      "application/json");
}

io::HttpResponse uncached(io::HttpResponse response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// /r/ and one further part. What is a good room name is explained by the client itself.
bool is_room_page(std::string_view path) {
  return path.starts_with("/r/") && path.size() > 3 && path.find('/', 3) == std::string_view::npos;
}

}  // namespace

WebRoutes::WebRoutes(io::StaticFiles files, Sources sources)
    : files_(std::move(files)), sources_(std::move(sources)) {
  if (files_.find("/index.html") == nullptr) files_.add("/index.html", page_without_client());
}

io::HttpResponse WebRoutes::handle_request(const io::HttpRequest& request) const {
  io::HttpResponse response = route(request);
  add_security_headers(response, request.secure && sources_.trusted_certificate);
  return response;
}

io::HttpResponse WebRoutes::route(const io::HttpRequest& request) const {
  const std::string_view path = request.path();
  if (path == "/healthz") return uncached(io::HttpResponse::text(200, "ok\n"));
  if (path == "/readyz") {
    return uncached(sources_.ready() ? io::HttpResponse::text(200, "ready\n")
                                     : io::HttpResponse::text(503, "not ready\n"));
  }
  if (path == "/metrics") {
    return uncached(io::HttpResponse::text(200, sources_.metrics(), MetricsPage::kContentType));
  }
  const std::string_view file = path == "/" || is_room_page(path) ? "/index.html" : path;
  if (auto response = files_.respond(request, file)) return std::move(*response);
  return not_found();
}

std::string page_without_client() {
  return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Parley</title>"
         "<h1>Parley is running</h1><p>This server was started without its web client. Build it "
         "with "
         "<code>npm ci &amp;&amp; npm run build</code> in <code>web/</code>, or name the built "
         "folder with "
         "<code>http.web_root</code>, and start again.</p></html>\n";
}

}  // namespace parley::app
