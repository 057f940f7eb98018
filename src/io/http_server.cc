#include "io/http_server.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "io/http_connection.h"
#include "io/tls_context.h"

namespace parley::io {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using internal::ConnectionSlot;
using internal::WebSocketConnection;
namespace {

SocketAddress from_asio(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) return {IpAddress::v4(address.to_v4().to_uint()), endpoint.port()};
  return {IpAddress::v6(address.to_v6().to_bytes()), endpoint.port()};
}

tcp::endpoint to_asio(const SocketAddress& address) {
  if (address.ip.is_v4()) return {asio::ip::address_v4(address.ip.v4_host_order()), address.port};
  asio::ip::address_v6::bytes_type bytes{};
  std::copy(address.ip.bytes().begin(), address.ip.bytes().end(), bytes.begin());
  return {asio::ip::address_v6(bytes), address.port};
}

// What counts as one client: an IPv4 address, an IPv6 /64.
IpAddress client_key(const IpAddress& ip) {
  if (ip.is_v4()) return ip;
  std::array<uint8_t, 16> bytes{};
  std::copy_n(ip.bytes().begin(), 8, bytes.begin());
  return IpAddress::v6(bytes);
}

}  // namespace

const char* to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::kClosedByPeer:
      return "closed by peer";
    case CloseReason::kClosedByUs:
      return "closed by us";
    case CloseReason::kTimeout:
      return "timeout";
    case CloseReason::kTooSlow:
      return "too slow";
    case CloseReason::kBadMessage:
      return "bad message";
    case CloseReason::kConnectionLost:
      return "connection lost";
  }
  return "unknown";
}

class HttpServer::Impl final : public internal::ConnectionHost,
                               public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, HttpHandler& handler, HttpServerOptions options)
      : context_(context),
        handler_(&handler),
        options_(std::move(options)),
        grace_timer_(context) {}

  std::expected<SocketAddress, std::string> listen(const SocketAddress& address,
                                                   const std::optional<TlsConfig>& tls);
  std::expected<void, std::string> replace_certificate(const TlsConfig& tls);
  void stop(TimeDelta grace, std::string reason, std::function<void()> done);
  void detach();

  WebSocketConnection* find(ConnectionId id) {
    const auto i = web_sockets_.find(id);
    return i == web_sockets_.end() ? nullptr : i->second;
  }
  size_t connections() const { return slots_.size(); }

  const HttpServerOptions& options() const override { return options_; }
  HttpHandler* handler() override { return handler_; }
  HttpCounters& counters() override { return counters_; }
  bool stopping() const override { return stopping_; }
  ConnectionId add(WebSocketConnection& connection) override;
  void remove(ConnectionId id) override { web_sockets_.erase(id); }
  void enter(ConnectionSlot& slot) override;
  void leave(ConnectionSlot& slot) override;

 private:
  struct Listener {
    explicit Listener(asio::io_context& context) : acceptor(context), retry(context) {}
    tcp::acceptor acceptor;
    asio::steady_timer retry;
    std::shared_ptr<asio::ssl::context> tls;  // null: plain
  };

  void accept_next(const std::shared_ptr<Listener>& listener);
  void on_accepted(Listener& listener, tcp::socket socket);
  bool admit(const SocketAddress& remote);
  void finish_stop_if_empty();

  asio::io_context& context_;
  HttpHandler* handler_;
  HttpServerOptions options_;
  HttpCounters counters_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::unordered_set<ConnectionSlot*> slots_;
  std::unordered_map<IpAddress, size_t> connections_by_client_;
  std::unordered_map<ConnectionId, WebSocketConnection*> web_sockets_;
  uint32_t last_id_ = 0;
  bool stopping_ = false;
  asio::steady_timer grace_timer_;
  std::function<void()> on_stopped_;
};

std::expected<SocketAddress, std::string> HttpServer::Impl::listen(
    const SocketAddress& address, const std::optional<TlsConfig>& tls) {
  const auto listener = std::make_shared<Listener>(context_);
  if (tls) {
    auto context = internal::make_tls_context(*tls);
    if (!context) return std::unexpected(context.error());
    listener->tls = std::move(*context);
  }
  const tcp::endpoint endpoint = to_asio(address);
  error_code error;
  tcp::acceptor& acceptor = listener->acceptor;
  acceptor.open(endpoint.protocol(), error);
  // Lets a restarted server bind while old connections are in TIME_WAIT; Linux still refuses a port
  // that is listened on.
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.ip.is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected(error.message());
  listeners_.push_back(listener);
  accept_next(listener);
  return from_asio(acceptor.local_endpoint());
}

std::expected<void, std::string> HttpServer::Impl::replace_certificate(const TlsConfig& tls) {
  auto context = internal::make_tls_context(tls);
  if (!context) return std::unexpected(context.error());
  for (const auto& listener : listeners_) {
    if (listener->tls) listener->tls = *context;
  }
  return {};
}

void HttpServer::Impl::accept_next(const std::shared_ptr<Listener>& listener) {
  listener->acceptor.async_accept(
      [self = shared_from_this(), listener](error_code error, tcp::socket socket) {
        if (self->stopping_ || error == asio::error::operation_aborted) return;
        if (!error) {
          self->on_accepted(*listener, std::move(socket));
          self->accept_next(listener);
          return;
        }
        // Out of descriptors, most likely: trying again at once would only burn the processor.
        listener->retry.expires_after(std::chrono::milliseconds(100));
        listener->retry.async_wait([self, listener](error_code stopped) {
          if (!stopped && !self->stopping_) self->accept_next(listener);
        });
      });
}

