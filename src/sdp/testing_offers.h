// The captured offers of testdata/, for the tests of this folder.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace parley::sdp {

// The text of testdata/<name>.sdp; empty if there is no such file.
inline std::string read_testdata(std::string_view name) {
  const auto path =
      std::filesystem::path(PARLEY_SOURCE_DIR) / "src/sdp/testdata" / (std::string(name) + ".sdp");
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline constexpr std::string_view kCapturedOffers[] = {
    "chromium_join",         "firefox_join",        "chromium_vp8_preferred",
    "firefox_vp8_preferred", "chromium_more_slots", "firefox_more_slots",
};

}  // namespace parley::sdp
