#include "signaling/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace parley::signaling {
namespace {

using Json = nlohmann::json;

const Json& as_json(const void* json) {
  return *static_cast<const Json*>(json);
}

// True if no object or array of the text stands deeper than kMaxDepth. Runs before the parser, so
// that a frame of brackets never becomes a tree.
bool depth_is_bounded(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return false;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return true;
}

std::string must_be_text(Length length) {
  if (length.min == 0) return fmt::format("must be a text of at most {} characters", length.max);
  return fmt::format("must be a text of {} to {} characters", length.min, length.max);
}

}  // namespace

bool JsonNode::is_object() const {
  return json_ != nullptr && as_json(json_).is_object();
}
bool JsonNode::is_null() const {
  return json_ != nullptr && as_json(json_).is_null();
}

std::optional<JsonNode> JsonNode::member(std::string_view name) const {
  if (!is_object()) return std::nullopt;
  const Json& json = as_json(json_);
  const auto it = json.find(name);
  if (it == json.end()) return std::nullopt;
  return JsonNode(&*it);
}

std::optional<std::vector<JsonNode>> JsonNode::elements(size_t max) const {
  if (json_ == nullptr || !as_json(json_).is_array() || as_json(json_).size() > max) {
    return std::nullopt;
  }
  std::vector<JsonNode> result;
  result.reserve(as_json(json_).size());
  for (const Json& element : as_json(json_)) result.emplace_back(&element);
  return result;
}

std::optional<std::string_view> JsonNode::text() const {
  if (json_ == nullptr) return std::nullopt;
  const auto* text = as_json(json_).get_ptr<const Json::string_t*>();
  if (text == nullptr) return std::nullopt;
  return std::string_view(*text);
}

std::optional<int64_t> JsonNode::integer() const {
  if (json_ == nullptr) return std::nullopt;
  const Json& json = as_json(json_);
  if (const auto* u = json.get_ptr<const Json::number_unsigned_t*>()) {
    if (*u > static_cast<uint64_t>(kMaxInteger)) return std::nullopt;
    return static_cast<int64_t>(*u);
  }
  if (const auto* i = json.get_ptr<const Json::number_integer_t*>()) {
    if (*i < -kMaxInteger || *i > kMaxInteger) return std::nullopt;
    return *i;
  }
  if (const auto* f = json.get_ptr<const Json::number_float_t*>()) {
    if (!(std::abs(*f) <= static_cast<double>(kMaxInteger)) || std::trunc(*f) != *f) {
      return std::nullopt;
    }
    return static_cast<int64_t>(*f);
  }
  return std::nullopt;
}

std::optional<bool> JsonNode::boolean() const {
  if (json_ == nullptr) return std::nullopt;
  const auto* value = as_json(json_).get_ptr<const Json::boolean_t*>();
  if (value == nullptr) return std::nullopt;
  return *value;
}

