#include "app/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <numeric>
#include <thread>
#include <utility>
#include <variant>

#include "app/settings_table.h"

namespace parley::app {
namespace {

using List = SettingList;
using Value = SettingValue;

// Levenshtein: insertions, deletions and replacements from one to the other.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

class Loader {
 public:
  std::optional<std::string> apply(std::string_view key, const Value& value,
                                   const std::string& where) {
    const Setting* setting = find_setting(key);
    if (setting == nullptr) {
      warn_unknown(key, where);
      return std::nullopt;
    }
    if (const auto expected = setting->read(result_.settings, value)) {
      return fmt::format("{}: {} is {}, but must be {}.", where, key, shown(value), *expected);
    }
    if (!setting->in_force && value != Value(std::string())) {
      result_.warnings.push_back(fmt::format(
          "{}: {} is set, but this version of Parley doesn't act on it yet.", where, key));
    }
    return std::nullopt;
  }

  // `name`: of the table's path so far, with a dot at its end.
  std::optional<std::string> apply_table(const toml::table& table, const std::string& name,
                                         const std::string& file) {
    for (const auto& [key, node] : table) {
      const std::string full = name + std::string(key.str());
      const std::string where = fmt::format("{}:{}", file, key.source().begin.line);
      std::optional<std::string> error;
      if (const toml::table* inner = node.as_table()) {
        error = apply_table(*inner, full + ".", file);
      } else if (const auto value = value_of(node)) {
        error = apply(full, *value, where);
      } else {
        error =
            fmt::format("{}: {} has a type that no setting has; see `parley config`.", where, full);
      }
      if (error) return error;
    }
    return std::nullopt;
  }

  std::optional<std::string> check_together() const {
    const Settings& s = result_.settings;
    if (s.https.certificate.empty() != s.https.key.empty()) {
      return "https.certificate and https.key belong together; set both or neither.";
    }
    if (s.media.port != 0 && s.media.port + shard_count(s) - 1 > 65'535) {
      return fmt::format(
          "media.port is {}, which leaves no room for {} shards below 65536; choose a lower port.",
          s.media.port, shard_count(s));
    }
    if (!s.http.listen && !s.https.listen) {
      return "http.listen and https.listen are both \"off\", so nobody could reach the server; set "
             "one.";
    }
    if (s.http.listen && s.http.listen == s.https.listen && s.http.listen->port != 0) {
      return fmt::format(
          "http.listen and https.listen are both \"{}\"; give each a port of its own.",
          s.http.listen->to_string());
    }
    return std::nullopt;
  }

  LoadedSettings take() { return std::move(result_); }

 private:
  static std::optional<Value> value_of(const toml::node& node) {
    if (const auto* b = node.as_boolean()) return Value(b->get());
    if (const auto* i = node.as_integer()) return Value(i->get());
    if (const auto* d = node.as_floating_point()) return Value(d->get());
    if (const auto* s = node.as_string()) return Value(s->get());
    const toml::array* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    List list;
    for (const toml::node& item : *array) {
      const auto* text = item.as_string();
      if (text == nullptr) return std::nullopt;
      list.push_back(text->get());
    }
    return Value(std::move(list));
  }

  void warn_unknown(std::string_view key, const std::string& where) {
    const std::string_view near = nearest_setting(key);
    result_.warnings.push_back(
        near.empty()
            ? fmt::format("{}: there is no setting {}; `parley config` lists all.", where, key)
            : fmt::format("{}: there is no setting {}; did you mean {}?", where, key, near));
  }

  LoadedSettings result_;
};

// What stands after --set key=: a number or true/false where it reads as one, else a text.
Value value_of_text(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    std::string inner = text.substr(1, text.size() - 2);
    std::erase(inner, '"');
    return inner;
  }
  return text;
}

std::optional<std::string> apply_file(Loader& loader, const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) {
    return fmt::format(
        "The settings file {} can't be read; check the path given to --config and its permissions.",
        file.string());
  }
  try {
    return loader.apply_table(toml::parse(text, file.string()), "", file.string());
  } catch (const toml::parse_error& error) {
    return fmt::format("{}:{}: this is not valid TOML: {}.", file.string(),
                       error.source().begin.line, error.description());
  }
}

}  // namespace

std::string_view nearest_setting(std::string_view key) {
  std::string_view best;
  // More than a third of its letters changed: it is another word.
  size_t best_distance = std::min<size_t>(key.size(), 64) / 3 + 1;
  if (key.size() > 64) return best;
  for (const Setting& setting : all_settings()) {
    // The last part alone, for those who leave the table out.
    const std::string_view last = setting.key.substr(setting.key.find('.') + 1);
    const size_t distance = key == last ? 0 : edit_distance(key, setting.key);
    if (distance < best_distance) {
      best = setting.key;
      best_distance = distance;
    }
  }
  return best;
}

size_t shard_count(const Settings& settings) {
  if (settings.media.shards > 0) return static_cast<size_t>(settings.media.shards);
  return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 4);
}

std::expected<LoadedSettings, std::string> load_settings(
    const std::optional<std::filesystem::path>& file, std::span<const SettingOverride> overrides) {
  Loader loader;
  if (file) {
    if (auto error = apply_file(loader, *file)) return std::unexpected(std::move(*error));
  }
  for (const SettingOverride& o : overrides) {
    const Setting* setting = find_setting(o.key);
    Value value = value_of_text(o.value);
    // "--set https.key=1234" is a text although it looks like a number.
    const bool wants_text = setting != nullptr && !setting->write(Settings{}).empty() &&
                            setting->write(Settings{}).front() == '"';
    if (wants_text && !std::holds_alternative<std::string>(value)) value = o.value;
    if (auto error = loader.apply(o.key, value, o.source))
      return std::unexpected(std::move(*error));
  }
  if (auto error = loader.check_together()) return std::unexpected(std::move(*error));
  return loader.take();
}

std::string settings_as_toml(const Settings& settings) {
  std::string out =
      "# Settings of Parley. Every line shows the value in force; leave out what you don't "
      "change.\n";
  std::string_view table;
  for (const Setting& setting : all_settings()) {
    const size_t dot = setting.key.find('.');
    if (setting.key.substr(0, dot) != table) {
      table = setting.key.substr(0, dot);
      out += fmt::format("\n[{}]\n", table);
    }
    out += fmt::format("# {}{}\n{} = {}\n", setting.comment,
                       setting.in_force ? "" : " Not used by this version yet.",
                       setting.key.substr(dot + 1), setting.write(settings));
  }
  return out;
}

}  // namespace parley::app
