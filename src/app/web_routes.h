// Which URL gives what.
#pragma once

#include <functional>
#include <string>

#include "io/http_message.h"
#include "io/static_files.h"

namespace parley::app {

// The pages and files of the web client, health and metrics; everything but the WebSocket. Adds the
// headers that keep browsers strict to every answer.
class WebRoutes {
 public:
  struct Sources {
    std::function<bool()> ready;           // whether calls can be taken
    std::function<std::string()> metrics;  // the page's text
    // Whether HTTPS has a certificate that browsers trust; then they are told to stay with HTTPS.
    bool trusted_certificate = false;
  };

  WebRoutes(io::StaticFiles files, Sources sources);

  io::HttpResponse handle_request(const io::HttpRequest& request) const;

 private:
  io::HttpResponse route(const io::HttpRequest& request) const;

  io::StaticFiles files_;
  Sources sources_;
};

// A page for a server that was built without the web client; says how to get it.
std::string page_without_client();

}  // namespace parley::app
