// The table behind Settings: each one's name, meaning, check and default. Included by settings*.cc
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/settings.h"

namespace parley::app {

// A value as a file or the command line gives it.
using SettingList = std::vector<std::string>;
using SettingValue = std::variant<bool, int64_t, double, std::string, SettingList>;

// What a setting takes. `read` gives what was expected when the value is wrong, else nothing.
struct Setting {
  std::string_view key;
  std::string_view comment;
  std::optional<std::string> (*read)(Settings&, const SettingValue&);
  std::string (*write)(const Settings&);
  // Whether this version acts on it. The others are taken, so that one file serves several
  // versions, with a warning.
  bool in_force = true;
};

// All, grouped by their table in the file.
std::span<const Setting> all_settings();
// Null when there is none of that name.
const Setting* find_setting(std::string_view key);

// The value as it would stand in a file.
std::string shown(const SettingValue& value);

}  // namespace parley::app
