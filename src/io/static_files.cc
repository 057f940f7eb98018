#include "io/static_files.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/check.h"

namespace parley::io {
namespace fs = std::filesystem;
namespace {

struct TypeOfExtension {
  std::string_view extension;
  std::string_view type;
  bool compressible;
};
constexpr TypeOfExtension kTypes[] = {
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".mjs", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".json", "application/json", true},
    {".map", "application/json", true},
    {".webmanifest", "application/manifest+json", true},
    {".svg", "image/svg+xml", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".wasm", "application/wasm", true},
    {".ico", "image/x-icon", true},
    {".png", "image/png", false},
    {".jpg", "image/jpeg", false},
    {".jpeg", "image/jpeg", false},
    {".webp", "image/webp", false},
    {".avif", "image/avif", false},
    {".gif", "image/gif", false},
    {".woff2", "font/woff2", false},
    {".woff", "font/woff", false},
    {".mp3", "audio/mpeg", false},
    {".ogg", "audio/ogg", false},
    {".opus", "audio/ogg", false},
    {".wav", "audio/wav", true},
    {".mp4", "video/mp4", false},
    {".webm", "video/webm", false},
    {".onnx", "application/octet-stream", true},
    {".tflite", "application/octet-stream", true},
};

const TypeOfExtension* type_of(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  for (const TypeOfExtension& t : kTypes) {
    if (equals_ignoring_case(t.extension, path.substr(dot))) return &t;
  }
  return nullptr;
}

std::string gzip(const std::string& content) {
  z_stream z{};
  // 16 + 15: the largest window with a gzip header.
  PARLEY_CHECK(deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + 15, 9, Z_DEFAULT_STRATEGY) ==
               Z_OK);
  std::string out(deflateBound(&z, content.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  PARLEY_CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

// FNV-1a, 64 bits: tells versions of one file apart; not a defence.
uint64_t fingerprint(std::string_view content) {
  uint64_t h = 0xcbf29ce484222325;
  for (const char c : content) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return h;
}

std::expected<std::string, std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in)
    return std::unexpected(fmt::format("The web client's file {} can't be read.", path.string()));
  return content;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  // Weak comparison (RFC 9110 §8.8.3.2): a proxy that compresses turns "x" into W/"x".
  return if_none_match.find(etag) != std::string_view::npos;
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
  const TypeOfExtension* type = type_of(path);
  return type != nullptr ? type->type : "application/octet-stream";
}

std::expected<StaticFiles, std::string> StaticFiles::load(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return std::unexpected(
        fmt::format("The web client's folder {} doesn't exist.", folder.string()));
  }
  StaticFiles result;
  size_t total_bytes = 0;
  for (auto i = fs::recursive_directory_iterator(folder, error);
       !error && i != fs::recursive_directory_iterator(); i.increment(error)) {
    if (!i->is_regular_file(error) || error) continue;
    total_bytes += i->file_size(error);
    if (error) break;
    if (total_bytes > kMaxTotalBytes || result.size() >= kMaxFiles) {
      return std::unexpected(fmt::format(
          "The folder {} holds more than {} files or {} MiB, so it is not the web client.",
          folder.string(), kMaxFiles, kMaxTotalBytes >> 20));
    }
    auto content = read_file(i->path());
    if (!content) return std::unexpected(content.error());
    result.add("/" + i->path().lexically_relative(folder).generic_string(), std::move(*content));
  }
  if (error) {
    return std::unexpected(fmt::format("The web client's folder {} can't be read: {}.",
                                       folder.string(), error.message()));
  }
  if (result.find("/index.html") == nullptr) {
    return std::unexpected(
        fmt::format("The web client's folder {} has no index.html.", folder.string()));
  }
  return result;
}

void StaticFiles::add(std::string path, std::string content) {
  StaticFile file;
  const TypeOfExtension* type = type_of(path);
  file.content_type = content_type_of(path);
  file.etag = fmt::format("\"{:016x}\"", fingerprint(content));
  file.immutable = path.starts_with("/assets/");
  if (type != nullptr && type->compressible && content.size() > 256) {
    std::string packed = gzip(content);
    if (packed.size() < content.size())
      file.gzip = std::make_shared<const std::string>(std::move(packed));
  }
  file.content = std::make_shared<const std::string>(std::move(content));
  files_.insert_or_assign(std::move(path), std::move(file));
}

const StaticFile* StaticFiles::find(std::string_view path) const {
  const auto i = files_.find(path);
  return i == files_.end() ? nullptr : &i->second;
}

std::optional<HttpResponse> StaticFiles::respond(const HttpRequest& request,
                                                 std::string_view path) const {
  const StaticFile* file = find(path);
  if (file == nullptr) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = HttpResponse::text(405, "Only GET and HEAD.\n");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  HttpResponse response;
  response.headers = {
      {"ETag", file->etag},
      {"Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (file->gzip) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (etag_matches(request.header("If-None-Match"), file->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", file->content_type);
  response.body = file->content;
  if (file->gzip && list_has_token(request.header("Accept-Encoding"), "gzip")) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file->gzip;
  }
  return response;
}

}  // namespace parley::io
