// A WebSocket of a client: what a browser's page opens to a Parley server, for the load generator.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/address.h"
#include "io/control_loop.h"

namespace parley::io {

// Where a server is: "https://meet.example.org", "http://127.0.0.1:8080".
struct ServerUrl {
  std::string host;  // a name or an address, without brackets
  uint16_t port = 0;
  bool secure = false;

  // http, https, ws and wss; no user, path, query or fragment. The error is a sentence for people.
  static std::expected<ServerUrl, std::string> parse(std::string_view text);
  std::string to_string() const;  // "https://meet.example.org:8443"
  // As a Host header has it: without the port where that is the scheme's own.
  std::string authority() const;
};

struct WebSocketClientOptions {
  ServerUrl server;
  std::string path;         // "/ws"
  std::string subprotocol;  // "parley.v1"
  bool verify_certificate = true;
  TimeDelta connect_timeout = TimeDelta::seconds(15);  // each of: connection, TLS, upgrade
  size_t max_message_bytes = 256 * 1024;
};

// Connects at once; calls back on the loop's thread, never from inside a call of its own.
// Destroying it drops the connection without a word and without further calls.
class WebSocketClient {
 public:
  struct Handlers {
    std::function<void()> on_open;
    std::function<void(std::string_view)> on_message;
    // Once, whether it ever stood or not; nothing follows. `reason` is a sentence for people.
    std::function<void(std::string reason)> on_close;
  };

  // `loop` must outlive it.
  WebSocketClient(ControlLoop& loop, WebSocketClientOptions options, Handlers handlers);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  // Queues a text message; nothing happens before on_open and after on_close.
  void send(std::string text);
  // Sends what is queued, then a close frame (RFC 6455 §7.1.1); on_close follows.
  void close();

  // Both ends of the connection, from on_open on.
  SocketAddress local() const;
  SocketAddress remote() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace parley::io
