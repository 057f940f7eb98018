// `parley doctor`: would the server run here?
#pragma once

#include <string>
#include <vector>

#include "app/settings.h"

namespace parley::app {

enum class Verdict : uint8_t { kOk, kWarning, kFailed };

struct Finding {
  Verdict verdict = Verdict::kOk;
  std::string text;  // one sentence
};

// Tries what `parley serve` would do with these settings and gives it up again: ports, data folder,
// certificate, web client, addresses, limits.
std::vector<Finding> examine(const Settings& settings);

// "ok      TCP port 8080 is free.\n"
std::string to_line(const Finding& finding);

}  // namespace parley::app
