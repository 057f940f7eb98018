// HTTP/1.1 and WebSocket over plain TCP and TLS, on the control thread's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/ids.h"
#include "base/units.h"
#include "io/control_loop.h"
#include "io/http_message.h"

namespace parley::io {

// One WebSocket.
using ConnectionId = Id<struct WebSocketTag>;

struct TlsConfig {
  std::string certificate_pem;  // leaf first, then intermediates
  std::string key_pem;
};

struct HttpServerOptions {
  std::string web_socket_path;         // "/ws"
  std::string web_socket_subprotocol;  // "parley.v1"; a client that doesn't offer it gets a 400
  // Origins besides the server's own that may open a WebSocket: "https://meet.example.org".
  std::vector<std::string> allowed_origins;

  // Memory for a connection is a few tens of KiB, so this is some hundred MiB at worst.
  size_t max_connections = 10'000;
  // One office behind one NAT is one address; an IPv6 customer has a /64, so that counts as one.
  size_t max_connections_per_ip = 1'000;
  // Loopback is not counted by address: behind a reverse proxy everybody comes from there.
  bool limit_loopback = false;
  size_t max_header_bytes = 16 * 1024;
  size_t max_body_bytes = 256 * 1024;     // an SDP for WHIP is the largest we take
  size_t max_message_bytes = 256 * 1024;  // docs/protocol.md
  // A receiver that is this far behind is gone or hostile.
  size_t max_queued_bytes = 1024 * 1024;
  TimeDelta request_timeout =
      TimeDelta::seconds(30);  // idle or slow request, headers and body together
  TimeDelta response_timeout = TimeDelta::seconds(60);   // for a client to take the response
  TimeDelta handshake_timeout = TimeDelta::seconds(10);  // TLS
  TimeDelta close_timeout = TimeDelta::seconds(10);  // to take what is queued before a close frame
  // A WebSocket that is silent this long although pinged is closed. The session above has a
  // stricter rule of its own.
  TimeDelta web_socket_timeout = TimeDelta::seconds(60);
};

// Why a WebSocket ended.
enum class CloseReason : uint8_t {
  kClosedByPeer,  // close frame or end of stream
  kClosedByUs,    // close() or stop()
  kTimeout,
  kTooSlow,     // its queue passed max_queued_bytes, or outlasted close_timeout
  kBadMessage,  // too long, not text, or not WebSocket
  kConnectionLost,
};
const char* to_string(CloseReason reason);

// The owner's side. Called on the loop's thread, one call at a time, never from inside a call of
// HttpServer.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual HttpResponse on_request(const HttpRequest& request) = 0;
  // A WebSocket stands; `request` is its upgrade request. Every on_open is followed by exactly one
  // on_close, unless the server is destroyed before.
  virtual void on_open(ConnectionId id, const HttpRequest& request) = 0;
  virtual void on_message(ConnectionId id, std::string_view text) = 0;
  virtual void on_close(ConnectionId id, CloseReason reason) = 0;
};

struct HttpCounters {
  uint64_t accepted = 0;
  uint64_t refused_full = 0;    // max_connections
  uint64_t refused_per_ip = 0;  // max_connections_per_ip
  uint64_t tls_failures = 0;
  uint64_t bad_requests = 0;  // not HTTP, too long, refused upgrades
  uint64_t requests = 0;
  uint64_t web_sockets_opened = 0;
  uint64_t web_sockets_too_slow = 0;  // ended with kTooSlow
  uint64_t messages_received = 0;
  uint64_t messages_sent = 0;
};

// Owns listeners and connections; knows nothing of what is served. WebSocket messages are not
// compressed: they are short, and compression costs some hundred KiB a connection. A plain request
// on a TLS listener is sent to https.
class HttpServer {
 public:
  // Both must outlive the server.
  HttpServer(ControlLoop& loop, HttpHandler& handler, HttpServerOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Starts to accept. Port 0 takes a free one. Gives the address bound, or the reason in words
  // ("Address already in use").
  std::expected<SocketAddress, std::string> listen(
      const SocketAddress& address, const std::optional<TlsConfig>& tls = std::nullopt);
  // New TLS connections use this certificate; those that stand keep theirs. On an error nothing
  // changes.
  std::expected<void, std::string> replace_certificate(const TlsConfig& tls);

  // Queues a text message. False when there is no such WebSocket. One whose queue is full is
  // closed.
  bool send(ConnectionId id, std::string text);
  // The same with a text that several connections share; not null.
  bool send(ConnectionId id, std::shared_ptr<const std::string> text);
  // Sends what is queued, then a close frame (RFC 6455 §7.4 for `code`). on_close follows.
  void close(ConnectionId id, uint16_t code, std::string reason);

  // Stops to accept, lets running responses end, closes WebSockets with 1001 and `reason`, and
  // calls `done` when all are gone or after `grace`.
  void stop(TimeDelta grace, std::string reason, std::function<void()> done);

  size_t connections() const;
  const HttpCounters& counters() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace parley::io
