// Inside of HttpServer: one connection, and what it needs from the server that accepted it.
// Included by http_*.cc only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <functional>
#include <memory>
#include <string>

#include "io/http_server.h"

namespace parley::io::internal {

class WebSocketConnection {
 public:
  virtual ~WebSocketConnection() = default;
  virtual void send(std::shared_ptr<const std::string> text) = 0;
  virtual void close(uint16_t code, std::string reason) = 0;
};

class ConnectionHost;

// A place in the server's count, held while the connection lives.
struct ConnectionSlot {
  ConnectionSlot(std::shared_ptr<ConnectionHost> owner, const SocketAddress& peer);
  ~ConnectionSlot();
  ConnectionSlot(const ConnectionSlot&) = delete;
  ConnectionSlot& operator=(const ConnectionSlot&) = delete;

  std::shared_ptr<ConnectionHost> host;
  SocketAddress remote;
  SocketAddress local;
  bool secure = false;
  bool idle = true;  // between requests: nothing is lost when it is closed now
  std::function<void()> abort;
};

class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  virtual const HttpServerOptions& options() const = 0;
  virtual HttpHandler* handler() = 0;  // null once the server is destroyed
  virtual HttpCounters& counters() = 0;
  virtual bool stopping() const = 0;
  virtual ConnectionId add(WebSocketConnection& connection) = 0;
  virtual void remove(ConnectionId id) = 0;
  virtual void enter(ConnectionSlot& slot) = 0;
  virtual void leave(ConnectionSlot& slot) = 0;
};

boost::asio::awaitable<void> serve_plain(boost::beast::tcp_stream stream,
                                         std::shared_ptr<ConnectionSlot> slot);
boost::asio::awaitable<void> serve_tls(boost::beast::tcp_stream stream,
                                       std::shared_ptr<boost::asio::ssl::context> tls,
                                       std::shared_ptr<ConnectionSlot> slot);

}  // namespace parley::io::internal