std::optional<JsonDocument> JsonDocument::parse(std::string_view text) {
  if (!depth_is_bounded(text)) return std::nullopt;
  try {
    auto json =
        std::make_shared<const Json>(Json::parse(text, nullptr, /*allow_exceptions=*/false));
    if (json->is_discarded()) return std::nullopt;
    return JsonDocument(std::move(json));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

ObjectReader::ObjectReader(JsonNode object, std::string path, std::optional<SignalingError>& error)
    : object_(object), path_(std::move(path)), error_(&error) {}

std::string ObjectReader::text(std::string_view name, Length length) {
  std::optional<std::string> value = optional_text(name, length);
  if (!value) fail(name, must_be_text(length));
  return std::move(value).value_or(std::string());
}

std::optional<std::string> ObjectReader::optional_text(std::string_view name, Length length) {
  const std::optional<JsonNode> node = object_.member(name);
  if (!node) return std::nullopt;
  const std::optional<std::string_view> value = node->text();
  // Bytes are at least characters, so a long text needs no counting.
  if (value && value->size() <= length.max * 4) {
    const size_t characters = count_characters(*value);
    if (characters >= length.min && characters <= length.max) return std::string(*value);
  }
  fail(name, must_be_text(length));
  return std::nullopt;
}

std::optional<std::string> ObjectReader::nullable_text(std::string_view name, Length length) {
  if (is_null(name)) return std::nullopt;
  return optional_text(name, length);
}

int64_t ObjectReader::integer(std::string_view name, int64_t min, int64_t max) {
  const std::optional<int64_t> value = optional_integer(name, min, max);
  if (!value) fail(name, fmt::format("must be a whole number from {} to {}", min, max));
  return value.value_or(min);
}

std::optional<int64_t> ObjectReader::optional_integer(std::string_view name, int64_t min,
                                                      int64_t max) {
  const std::optional<JsonNode> node = object_.member(name);
  if (!node) return std::nullopt;
  const std::optional<int64_t> value = node->integer();
  if (value && *value >= min && *value <= max) return value;
  fail(name, fmt::format("must be a whole number from {} to {}", min, max));
  return std::nullopt;
}

std::optional<int64_t> ObjectReader::nullable_integer(std::string_view name, int64_t min,
                                                      int64_t max) {
  if (is_null(name)) return std::nullopt;
  return optional_integer(name, min, max);
}

bool ObjectReader::boolean(std::string_view name) {
  const std::optional<bool> value = optional_boolean(name);
  if (!value) fail(name, "must be true or false");
  return value.value_or(false);
}

std::optional<bool> ObjectReader::optional_boolean(std::string_view name) {
  const std::optional<JsonNode> node = object_.member(name);
  if (!node) return std::nullopt;
  const std::optional<bool> value = node->boolean();
  if (!value) fail(name, "must be true or false");
  return value;
}

template <typename E>
E ObjectReader::word(std::string_view name) {
  const std::optional<E> value = nullable_word<E>(name);
  if (!value) fail(name, "must be one of the words of the protocol");
  return value.value_or(E{});
}

template <typename E>
std::optional<E> ObjectReader::nullable_word(std::string_view name) {
  const std::optional<JsonNode> node = object_.member(name);
  if (!node || node->is_null()) return std::nullopt;
  const std::optional<std::string_view> text = node->text();
  const std::optional<E> value = text ? from_text<E>(*text) : std::nullopt;
  if (!value) fail(name, "must be one of the words of the protocol");
  return value;
}

#define PARLEY_WORD(E)                                \
  template E ObjectReader::word<E>(std::string_view); \
  template std::optional<E> ObjectReader::nullable_word<E>(std::string_view)
PARLEY_WORD(MediaSource);
PARLEY_WORD(TopologyMode);
PARLEY_WORD(TopologyPhase);
PARLEY_WORD(DirectRole);
PARLEY_WORD(DescriptionType);
PARLEY_WORD(LeftReason);
PARLEY_WORD(ClosingReason);
PARLEY_WORD(ErrorCode);
#undef PARLEY_WORD

bool ObjectReader::is_null(std::string_view name) const {
  const std::optional<JsonNode> node = object_.member(name);
  return node && node->is_null();
}

ObjectReader ObjectReader::object(std::string_view name) {
  const JsonNode node = object_.member(name).value_or(JsonNode());
  if (!node.is_object()) fail(name, "must be an object");
  return ObjectReader(node, fmt::format("{}.{}", path_, name), *error_);
}

std::vector<ObjectReader> ObjectReader::objects(std::string_view name, size_t max, bool required) {
  std::vector<ObjectReader> readers;
  const std::optional<JsonNode> node = object_.member(name);
  if (!node && !required) return readers;
  const auto elements = node ? node->elements(max) : std::nullopt;
  if (!elements) {
    fail(name, fmt::format("must be a list of at most {} entries", max));
    return readers;
  }
  for (size_t i = 0; i < elements->size(); ++i) {
    if (!(*elements)[i].is_object()) fail(name, "must hold objects");
    readers.emplace_back((*elements)[i], fmt::format("{}.{}[{}]", path_, name, i), *error_);
  }
  return readers;
}

std::vector<std::string> ObjectReader::texts(std::string_view name, size_t max, Length length) {
  std::vector<std::string> result;
  const std::optional<JsonNode> node = object_.member(name);
  const auto elements = node ? node->elements(max) : std::nullopt;
  if (!elements) {
    fail(name, fmt::format("must be a list of at most {} texts", max));
    return result;
  }
  for (const JsonNode& element : *elements) {
    const std::optional<std::string_view> text = element.text();
    if (!text || count_characters(*text) < length.min || count_characters(*text) > length.max) {
      fail(name, "must hold texts of the right length");
      return {};
    }
    result.emplace_back(*text);
  }
  return result;
}

void ObjectReader::fail(std::string_view name, std::string_view must) {
  if (failed()) return;
  fail_with(ErrorCode::kBadRequest, fmt::format("`{}.{}` {}.", path_, name, must));
}

void ObjectReader::fail_with(ErrorCode code, std::string message) {
  if (failed()) return;
  *error_ = SignalingError{.code = code, .message = std::move(message), .id = std::nullopt};
}

bool is_room_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRoomNameLength &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool is_participant_name(std::string_view text) {
  const size_t characters = count_characters(text);
  if (characters == 0 || characters > kMaxNameLength) return false;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return std::ranges::none_of(text, is_control) &&
         std::ranges::any_of(text, [](char c) { return c != ' '; });
}

size_t count_characters(std::string_view utf8) {
  return static_cast<size_t>(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace parley::signaling
