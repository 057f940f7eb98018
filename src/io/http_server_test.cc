#include "io/http_server.h"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <future>
#include <mutex>
#include <string>
#include <thread>

#include "io/certificate_file.h"
#include "io/clock.h"

namespace parley::io {
namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

// Answers every request with its own description and every message with itself.
class EchoHandler final : public HttpHandler {
 public:
  HttpResponse on_request(const HttpRequest& request) override {
    if (request.path() == "/empty") return {.status = 204, .headers = {}, .body = nullptr};
    return HttpResponse::text(200, std::string(request.method) + " " + std::string(request.target) +
                                       (request.secure ? " secure" : " plain") + " " +
                                       std::string(request.body));
  }
  void on_open(ConnectionId id, const HttpRequest& request) override {
    opened = id;
    target = request.target;
  }
  void on_message(ConnectionId id, std::string_view text) override {
    if (text == "flood") {
      for (int i = 0; i < 100; ++i) server->send(id, std::string(100'000, 'x'));
    } else if (text == "flood and close me") {
      const auto shared = std::make_shared<const std::string>(100'000, 'x');
      for (int i = 0; i < 200; ++i) server->send(id, shared);
      server->close(id, 4001, "as you wish");
    } else if (text == "close me") {
      server->send(id, "last words");
      server->close(id, 4001, "as you wish");
    } else {
      server->send(id, std::string(text));
    }
  }
  void on_close(ConnectionId, CloseReason reason) override { closed.set_value(reason); }

  HttpServer* server = nullptr;
  ConnectionId opened;
  std::string target;
  std::promise<CloseReason> closed;
};

class HttpServerTest : public testing::Test {
 protected:
  ~HttpServerTest() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    server_.reset();
  }

  void start(HttpServerOptions options = {}) {
    options.web_socket_path = "/ws";
    options.web_socket_subprotocol = "parley.v1";
    server_.emplace(loop_, handler_, options);
    handler_.server = &*server_;
    const ServerCertificate made = make_self_signed({}, wall_clock_ms() / 1000);
    const SocketAddress any_port{IpAddress::v4(127, 0, 0, 1), 0};
    const auto plain = server_->listen(any_port);
    const auto tls = server_->listen(any_port, TlsConfig{made.certificate_pem, made.key_pem});
    ASSERT_TRUE(plain && tls);
    plain_port_ = plain->port;
    tls_port_ = tls->port;
    thread_ = std::thread([this] { loop_.run(); });
  }

  tcp::socket connect(uint16_t port) {
    tcp::socket socket(client_);
    socket.connect({asio::ip::address_v4::loopback(), port});
    return socket;
  }

  // Sends `raw` on a new plain connection and gives the whole answer, to the end of the stream.
  std::string exchange(const std::string& raw, uint16_t port) {
    tcp::socket socket = connect(port);
    error_code error;
    asio::write(socket, asio::buffer(raw), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }

  static http::response<http::string_body> upgrade_refusal(
      tcp::socket socket, const std::function<void(websocket::request_type&)>& set) {
    websocket::stream<tcp::socket> ws(std::move(socket));
    ws.set_option(websocket::stream_base::decorator(set));
    http::response<http::string_body> response;
    error_code error;
    ws.handshake(response, "localhost", "/ws", error);
    EXPECT_TRUE(error);
    return response;
  }

  static void offer_protocol(websocket::request_type& request) {
    request.set(http::field::sec_websocket_protocol, "other, parley.v1");
  }

  CloseReason wait_closed() {
    auto future = handler_.closed.get_future();
    EXPECT_EQ(future.wait_for(std::chrono::seconds(5)), std::future_status::ready);
    return future.get();
  }

  ControlLoop loop_;
  EchoHandler handler_;
  std::optional<HttpServer> server_;
  std::thread thread_;
  asio::io_context client_;
  uint16_t plain_port_ = 0;
  uint16_t tls_port_ = 0;
};

template <class Stream>
std::string read_text(websocket::stream<Stream>& ws) {
  beast::flat_buffer buffer;
  ws.read(buffer);
  return beast::buffers_to_string(buffer.data());
}

TEST_F(HttpServerTest, AnswersSeveralRequestsOnOneConnection) {
  start();
  const std::string answer = exchange(
      "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /empty HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      plain_port_);
  EXPECT_NE(answer.find("GET /a?b=c plain "), std::string::npos) << answer;
  EXPECT_NE(answer.find("POST /p plain hello"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("HEAD /h"), std::string::npos) << answer;
  EXPECT_NE(answer.find("HTTP/1.1 204"), std::string::npos) << answer;
}

TEST_F(HttpServerTest, ServesTlsWithTheNegotiatedProtocol) {
  start();
  asio::ssl::context context(asio::ssl::context::tls_client);
  beast::ssl_stream<tcp::socket> stream(connect(tls_port_), context);
  const unsigned char protocols[] = "\x02h2\x08http/1.1";
  SSL_set_alpn_protos(stream.native_handle(), protocols, sizeof protocols - 1);
  stream.handshake(asio::ssl::stream_base::client);
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(stream.native_handle(), &chosen, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
  http::request<http::empty_body> request(http::verb::get, "/x", 11);
  http::write(stream, request);
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(stream, buffer, response);
  EXPECT_EQ(response.body(), "GET /x secure ");
}

TEST_F(HttpServerTest, RefusesTls11) {
  start();
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_1_VERSION);
  beast::ssl_stream<tcp::socket> stream(connect(tls_port_), context);
  error_code error;
  stream.handshake(asio::ssl::stream_base::client, error);
  EXPECT_TRUE(error);
}

TEST_F(HttpServerTest, SendsPlainRequestsOnTheTlsPortToHttps) {
  start();
  const std::string answer =
      exchange("GET /r/blue-fox HTTP/1.1\r\nHost: meet.example:8443\r\n\r\n", tls_port_);
  EXPECT_NE(answer.find("HTTP/1.1 301"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Location: https://meet.example:8443/r/blue-fox\r\n"), std::string::npos)
      << answer;
}

TEST_F(HttpServerTest, UsesAReplacedCertificateForNewConnections) {
  start();
  const ServerCertificate second = make_self_signed({}, wall_clock_ms() / 1000);
  std::promise<bool> replaced;
  loop_.post([&] {
    const bool refused = !server_->replace_certificate({second.certificate_pem, "nonsense"});
    replaced.set_value(
        refused &&
        server_->replace_certificate({second.certificate_pem, second.key_pem}).has_value());
  });
  ASSERT_TRUE(replaced.get_future().get());
  asio::ssl::context context(asio::ssl::context::tls_client);
  beast::ssl_stream<tcp::socket> stream(connect(tls_port_), context);
  stream.handshake(asio::ssl::stream_base::client);
  X509* shown = SSL_get1_peer_certificate(stream.native_handle());
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, shown);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  EXPECT_EQ(std::string(data, static_cast<size_t>(length)), second.certificate_pem);
  BIO_free(bio);
  X509_free(shown);
}

TEST_F(HttpServerTest, RefusesWhatIsTooLongOrNoHttp) {
  start({.max_header_bytes = 2000, .max_body_bytes = 1000});
  EXPECT_NE(exchange("GET / HTTP/1.1\r\nX: " + std::string(3000, 'x') + "\r\n\r\n", plain_port_)
                .find("HTTP/1.1 431"),
            std::string::npos);
  EXPECT_NE(
      exchange("POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n", plain_port_).find("HTTP/1.1 413"),
      std::string::npos);
  EXPECT_NE(exchange("\x01\x02\x03 what?\r\n\r\n", plain_port_).find("HTTP/1.1 400"),
            std::string::npos);
}

TEST_F(HttpServerTest, ClosesIdleAndSlowConnections) {
  start({.request_timeout = TimeDelta::millis(50)});
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHo", plain_port_), "");
}

TEST_F(HttpServerTest, LimitsConnectionsPerAddress) {
  start({.max_connections_per_ip = 2, .limit_loopback = true});
  const tcp::socket first = connect(plain_port_);
  const tcp::socket second = connect(plain_port_);
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", plain_port_), "");
}

TEST_F(HttpServerTest, LimitsConnectionsInAll) {
  start({.max_connections = 1});
  {
    const tcp::socket first = connect(plain_port_);
    EXPECT_EQ(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", plain_port_), "");
  }
  std::string answer;  // the place is free again once the server has noticed
  for (int i = 0; i < 1000 && answer.empty(); ++i) {
    answer = exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", plain_port_);
  }
  EXPECT_NE(answer.find("HTTP/1.1 200"), std::string::npos);
}

TEST_F(HttpServerTest, CarriesMessagesBothWays) {
  start();
  websocket::stream<tcp::socket> ws(connect(plain_port_));
  ws.set_option(websocket::stream_base::decorator(offer_protocol));
  http::response<http::string_body> response;
  ws.handshake(response, "localhost", "/ws?x=1");
  EXPECT_EQ(response[http::field::sec_websocket_protocol], "parley.v1");
  ws.write(asio::buffer(std::string("{\"type\":\"ping\"}")));
  EXPECT_EQ(read_text(ws), "{\"type\":\"ping\"}");
  const std::string large(200'000, 'y');
  ws.write(asio::buffer(large));
  EXPECT_EQ(read_text(ws), large);
  EXPECT_EQ(handler_.target, "/ws?x=1");
  ws.close(websocket::close_code::normal);
  EXPECT_EQ(wait_closed(), CloseReason::kClosedByPeer);
}

TEST_F(HttpServerTest, CarriesMessagesOverTls) {
  start();
  asio::ssl::context context(asio::ssl::context::tls_client);
  websocket::stream<beast::ssl_stream<tcp::socket>> ws(connect(tls_port_), context);
  ws.next_layer().handshake(asio::ssl::stream_base::client);
  ws.set_option(websocket::stream_base::decorator(offer_protocol));
  ws.handshake("localhost", "/ws");
  ws.write(asio::buffer(std::string("hi")));
  EXPECT_EQ(read_text(ws), "hi");
}

TEST_F(HttpServerTest, ClosesWithCodeAfterWhatWasQueued) {
  start();
  websocket::stream<tcp::socket> ws(connect(plain_port_));
  ws.set_option(websocket::stream_base::decorator(offer_protocol));
  ws.handshake("localhost", "/ws");
  ws.write(asio::buffer(std::string("close me")));
  EXPECT_EQ(read_text(ws), "last words");
  beast::flat_buffer buffer;
  error_code error;
  ws.read(buffer, error);
  EXPECT_EQ(error, websocket::error::closed);
  EXPECT_EQ(ws.reason().code, 4001);
  EXPECT_EQ(ws.reason().reason, "as you wish");
  EXPECT_EQ(wait_closed(), CloseReason::kClosedByUs);
}

TEST_F(HttpServerTest, RefusesAWebSocketWithoutTheSubprotocol) {
  start();
  const auto response = upgrade_refusal(connect(plain_port_), [](websocket::request_type& request) {
    request.set(http::field::sec_websocket_protocol, "parley.v9");
  });
  EXPECT_EQ(response.result_int(), 400u);
  EXPECT_EQ(response.body(),
            "This WebSocket needs the subprotocol parley.v1; the request offers parley.v9.\n");
  EXPECT_NE(exchange("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", plain_port_)
                .find("HTTP/1.1 426"),
            std::string::npos);
}

TEST_F(HttpServerTest, RefusesPagesOfOtherSites) {
  start({.allowed_origins = {"https://friend.example"}});
  const auto with_origin = [](const std::string& origin) {
    return [origin](websocket::request_type& request) {
      offer_protocol(request);
      request.set(http::field::origin, origin);
    };
  };
  EXPECT_EQ(upgrade_refusal(connect(plain_port_), with_origin("https://evil.example")).result_int(),
            403u);
  EXPECT_EQ(upgrade_refusal(connect(plain_port_), with_origin("null")).result_int(), 403u);
  for (const char* origin : {"http://localhost", "https://friend.example"}) {
    websocket::stream<tcp::socket> ws(connect(plain_port_));
    ws.set_option(websocket::stream_base::decorator(with_origin(origin)));
    error_code error;
    ws.handshake("localhost", "/ws", error);
    EXPECT_FALSE(error) << origin;
    handler_.closed = {};
    ws.close(websocket::close_code::normal);
    wait_closed();
  }
}

TEST_F(HttpServerTest, DropsAReceiverThatDoesNotRead) {
  start();
  websocket::stream<tcp::socket> ws(connect(plain_port_));
  ws.set_option(websocket::stream_base::decorator(offer_protocol));
  ws.handshake("localhost", "/ws");
  ws.write(asio::buffer(std::string("flood")));
  EXPECT_EQ(wait_closed(), CloseReason::kTooSlow);
  EXPECT_EQ(handler_.server->counters().web_sockets_too_slow, 1u);
}

TEST_F(HttpServerTest, DropsAReceiverThatIsToldToGoAndDoesNotRead) {
  start({.max_queued_bytes = 100'000'000, .close_timeout = TimeDelta::millis(100)});
  websocket::stream<tcp::socket> ws(connect(plain_port_));
  ws.set_option(websocket::stream_base::decorator(offer_protocol));
  ws.handshake("localhost", "/ws");
  ws.write(asio::buffer(std::string("flood and close me")));
  EXPECT_EQ(wait_closed(), CloseReason::kTooSlow);
  EXPECT_EQ(handler_.server->counters().web_sockets_too_slow, 1u);
}

TEST_F(HttpServerTest, RefusesMessagesThatAreTooLongOrBinary) {
  start({.max_message_bytes = 1000});
  for (const bool binary : {false, true}) {
    handler_.closed = {};
    websocket::stream<tcp::socket> ws(connect(plain_port_));
    ws.set_option(websocket::stream_base::decorator(offer_protocol));
    ws.handshake("localhost", "/ws");
    ws.binary(binary);
    ws.write(asio::buffer(std::string(binary ? 10 : 2000, 'x')));
    beast::flat_buffer buffer;
    error_code error;
    ws.read(buffer, error);
    EXPECT_TRUE(error);
    EXPECT_EQ(ws.reason().code, binary ? 1003 : 1009);
    EXPECT_EQ(wait_closed(), CloseReason::kBadMessage);
  }
}

TEST_F(HttpServerTest, StopsWithAWordToEveryone) {
  start();
  const tcp::socket idle = connect(plain_port_);
  websocket::stream<tcp::socket> ws(connect(plain_port_));
  ws.set_option(websocket::stream_base::decorator(offer_protocol));
  ws.handshake("localhost", "/ws");
  ws.write(asio::buffer(std::string("hi")));
  EXPECT_EQ(read_text(ws), "hi");
  std::promise<void> stopped;
  loop_.post(
      [&] { server_->stop(TimeDelta::seconds(10), "restarting", [&] { stopped.set_value(); }); });
  beast::flat_buffer buffer;
  error_code error;
  ws.read(buffer, error);
  EXPECT_EQ(ws.reason().code, 1001);
  EXPECT_EQ(ws.reason().reason, "restarting");
  EXPECT_EQ(stopped.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  tcp::socket late(client_);
  late.connect({asio::ip::address_v4::loopback(), plain_port_}, error);
  EXPECT_TRUE(error);
}

TEST_F(HttpServerTest, SaysThatAPortIsTaken) {
  start();
  std::promise<std::string> error;
  loop_.post([&] {
    const auto second = server_->listen({IpAddress::v4(127, 0, 0, 1), plain_port_});
    error.set_value(second ? "bound" : second.error());
  });
  EXPECT_EQ(error.get_future().get(), "Address already in use");
}

TEST(HttpMessageTest, FindsTokensInLists) {
  EXPECT_TRUE(list_has_token("a, Gzip;q=0.5", "gzip"));
  EXPECT_FALSE(list_has_token("gzip;q=0.0", "gzip"));
  EXPECT_FALSE(list_has_token("xgzip", "gzip"));
  EXPECT_FALSE(list_has_token("", "gzip"));
}

}  // namespace
}  // namespace parley::io
