// What the person who starts the program asks for.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/bench_command_line.h"
#include "app/settings.h"

namespace parley::app {

// Exit statuses of the program.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // it could not run: a taken port, an unreadable certificate
inline constexpr int kExitBadArguments = 2;  // bad arguments or settings

enum class Subcommand : uint8_t { kServe, kConfig, kDoctor, kBench };

struct CommandLine {
  Subcommand subcommand = Subcommand::kServe;
  std::optional<std::filesystem::path> config;
  std::vector<SettingOverride>
      overrides;       // in the order in which the short options, then --set, are listed
  BenchOptions bench;  // with kBench
};

// The program ends here: with help or version on standard output, or with an error.
struct CommandLineExit {
  int status = kExitOk;
  std::string text;
};

std::expected<CommandLine, CommandLineExit> parse_command_line(int argc, const char* const* argv);

}  // namespace parley::app
