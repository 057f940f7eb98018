#include "io/http_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/core/detect_ssl.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

namespace parley::io::internal {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using beast::error_code;
namespace {

using RequestMessage = http::request<http::string_body>;

std::chrono::microseconds to_chrono(TimeDelta d) {
  return std::chrono::microseconds(d.us());
}
std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

HttpRequest describe(const RequestMessage& message, const ConnectionSlot& slot) {
  HttpRequest request{.method = view(message.method_string()),
                      .target = view(message.target()),
                      .body = message.body(),
                      .headers = {},
                      .remote = slot.remote,
                      .local = slot.local,
                      .secure = slot.secure};
  for (const auto& field : message) {
    request.headers.emplace_back(view(field.name_string()), view(field.value()));
  }
  return request;
}

// A page of another site must not open our WebSocket with its visitor's address and cookies.
// Browsers always send Origin on WebSocket requests; programs send none.
bool origin_allowed(const HttpRequest& request, const HttpServerOptions& options) {
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return true;
  for (const std::string& allowed : options.allowed_origins) {
    if (equals_ignoring_case(origin, allowed)) return true;
  }
  // Scheme and port aside a proxy in front may have changed both, so only what follows "://"
  // counts.
  const size_t scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos &&
         equals_ignoring_case(origin.substr(scheme_end + 3), request.header("Host"));
}

// Null when the upgrade may go on.
std::optional<HttpResponse> refuse_upgrade(const HttpRequest& request,
                                           const HttpServerOptions& options) {
  if (!origin_allowed(request, options)) {
    return HttpResponse::text(
        403, "This page's origin may not open a WebSocket here; add it to http.allowed_origins.\n");
  }
  const std::string_view offered = request.header("Sec-WebSocket-Protocol");
  if (!list_has_token(offered, options.web_socket_subprotocol)) {
    return HttpResponse::text(400, "This WebSocket needs the subprotocol " +
                                       options.web_socket_subprotocol + "; the request offers " +
                                       (offered.empty() ? "none" : std::string(offered)) + ".\n");
  }
  return std::nullopt;
}

HttpResponse upgrade_required() {
  HttpResponse response =
      HttpResponse::text(426, "This address takes WebSocket connections only.\n");
  response.headers.emplace_back("Upgrade", "websocket");
  return response;
}

HttpResponse bad_request(error_code error) {
  if (error == http::error::header_limit)
    return HttpResponse::text(431, "The request's headers are too long.\n");
  if (error == http::error::body_limit)
    return HttpResponse::text(413, "The request's body is too long.\n");
  return HttpResponse::text(400, "This is not an HTTP/1.1 request that can be read.\n");
}

bool is_http_error(error_code error) {
  return error.category() == make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

// What came in plain on a TLS port: a person typed http:// for https://.
HttpResponse redirect_to_https(const HttpRequest& request) {
  const std::string_view host = request.header("Host");
  const bool plain = !host.empty() && host.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789.-:[]") == std::string_view::npos;
  if (!plain || request.target.empty() || request.target.front() != '/') {
    return HttpResponse::text(400, "This port speaks HTTPS only.\n");
  }
  HttpResponse response = HttpResponse::text(301, "This port speaks HTTPS only.\n");
  response.headers.emplace_back("Location",
                                "https://" + std::string(host) + std::string(request.target));
  return response;
}

template <class Stream>
asio::awaitable<bool> write_response(Stream& stream, const HttpResponse& answer, bool head,
                                     bool keep_alive, const HttpServerOptions& options) {
  static const std::string kEmpty;
  const std::string& body = answer.body ? *answer.body : kEmpty;
  http::response<http::span_body<const char>> message;
  message.version(11);
  message.result(static_cast<unsigned>(answer.status));
  for (const auto& [name, value] : answer.headers) message.insert(name, value);
  message.keep_alive(keep_alive);
  if (answer.status != 304 && answer.status != 204) message.content_length(body.size());
  if (!head) message.body() = {body.data(), body.size()};
  beast::get_lowest_layer(stream).expires_after(to_chrono(options.response_timeout));
  error_code error;
  http::response_serializer<http::span_body<const char>> serializer(message);
  co_await http::async_write(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

template <class Stream>
class WebSocketSession final : public WebSocketConnection,
                               public std::enable_shared_from_this<WebSocketSession<Stream>> {
 public:
  WebSocketSession(Stream stream, std::shared_ptr<ConnectionSlot> slot)
      : ws_(std::move(stream)),
        slot_(std::move(slot)),
        host_(slot_->host),
        close_timer_(ws_.get_executor()) {}

  // From the upgrade to the end of the connection.
  asio::awaitable<void> run(RequestMessage message) {
    const auto self = this->shared_from_this();
    slot_->idle = false;
    slot_->abort = [weak = this->weak_from_this()] {
      if (const auto session = weak.lock()) session->drop(CloseReason::kClosedByUs);
    };
    configure();
    error_code error;
    co_await ws_.async_accept(message, asio::redirect_error(asio::use_awaitable, error));
    if (error || host_->handler() == nullptr) co_return;
    id_ = host_->add(*this);
    ++host_->counters().web_sockets_opened;
    host_->handler()->on_open(id_, describe(message, *slot_));
    if (host_->stopping()) close(1001, "stopping");
    co_await read_messages();
    open_ = false;
    host_->remove(id_);
    if (host_->handler() != nullptr)
      host_->handler()->on_close(id_, reason_.value_or(CloseReason::kConnectionLost));
  }

  void send(std::shared_ptr<const std::string> text) override {
    if (!open_ || closing_) return;
    if (queued_bytes_ + text->size() > host_->options().max_queued_bytes) {
      drop(CloseReason::kTooSlow);
      return;
    }
    queued_bytes_ += text->size();
    queue_.push_back(std::move(text));
    if (queue_.size() == 1) write_next();
  }

  void close(uint16_t code, std::string reason) override {
    if (!open_ || closing_) return;
    closing_ = true;
    // A close frame's reason is at most 123 bytes (RFC 6455 §5.5).
    close_reason_ = websocket::close_reason(static_cast<websocket::close_code>(code),
                                            beast::string_view(reason).substr(0, 120));
    if (queue_.empty()) {
      send_close();
      return;
    }
    // Who keeps talking but never reads would otherwise stay for good.
    close_timer_.expires_after(to_chrono(host_->options().close_timeout));
    close_timer_.async_wait([weak = this->weak_from_this()](error_code error) {
      const auto session = weak.lock();
      if (!error && session && !session->queue_.empty()) session->drop(CloseReason::kTooSlow);
    });
  }

 private:
  void configure() {
    const HttpServerOptions& options = host_->options();
    beast::get_lowest_layer(ws_).expires_never();  // the WebSocket layer has its own timer
    ws_.set_option(
        websocket::stream_base::timeout{.handshake_timeout = to_chrono(options.handshake_timeout),
                                        .idle_timeout = to_chrono(options.web_socket_timeout),
                                        .keep_alive_pings = true});
    ws_.set_option(websocket::stream_base::decorator(
        [protocol = options.web_socket_subprotocol](websocket::response_type& response) {
          response.set(http::field::sec_websocket_protocol, protocol);
        }));
    ws_.read_message_max(options.max_message_bytes);
    ws_.text(true);
    ws_.auto_fragment(false);
  }

  asio::awaitable<void> read_messages() {
    beast::flat_buffer buffer;
    for (;;) {
      error_code error;
      co_await ws_.async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        note_end(error);
        co_return;
      }
      if (!ws_.got_text()) {
        reason_ = CloseReason::kBadMessage;
        close(1003, "text messages only");
      } else if (!closing_ && host_->handler() != nullptr) {
        ++host_->counters().messages_received;
        const auto data = buffer.data();
        host_->handler()->on_message(id_, {static_cast<const char*>(data.data()), data.size()});
      }
      buffer.consume(buffer.size());
      // One large message must not pin its memory for the life of the connection.
      if (buffer.capacity() > kKeptBufferBytes) buffer.shrink_to_fit();
    }
  }

  void write_next() {
    ws_.async_write(
        asio::buffer(*queue_.front()),
        [self = this->shared_from_this()](error_code error, size_t) { self->on_written(error); });
  }

  void on_written(error_code error) {
    if (error) return;  // the reader sees the end too and reports it
    ++host_->counters().messages_sent;
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    if (!queue_.empty()) {
      write_next();
    } else if (closing_) {
      send_close();
    }
  }

  void send_close() {
    if (!reason_) reason_ = CloseReason::kClosedByUs;
    ws_.async_close(close_reason_, [self = this->shared_from_this()](error_code) {});
  }

  // Ends the connection without a word.
  void drop(CloseReason reason) {
    if (reason == CloseReason::kTooSlow) ++host_->counters().web_sockets_too_slow;
    if (!reason_) reason_ = reason;
    closing_ = true;
    beast::get_lowest_layer(ws_).close();
  }

  void note_end(error_code error) {
    if (reason_) return;
    if (error == websocket::error::closed || error == asio::error::eof) {
      reason_ = CloseReason::kClosedByPeer;
    } else if (error == beast::error::timeout) {
      reason_ = CloseReason::kTimeout;
    } else if (error.category() == make_error_code(websocket::error::closed).category()) {
      reason_ = CloseReason::kBadMessage;
    } else {
      reason_ = CloseReason::kConnectionLost;
    }
  }

  static constexpr size_t kKeptBufferBytes = 16 * 1024;

  websocket::stream<Stream, false> ws_;  // false: no permessage-deflate
  std::shared_ptr<ConnectionSlot> slot_;
  std::shared_ptr<ConnectionHost> host_;
  ConnectionId id_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  size_t queued_bytes_ = 0;
  bool open_ = true;
  bool closing_ = false;
  websocket::close_reason close_reason_;
  asio::steady_timer close_timer_;
  std::optional<CloseReason> reason_;
};

// Requests until the client or a limit ends it. True: a WebSocket was asked for and may be had; the
// request is in `upgrade`.
template <class Stream>
asio::awaitable<bool> serve_requests(Stream& stream, beast::flat_buffer& buffer,
                                     ConnectionSlot& slot, RequestMessage& upgrade,
                                     bool only_redirect) {
  ConnectionHost& host = *slot.host;
  const HttpServerOptions& options = host.options();
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<uint32_t>(options.max_header_bytes));
    parser.body_limit(options.max_body_bytes);
    beast::get_lowest_layer(stream).expires_after(to_chrono(options.request_timeout));
    error_code error;
    slot.idle = true;
    co_await http::async_read(stream, buffer, parser,
                              asio::redirect_error(asio::use_awaitable, error));
    if (host.handler() == nullptr) co_return false;
    slot.idle = false;
    if (error) {
      if (is_http_error(error)) {
        ++host.counters().bad_requests;
        co_await write_response(stream, bad_request(error), false, false, options);
      }
      co_return false;
    }
    ++host.counters().requests;
    RequestMessage message = parser.release();
    HttpResponse answer;
    {
      const HttpRequest request = describe(message, slot);
      if (only_redirect) {
        answer = redirect_to_https(request);
      } else if (request.path() != options.web_socket_path) {
        answer = host.handler()->on_request(request);
      } else if (!websocket::is_upgrade(message)) {
        answer = upgrade_required();
      } else if (auto refusal = refuse_upgrade(request, options)) {
        ++host.counters().bad_requests;
        answer = std::move(*refusal);
      } else {
        upgrade = std::move(message);
        co_return true;
      }
    }
    const bool keep_alive = message.keep_alive() && !host.stopping() && !only_redirect;
    const bool head = message.method() == http::verb::head;
    const bool written = co_await write_response(stream, answer, head, keep_alive, options);
    if (!written || !keep_alive) co_return false;
  }
}

template <class Stream>
asio::awaitable<void> run_web_socket(Stream stream, RequestMessage upgrade,
                                     std::shared_ptr<ConnectionSlot> slot) {
  const auto session =
      std::make_shared<WebSocketSession<Stream>>(std::move(stream), std::move(slot));
  co_await session->run(std::move(upgrade));
}

}  // namespace

ConnectionSlot::ConnectionSlot(std::shared_ptr<ConnectionHost> owner, const SocketAddress& peer)
    : host(std::move(owner)), remote(peer) {
  host->enter(*this);
}

ConnectionSlot::~ConnectionSlot() {
  host->leave(*this);
}

asio::awaitable<void> serve_plain(beast::tcp_stream stream, std::shared_ptr<ConnectionSlot> slot) {
  slot->abort = [&stream] { stream.close(); };
  beast::flat_buffer buffer;
  RequestMessage upgrade;
  const bool upgraded = co_await serve_requests(stream, buffer, *slot, upgrade, false);
  slot->abort = nullptr;
  if (upgraded) {
    co_await run_web_socket(std::move(stream), std::move(upgrade), std::move(slot));
    co_return;
  }
  error_code ignored;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> serve_tls(beast::tcp_stream stream, std::shared_ptr<asio::ssl::context> tls,
                                std::shared_ptr<ConnectionSlot> slot) {
  const HttpServerOptions& options = slot->host->options();
  beast::ssl_stream<beast::tcp_stream> secure(std::move(stream), *tls);
  beast::tcp_stream& lowest = beast::get_lowest_layer(secure);
  slot->abort = [&lowest] { lowest.close(); };
  beast::flat_buffer buffer;
  RequestMessage upgrade;
  error_code error;
  lowest.expires_after(to_chrono(options.handshake_timeout));
  const bool is_tls = co_await beast::async_detect_ssl(
      lowest, buffer, asio::redirect_error(asio::use_awaitable, error));
  if (!error && !is_tls) {
    co_await serve_requests(lowest, buffer, *slot, upgrade, true);
    slot->abort = nullptr;
    co_return;
  }
  if (!error) {
    const size_t used =
        co_await secure.async_handshake(asio::ssl::stream_base::server, buffer.data(),
                                        asio::redirect_error(asio::use_awaitable, error));
    buffer.consume(used);
  }
  if (error) {
    ++slot->host->counters().tls_failures;
    slot->abort = nullptr;
    co_return;
  }
  slot->secure = true;
  const bool upgraded = co_await serve_requests(secure, buffer, *slot, upgrade, false);
  slot->abort = nullptr;
  if (upgraded) {
    co_await run_web_socket(std::move(secure), std::move(upgrade), std::move(slot));
    co_return;
  }
  // Says that nothing was cut off (close_notify); the client need not answer.
  slot->abort = [&lowest] { lowest.close(); };
  lowest.expires_after(to_chrono(options.handshake_timeout));
  co_await secure.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  slot->abort = nullptr;
}

}  // namespace parley::io::internal
