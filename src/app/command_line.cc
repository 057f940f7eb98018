#include "app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "app/version.h"

namespace parley::app {
namespace {

// Options that stand for a setting.
struct ShortOption {
  const char* flag;
  const char* key;
  const char* help;
  const char* value_name;
};
constexpr ShortOption kShortOptions[] = {
    {"--data", "data.dir", "Folder for what the server keeps", "DIR"},
    {"--listen", "http.listen", "Plain HTTP", "ADDR:PORT"},
    {"--tls-listen", "https.listen", "HTTPS", "ADDR:PORT"},
    {"--media-port", "media.port", "First UDP port of media", "N"},
    {"--public-ip", "media.public_ips", "Addresses that clients reach this server at", "A,B"},
};

}  // namespace

std::expected<CommandLine, CommandLineExit> parse_command_line(int argc, const char* const* argv) {
  CommandLine result;
  CLI::App app("Parley, a meeting server. Without arguments it starts with its defaults.",
               "parley");
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", fmt::format("parley {}", kVersion));
  const CLI::App* serve = app.add_subcommand("serve", "Run the server (the default)");
  const CLI::App* config =
      app.add_subcommand("config", "Print all settings with their values as TOML");
  const CLI::App* doctor = app.add_subcommand("doctor", "Check that the server can run here");

  const BenchCommandLine bench(app);

  std::string config_file;
  app.add_option("--config", config_file, "Settings file (TOML)")->type_name("FILE");
  std::vector<std::pair<const ShortOption*, std::string>> values;
  values.reserve(std::size(kShortOptions));
  for (const ShortOption& option : kShortOptions) {
    values.emplace_back(&option, "");
    app.add_option(option.flag, values.back().second, option.help)->type_name(option.value_name);
  }
  std::vector<std::string> assignments;
  app.add_option("--set", assignments, "Any setting, as often as needed")
      ->type_name("key=value")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(CommandLineExit{kExitOk, app.help()});
  } catch (const CLI::CallForVersion& version) {
    return std::unexpected(CommandLineExit{kExitOk, std::string(version.what()) + "\n"});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(
        CommandLineExit{kExitBadArguments, fmt::format("{} Try `parley --help`.\n", error.what())});
  }

  if (bench.given()) {
    result.subcommand = Subcommand::kBench;
    auto options = bench.options();
    if (!options)
      return std::unexpected(CommandLineExit{kExitBadArguments, options.error() + "\n"});
    result.bench = std::move(*options);
  }
  if (config->parsed()) result.subcommand = Subcommand::kConfig;
  if (doctor->parsed()) result.subcommand = Subcommand::kDoctor;
  if (serve->parsed()) result.subcommand = Subcommand::kServe;
  if (app.count("--config") > 0) result.config = config_file;
  for (const auto& [option, value] : values) {
    if (app.count(option->flag) > 0) result.overrides.push_back({option->key, value, option->flag});
  }
  for (const std::string& assignment : assignments) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      return std::unexpected(CommandLineExit{
          kExitBadArguments, fmt::format("--set {} has no value; write it as --set key=value, for "
                                         "example --set p2p.mode=off.\n",
                                         assignment)});
    }
    result.overrides.push_back(
        {assignment.substr(0, equals), assignment.substr(equals + 1), "--set"});
  }
  return result;
}

}  // namespace parley::app
