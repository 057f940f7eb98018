#include "io/static_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace parley::io {
namespace {
namespace fs = std::filesystem;

std::string header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

HttpRequest get(std::string_view target) {
  return {.method = "GET", .target = target};
}

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest()
      : folder_(fs::path(testing::TempDir()) / ("parley-static-" + std::to_string(getpid()))) {
    fs::create_directories(folder_ / "assets");
    write("index.html", "<!doctype html><title>Parley</title>");
    write("assets/app-1234.js", std::string(5000, 'a'));
    write("assets/logo.png", "png");
  }
  ~StaticFilesTest() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  fs::path folder_;
};

TEST_F(StaticFilesTest, ServesIndexUncachedAndAssetsForever) {
  const auto files = StaticFiles::load(folder_);
  ASSERT_TRUE(files) << files.error();
  EXPECT_EQ(files->size(), 3u);
  const auto index = files->respond(get("/"), "/index.html");
  ASSERT_TRUE(index);
  EXPECT_EQ(index->status, 200);
  EXPECT_EQ(header(*index, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(*index, "Cache-Control"), "no-cache");
  EXPECT_EQ(*index->body, "<!doctype html><title>Parley</title>");
  const auto asset = files->respond(get("/assets/app-1234.js"), "/assets/app-1234.js");
  ASSERT_TRUE(asset);
  EXPECT_EQ(header(*asset, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(*asset, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(asset->body->size(), 5000u);
}

TEST_F(StaticFilesTest, SendsGzipToThoseWhoTakeIt) {
  const auto files = StaticFiles::load(folder_);
  ASSERT_TRUE(files);
  HttpRequest request = get("/assets/app-1234.js");
  request.headers = {{"accept-encoding", "br, gzip;q=0.8"}};
  const auto packed = files->respond(request, "/assets/app-1234.js");
  EXPECT_EQ(header(*packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(*packed, "Vary"), "Accept-Encoding");
  EXPECT_LT(packed->body->size(), 100u);
  EXPECT_EQ(packed->body->substr(0, 2), "\x1f\x8b");
  request.headers = {{"Accept-Encoding", "gzip;q=0"}};
  EXPECT_EQ(header(*files->respond(request, "/assets/app-1234.js"), "Content-Encoding"), "");
}

TEST_F(StaticFilesTest, AnswersNotModifiedToTheSameVersion) {
  const auto files = StaticFiles::load(folder_);
  ASSERT_TRUE(files);
  const std::string etag = files->find("/index.html")->etag;
  HttpRequest request = get("/");
  request.headers = {{"If-None-Match", etag}};
  const auto response = files->respond(request, "/index.html");
  EXPECT_EQ(response->status, 304);
  EXPECT_EQ(response->body, nullptr);
}

TEST_F(StaticFilesTest, RefusesOtherMethodsAndUnknownPaths) {
  const auto files = StaticFiles::load(folder_);
  ASSERT_TRUE(files);
  HttpRequest post = get("/");
  post.method = "POST";
  EXPECT_EQ(files->respond(post, "/index.html")->status, 405);
  EXPECT_FALSE(files->respond(get("/../index.html"), "/../index.html"));
  EXPECT_FALSE(files->respond(get("/assets/../index.html"), "/assets/../index.html"));
}

TEST_F(StaticFilesTest, SaysWhatIsWrongWithAFolder) {
  const auto missing = StaticFiles::load(folder_ / "nothing");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find("doesn't exist"), std::string::npos);
  const auto no_index = StaticFiles::load(folder_ / "assets");
  ASSERT_FALSE(no_index);
  EXPECT_NE(no_index.error().find("has no index.html"), std::string::npos);
}

}  // namespace
}  // namespace parley::io
