// The built web client, held in memory.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "io/http_message.h"

namespace parley::io {

struct StaticFile {
  std::string content_type;
  std::string etag;        // quoted; of the content
  bool immutable = false;  // its name changes with its content
  std::shared_ptr<const std::string> content;
  std::shared_ptr<const std::string> gzip;  // null when it wouldn't be smaller
};

// Read once at start; a request is a look-up in a map, so no path can lead out of the folder and no
// request waits for a disk.
class StaticFiles {
 public:
  // Far above any web client; keeps a wrong folder (say, "/") from being read into memory.
  static constexpr size_t kMaxFiles = 4096;
  static constexpr size_t kMaxTotalBytes = 256 << 20;

  StaticFiles() = default;

  // Every regular file below `folder`, which must hold an index.html. The error is one sentence.
  // Files below assets/ are immutable.
  static std::expected<StaticFiles, std::string> load(const std::filesystem::path& folder);

  // Adds or replaces one file under its URL path ("/index.html").
  void add(std::string path, std::string content);

  // Null when there is none. `path` as in the URL, not percent-decoded: the client's build uses
  // plain names only.
  const StaticFile* find(std::string_view path) const;

  // Answers GET and HEAD for `path` (which may differ from the request's): 200, 304 by
  // If-None-Match, 405 for another method; nullopt when there is no such file.
  std::optional<HttpResponse> respond(const HttpRequest& request, std::string_view path) const;

  size_t size() const { return files_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, StaticFile, Hash, std::equal_to<>> files_;
};

// "text/html; charset=utf-8" for ".html" and so on; "application/octet-stream" for what isn't
// known.
std::string_view content_type_of(std::string_view path);

}  // namespace parley::io
