// Reading members of JSON objects with the checks of the protocol, and without the JSON library in
// the header. Like the byte reader in base/: a read that fails gives a default value and leaves the
// first error behind, so a parser reads everything and looks once at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/error.h"
#include "signaling/limits.h"
#include "signaling/words.h"

namespace parley::signaling {

// A value inside a JsonDocument; valid as long as that.
class JsonNode {
 public:
  JsonNode() = default;
  explicit JsonNode(const void* json) : json_(json) {}

  bool is_object() const;
  bool is_null() const;
  std::optional<JsonNode> member(std::string_view name) const;
  std::optional<std::vector<JsonNode>> elements(size_t max) const;  // nullopt: no array or longer
  std::optional<std::string_view> text() const;
  std::optional<int64_t> integer() const;  // also 2.0; within ±kMaxInteger
  std::optional<bool> boolean() const;

 private:
  const void* json_ = nullptr;
};

class JsonDocument {
 public:
  // nullopt: not JSON, not UTF-8 or deeper than kMaxDepth.
  static std::optional<JsonDocument> parse(std::string_view text);
  JsonNode root() const { return JsonNode(json_.get()); }

 private:
  explicit JsonDocument(std::shared_ptr<const void> json) : json_(std::move(json)) {}
  std::shared_ptr<const void> json_;  // shared only for its type-erased deleter
};

// Bounds of a text, in characters.
struct Length {
  size_t min = 0;
  size_t max = 0;
};

class ObjectReader {
 public:
  // `path` names the object in error messages; `error` is shared by all readers of one frame.
  ObjectReader(JsonNode object, std::string path, std::optional<SignalingError>& error);

  std::string text(std::string_view name, Length length);
  std::optional<std::string> optional_text(std::string_view name, Length length);
  // Absent and null are the same: nullopt.
  std::optional<std::string> nullable_text(std::string_view name, Length length);
  int64_t integer(std::string_view name, int64_t min, int64_t max);
  std::optional<int64_t> optional_integer(std::string_view name, int64_t min, int64_t max);
  std::optional<int64_t> nullable_integer(std::string_view name, int64_t min, int64_t max);
  bool boolean(std::string_view name);
  std::optional<bool> optional_boolean(std::string_view name);
  // A word of enumeration E.
  template <typename E>
  E word(std::string_view name);
  template <typename E>
  std::optional<E> nullable_word(std::string_view name);

  bool has(std::string_view name) const { return object_.member(name).has_value(); }
  bool is_null(std::string_view name) const;
  ObjectReader object(std::string_view name);
  // A reader for each element of an array of objects with at most `max`; none when the array is
  // absent and not required.
  std::vector<ObjectReader> objects(std::string_view name, size_t max, bool required);
  std::vector<std::string> texts(std::string_view name, size_t max, Length length);

  void fail(std::string_view name, std::string_view must);
  void fail_with(ErrorCode code, std::string message);
  bool failed() const { return error_->has_value(); }

 private:
  JsonNode object_;
  std::string path_;
  std::optional<SignalingError>* error_;
};

// The protocol's rules for names.
bool is_room_name(std::string_view text);  // 1–64 of a-z 0-9 -
bool is_participant_name(
    std::string_view text);  // 1–64 characters, one of them visible, no control characters
size_t count_characters(std::string_view utf8);  // code points of valid UTF-8

}  // namespace parley::signaling
