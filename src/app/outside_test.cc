// What people and other programs read: log lines, the greeting, pages, metrics.
#include <gtest/gtest.h>

#include "app/banner.h"
#include "app/log.h"
#include "app/metrics.h"
#include "app/web_routes.h"

namespace parley::app {
namespace {

TEST(LogTest, WritesFieldsAsTextAndAsJson) {
  const LogFields fields = {{"port", 3478},
                            {"name", "two words"},
                            {"ok", true},
                            {"remote", IpAddress::v4(192, 0, 2, 77)}};
  EXPECT_EQ(format_log_line(LogFormat::kText, LogLevel::kInfo, "T", "port open", fields),
            "T info    port open port=3478 name=\"two words\" ok=true remote=192.0.2.0/24");
  EXPECT_EQ(
      format_log_line(LogFormat::kJson, LogLevel::kWarning, "T", "port open", fields),
      R"({"time":"T","level":"warning","message":"port open","port":3478,"name":"two words","ok":true,)"
      R"("remote":"192.0.2.0/24"})");
}

TEST(LogTest, LetsNoControlCharacterOrBrokenTextThrough) {
  const std::string evil = "a\nb\x1b[31m\xff";
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::string line = format_log_line(format, LogLevel::kInfo, "T", "m", {{"name", evil}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_EQ(line.find('\xff'), std::string::npos);
  }
}

TEST(LogTest, ShortensIpv6AddressesToTheirNetwork) {
  const std::string line = format_log_line(LogFormat::kText, LogLevel::kInfo, "T", "m",
                                           {{"remote", *IpAddress::parse("2001:db8:1:2:3:4:5:6")}});
  EXPECT_EQ(line, "T info    m remote=2001:db8:1::/48");
}

TEST(BannerTest, ReadyLineHasUsableAddresses) {
  EXPECT_EQ(ready_line({.http = SocketAddress{IpAddress::v4(127, 0, 0, 1), 8080},
                        .https = SocketAddress{IpAddress(), 8443},
                        .media_port = 3478}),
            "ready http=http://127.0.0.1:8080 https=https://127.0.0.1:8443 media=3478");
  EXPECT_EQ(ready_line({.http = std::nullopt,
                        .https = SocketAddress{*IpAddress::parse("::1"), 443},
                        .media_port = 1}),
            "ready http=off https=https://[::1] media=1");
}

TEST(BannerTest, GreetingListsAddressesAndDrawsACodeOnATerminalOnly) {
  const std::vector<io::InterfaceAddress> interfaces = {
      {.name = "lo", .ip = IpAddress::v4(127, 0, 0, 1), .loopback = true},
      {.name = "eth0", .ip = IpAddress::v4(192, 168, 1, 5)}};
  const ServingAt at{.http = SocketAddress{IpAddress::v4(127, 0, 0, 1), 8080},
                     .https = SocketAddress{IpAddress(), 8443},
                     .media_port = 3478,
                     .self_signed = true};
  const std::string plain = greeting(at, interfaces, false);
  EXPECT_NE(plain.find("http://localhost:8080\n"), std::string::npos);
  EXPECT_NE(plain.find("https://192.168.1.5:8443\n"), std::string::npos);
  EXPECT_EQ(plain.find("https://127.0.0.1"), std::string::npos);
  EXPECT_EQ(plain.find("█"), std::string::npos);
  EXPECT_NE(greeting(at, interfaces, true).find("█"), std::string::npos);
}

class WebRoutesTest : public testing::Test {
 protected:
  WebRoutesTest()
      : routes_(make_files(),
                {.ready = [this] { return ready_; }, .metrics = [] { return "m 1\n"; }}) {}
  static io::StaticFiles make_files() {
    io::StaticFiles files;
    files.add("/index.html", "the client");
    files.add("/assets/app.js", "code");
    return files;
  }
  io::HttpResponse get(std::string_view target) {
    return routes_.handle_request({.method = "GET", .target = target});
  }
  static std::string header(const io::HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }
  bool ready_ = true;
  WebRoutes routes_;
};

TEST_F(WebRoutesTest, ServesTheClientAtTheRootAndInRooms) {
  for (const char* target :
       {"/", "/?x=1", "/r/blue-fox", "/r/blue-fox?name=Ana", "/r/NOT%20a%20name"}) {
    EXPECT_EQ(get(target).status, 200) << target;
    EXPECT_EQ(*get(target).body, "the client") << target;
  }
  EXPECT_EQ(*get("/assets/app.js").body, "code");
}

TEST_F(WebRoutesTest, AnswersUnknownPathsWithJson) {
  for (const char* target :
       {"/api/v1/rooms", "/r/", "/r/a/b", "/assets/none.js", "/../etc/passwd", "*", ""}) {
    const auto response = get(target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(header(response, "Content-Type"), "application/json") << target;
  }
}

TEST_F(WebRoutesTest, TellsHealthReadinessAndMetrics) {
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  ready_ = false;
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(*get("/metrics").body, "m 1\n");
}

TEST_F(WebRoutesTest, KeepsBrowsersStrictOnEveryAnswer) {
  for (const char* target : {"/", "/nothing", "/metrics"}) {
    const auto response = get(target);
    EXPECT_TRUE(header(response, "Content-Security-Policy").starts_with("default-src 'self'; "))
        << target;
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_NE(header(response, "Permissions-Policy").find("display-capture=(self)"),
              std::string::npos);
    EXPECT_EQ(header(response, "Strict-Transport-Security"), "");
  }
  const WebRoutes trusted(make_files(), {.ready = {}, .metrics = {}, .trusted_certificate = true});
  io::HttpRequest request{.method = "GET", .target = "/"};
  EXPECT_EQ(header(trusted.handle_request(request), "Strict-Transport-Security"), "");
  request.secure = true;
  EXPECT_EQ(header(trusted.handle_request(request), "Strict-Transport-Security"),
            "max-age=31536000");
}

TEST_F(WebRoutesTest, SaysHowToGetAMissingClient) {
  const WebRoutes bare({}, {.ready = {}, .metrics = {}});
  EXPECT_NE(bare.handle_request({.method = "GET", .target = "/"}).body->find("npm run build"),
            std::string::npos);
}

TEST(MetricsPageTest, GroupsValuesOfOneName) {
  MetricsPage page;
  page.gauge("a", "First.", {{"k", "x\"y"}}, 1);
  page.counter("b_total", "Second.", {}, 3);
  page.gauge("a", "First.", {{"k", "z"}}, 2.5);
  EXPECT_EQ(page.text(),
            "# HELP a First.\n# TYPE a gauge\na{k=\"x\\\"y\"} 1\na{k=\"z\"} 2.5\n"
            "# HELP b_total Second.\n# TYPE b_total counter\nb_total 3\n");
}

}  // namespace
}  // namespace parley::app
