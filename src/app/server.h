// The composition root of `parley serve`: control thread, media threads, HTTP server and what
// connects them.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "app/banner.h"
#include "app/settings.h"

namespace parley::app {

class Server {
 public:
  // Opens ports, reads certificates and the web client and starts the media threads. The error is
  // one sentence for the person who started the program.
  static std::expected<std::unique_ptr<Server>, std::string> start(const Settings& settings);
  ~Server();

  // The control thread: serves until SIGTERM or SIGINT or stop(), tells everybody, and returns.
  // SIGHUP reads the certificate anew.
  void run();
  // From any thread.
  void stop();

  const ServingAt& serving_at() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What a listener's failure means and what to do: "HTTP can't listen on …".
std::string listen_error(const char* scheme, const char* option, const SocketAddress& address,
                         const std::string& reason);

}  // namespace parley::app
