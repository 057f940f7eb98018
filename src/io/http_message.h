// What an HTTP server's owner sees of a request, and what it answers. No header of the HTTP library
// behind them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"

namespace parley::io {

// All views are valid during the callback only.
struct HttpRequest {
  std::string_view method;  // "GET"
  std::string_view target;  // as sent: "/r/blue-fox?name=Ana"
  std::string_view body;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  SocketAddress remote;
  SocketAddress local;
  bool secure = false;  // came over TLS

  // The target up to '?', and what follows it; neither is percent-decoded.
  std::string_view path() const;
  std::string_view query() const;
  // The first header of that name, in any case; empty when absent.
  std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  // Shared, so that a file in memory is sent without a copy. Null: empty. The server leaves it out
  // for HEAD.
  std::shared_ptr<const std::string> body;

  static HttpResponse text(int status, std::string text,
                           std::string content_type = "text/plain; charset=utf-8");
};

// Compares ASCII letters without regard to case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

// True if `list` ("a, b;q=1, c") has `token` as an element, in any case, and its q is not 0.
bool list_has_token(std::string_view list, std::string_view token);

}  // namespace parley::io
