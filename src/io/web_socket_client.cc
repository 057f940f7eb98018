#include "io/web_socket_client.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <charconv>
#include <chrono>
#include <deque>
#include <utility>
#include <variant>

namespace parley::io {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using beast::error_code;
namespace {

std::chrono::microseconds to_chrono(TimeDelta d) {
  return std::chrono::microseconds(d.us());
}

SocketAddress from_asio(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) return {IpAddress::v4(address.to_v4().to_uint()), endpoint.port()};
  return {IpAddress::v6(address.to_v6().to_bytes()), endpoint.port()};
}

uint16_t usual_port(bool secure) {
  return secure ? 443 : 80;
}

}  // namespace

std::expected<ServerUrl, std::string> ServerUrl::parse(std::string_view text) {
  const auto fail = [&](std::string_view why) {
    return std::unexpected(
        fmt::format("\"{}\" is no address of a server: {}; write it like http://127.0.0.1:8080 or "
                    "https://meet.example.org.",
                    text, why));
  };
  ServerUrl url;
  const size_t scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos)
    return fail("it doesn't begin with http:// or https://");
  if (scheme != "http" && scheme != "https" && scheme != "ws" && scheme != "wss")
    return fail("it doesn't begin with http:// or https://");
  url.secure = scheme == "https" || scheme == "wss";
  std::string_view rest = text.substr(scheme_end + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos)
    return fail("only a host and a port may follow the scheme");
  const size_t bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;
  if (rest.starts_with('[') && bracket == std::string_view::npos) return fail("a ] is missing");
  const bool bracketed = bracket != std::string_view::npos;
  const size_t colon = rest.find(':', bracketed ? bracket : 0);
  url.host = bracketed ? rest.substr(1, bracket - 1) : rest.substr(0, colon);
  url.port = usual_port(url.secure);
  if (url.host.empty()) return fail("the host is missing");
  if (bracketed && colon == std::string_view::npos && bracket + 1 != rest.size())
    return fail("only a port may follow the ]");
  if (colon == std::string_view::npos) return url;
  const std::string_view port = rest.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc() || end != port.data() + port.size() || url.port == 0)
    return fail("the port is not a number from 1 to 65535");
  return url;
}

std::string ServerUrl::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == usual_port(secure) ? name : fmt::format("{}:{}", name, port);
}

std::string ServerUrl::to_string() const {
  return fmt::format("{}://{}", secure ? "https" : "http", authority());
}

class WebSocketClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(ControlLoop& loop, WebSocketClientOptions options, Handlers handlers)
      : context_(loop.context()),
        options_(std::move(options)),
        handlers_(std::move(handlers)),
        tls_(asio::ssl::context::tls_client) {}

  void start() {
    asio::co_spawn(
        context_,
        [self = shared_from_this()]() -> asio::awaitable<void> {
          std::string reason = co_await self->run();
          self->finish(std::move(reason));
        },
        asio::detached);
  }
  // The owner is gone.
  void detach() {
    detached_ = true;
    handlers_ = {};
    with_stream([](auto& ws) { beast::get_lowest_layer(ws).close(); });
  }
  void send(std::string text) {
    if (!open_ || closing_) return;
    queue_.push_back(std::move(text));
    if (queue_.size() == 1) write_next();
  }
  void close() {
    if (!open_ || closing_) return;
    closing_ = true;
    if (queue_.empty()) send_close();
  }

  SocketAddress local;
  SocketAddress remote;

 private:
  using Plain = websocket::stream<beast::tcp_stream, false>;
  using Secure = websocket::stream<beast::ssl_stream<beast::tcp_stream>, false>;

  template <typename F>
  void with_stream(F&& use) {
    if (auto* plain = std::get_if<std::unique_ptr<Plain>>(&stream_)) use(**plain);
    if (auto* secure = std::get_if<std::unique_ptr<Secure>>(&stream_)) use(**secure);
  }

  std::string cant(std::string_view what, error_code error) const {
    return fmt::format("{} {} ({}).", options_.server.to_string(), what, error.message());
  }

  // The whole life of the connection; gives why it ended.
  asio::awaitable<std::string> run() {
    error_code error;
    tcp::resolver resolver(context_);
    const auto found =
        co_await resolver.async_resolve(options_.server.host, std::to_string(options_.server.port),
                                        asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return cant("has a name that can't be resolved", error);
    beast::tcp_stream tcp_stream(context_);
    tcp_stream.expires_after(to_chrono(options_.connect_timeout));
    co_await tcp_stream.async_connect(found, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return cant("can't be reached", error);
    tcp_stream.socket().set_option(tcp::no_delay(true), error);
    local = from_asio(tcp_stream.socket().local_endpoint(error));
    remote = from_asio(tcp_stream.socket().remote_endpoint(error));
    if (!options_.server.secure) {
      auto& ws =
          *stream_.emplace<std::unique_ptr<Plain>>(std::make_unique<Plain>(std::move(tcp_stream)));
      co_return co_await talk(ws);
    }
    if (options_.verify_certificate) {
      tls_.set_default_verify_paths(error);
      tls_.set_verify_mode(asio::ssl::verify_peer, error);
      tls_.set_verify_callback(asio::ssl::host_name_verification(options_.server.host), error);
    }
    auto& ws = *stream_.emplace<std::unique_ptr<Secure>>(
        std::make_unique<Secure>(std::move(tcp_stream), tls_));
    if (!IpAddress::parse(options_.server.host))
      SSL_set_tlsext_host_name(ws.next_layer().native_handle(), options_.server.host.c_str());
    beast::get_lowest_layer(ws).expires_after(to_chrono(options_.connect_timeout));
    co_await ws.next_layer().async_handshake(asio::ssl::stream_base::client,
                                             asio::redirect_error(asio::use_awaitable, error));
    if (error)
      co_return cant("has no certificate that this machine trusts, or speaks no TLS", error);
    co_return co_await talk(ws);
  }

  template <typename Stream>
  asio::awaitable<std::string> talk(Stream& ws) {
    error_code error;
    beast::get_lowest_layer(ws).expires_never();  // the WebSocket layer has its own timer
    ws.set_option(
        websocket::stream_base::timeout{.handshake_timeout = to_chrono(options_.connect_timeout),
                                        .idle_timeout = websocket::stream_base::none(),
                                        .keep_alive_pings = false});
    ws.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, options_.subprotocol);
    }));
    ws.read_message_max(options_.max_message_bytes);
    ws.text(true);
    ws.auto_fragment(false);
    co_await ws.async_handshake(options_.server.authority(), options_.path,
                                asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return cant("answers, but not as a Parley server", error);
    if (detached_) co_return "";
    open_ = true;
    handlers_.on_open();
    beast::flat_buffer buffer;
    for (;;) {
      co_await ws.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
      if (error || detached_) break;
      const auto data = buffer.data();
      handlers_.on_message({static_cast<const char*>(data.data()), data.size()});
      buffer.consume(buffer.size());
    }
    open_ = false;
    if (error == websocket::error::closed && ws.reason().reason.size() > 0)
      co_return fmt::format("{} closed the connection ({}).", options_.server.to_string(),
                            std::string_view(ws.reason().reason.data(), ws.reason().reason.size()));
    co_return cant("closed the connection", error);
  }

  void write_next() {
    with_stream([this](auto& ws) {
      ws.async_write(
          asio::buffer(queue_.front()),
          [self = shared_from_this()](error_code error, size_t) { self->on_written(error); });
    });
  }
  void on_written(error_code error) {
    if (error) return;  // the reader sees the end too and reports it
    queue_.pop_front();
    if (!queue_.empty()) {
      write_next();
    } else if (closing_) {
      send_close();
    }
  }
  void send_close() {
    with_stream([this](auto& ws) {
      ws.async_close(websocket::close_code::normal, [self = shared_from_this()](error_code) {});
    });
  }
  void finish(std::string reason) {
    open_ = false;
    if (!detached_) handlers_.on_close(std::move(reason));
  }

  asio::io_context& context_;
  WebSocketClientOptions options_;
  Handlers handlers_;
  asio::ssl::context tls_;
  std::variant<std::monostate, std::unique_ptr<Plain>, std::unique_ptr<Secure>> stream_;
  std::deque<std::string> queue_;
  bool open_ = false;
  bool closing_ = false;
  bool detached_ = false;
};

WebSocketClient::WebSocketClient(ControlLoop& loop, WebSocketClientOptions options,
                                 Handlers handlers)
    : impl_(std::make_shared<Impl>(loop, std::move(options), std::move(handlers))) {
  impl_->start();
}

WebSocketClient::~WebSocketClient() {
  impl_->detach();
}

void WebSocketClient::send(std::string text) {
  impl_->send(std::move(text));
}

void WebSocketClient::close() {
  impl_->close();
}

SocketAddress WebSocketClient::local() const {
  return impl_->local;
}

SocketAddress WebSocketClient::remote() const {
  return impl_->remote;
}

}  // namespace parley::io