bool HttpServer::Impl::admit(const SocketAddress& remote) {
  if (slots_.size() >= options_.max_connections) {
    ++counters_.refused_full;
    return false;
  }
  if (remote.ip.is_loopback() && !options_.limit_loopback) return true;
  const auto i = connections_by_client_.find(client_key(remote.ip));
  if (i != connections_by_client_.end() && i->second >= options_.max_connections_per_ip) {
    ++counters_.refused_per_ip;
    return false;
  }
  return true;
}

void HttpServer::Impl::on_accepted(Listener& listener, tcp::socket socket) {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const tcp::endpoint local = socket.local_endpoint(error);
  if (error || !admit(from_asio(remote))) return;
  ++counters_.accepted;
  socket.set_option(tcp::no_delay(true), error);
  const auto slot = std::make_shared<ConnectionSlot>(shared_from_this(), from_asio(remote));
  slot->local = from_asio(local);
  boost::beast::tcp_stream stream(std::move(socket));
  if (listener.tls) {
    asio::co_spawn(context_, internal::serve_tls(std::move(stream), listener.tls, slot),
                   asio::detached);
  } else {
    asio::co_spawn(context_, internal::serve_plain(std::move(stream), slot), asio::detached);
  }
}

ConnectionId HttpServer::Impl::add(WebSocketConnection& connection) {
  do {
    ++last_id_;
  } while (last_id_ == 0 || web_sockets_.contains(ConnectionId{last_id_}));
  web_sockets_.emplace(ConnectionId{last_id_}, &connection);
  return ConnectionId{last_id_};
}

void HttpServer::Impl::enter(ConnectionSlot& slot) {
  slots_.insert(&slot);
  ++connections_by_client_[client_key(slot.remote.ip)];
}

void HttpServer::Impl::leave(ConnectionSlot& slot) {
  slots_.erase(&slot);
  const auto i = connections_by_client_.find(client_key(slot.remote.ip));
  if (--i->second == 0) connections_by_client_.erase(i);
  finish_stop_if_empty();
}

void HttpServer::Impl::stop(TimeDelta grace, std::string reason, std::function<void()> done) {
  stopping_ = true;
  on_stopped_ = std::move(done);
  for (const auto& listener : listeners_) {
    error_code ignored;
    listener->acceptor.close(ignored);
    listener->retry.cancel();
  }
  std::vector<std::function<void()>> aborts;
  for (ConnectionSlot* slot : slots_) {
    if (slot->idle && slot->abort) aborts.push_back(slot->abort);
  }
  for (const auto& abort : aborts) abort();
  for (const auto& [id, connection] : web_sockets_) connection->close(1001, reason);
  grace_timer_.expires_after(std::chrono::microseconds(grace.us()));
  grace_timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error) return;
    for (ConnectionSlot* slot : self->slots_) {
      if (slot->abort) slot->abort();
    }
    if (const auto on_stopped = std::exchange(self->on_stopped_, nullptr)) on_stopped();
  });
  finish_stop_if_empty();
}

void HttpServer::Impl::finish_stop_if_empty() {
  if (!stopping_ || !slots_.empty() || !on_stopped_) return;
  grace_timer_.cancel();
  asio::post(context_, std::exchange(on_stopped_, nullptr));
}

void HttpServer::Impl::detach() {
  handler_ = nullptr;
  on_stopped_ = nullptr;
  stopping_ = true;
  for (const auto& listener : listeners_) {
    error_code ignored;
    listener->acceptor.close(ignored);
    listener->retry.cancel();
  }
  grace_timer_.cancel();
  for (ConnectionSlot* slot : slots_) {
    if (slot->abort) slot->abort();
  }
}

HttpServer::HttpServer(ControlLoop& loop, HttpHandler& handler, HttpServerOptions options)
    : impl_(std::make_shared<Impl>(loop.context(), handler, std::move(options))) {}

HttpServer::~HttpServer() {
  impl_->detach();
}

std::expected<SocketAddress, std::string> HttpServer::listen(const SocketAddress& address,
                                                             const std::optional<TlsConfig>& tls) {
  return impl_->listen(address, tls);
}

std::expected<void, std::string> HttpServer::replace_certificate(const TlsConfig& tls) {
  return impl_->replace_certificate(tls);
}

bool HttpServer::send(ConnectionId id, std::string text) {
  return send(id, std::make_shared<const std::string>(std::move(text)));
}

bool HttpServer::send(ConnectionId id, std::shared_ptr<const std::string> text) {
  WebSocketConnection* connection = impl_->find(id);
  if (connection == nullptr) return false;
  connection->send(std::move(text));
  return true;
}

void HttpServer::close(ConnectionId id, uint16_t code, std::string reason) {
  if (WebSocketConnection* connection = impl_->find(id)) connection->close(code, std::move(reason));
}

void HttpServer::stop(TimeDelta grace, std::string reason, std::function<void()> done) {
  impl_->stop(grace, std::move(reason), std::move(done));
}

size_t HttpServer::connections() const {
  return impl_->connections();
}
const HttpCounters& HttpServer::counters() const {
  return impl_->counters();
}

}  // namespace parley::io
