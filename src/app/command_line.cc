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

// The options of `parley bench publish` as they are typed.
struct BenchPublishText {
  std::string server = "http://127.0.0.1:8080";
  double every = 0;
  int seconds = 0;
  std::string json;
};

bool is_room_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

CLI::App* add_bench_publish(CLI::App& app, BenchPublishText& text, BenchPublishOptions& options) {
  CLI::App* bench = app.add_subcommand("bench", "Put a load on a running server");
  bench->require_subcommand(1);
  CLI::App* publish =
      bench->add_subcommand("publish", "Participants that send camera and microphone");
  publish->add_option("--server", text.server, "The server")
      ->type_name("URL")
      ->capture_default_str();
  publish->add_option("--room", options.room, "The room")->type_name("NAME")->required();
  publish->add_option("--count", options.count, "How many participants")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  publish
      ->add_option("--seconds", text.seconds,
                   "How long they stay; otherwise until SIGTERM or SIGINT")
      ->type_name("S")
      ->check(CLI::Range(1, 1'000'000));
  publish->add_option("--fps", options.frames_per_second, "Pictures a second of each encoding")
      ->type_name("N")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  publish->add_option("--voices", options.voices, "How many of them speak all the time")
      ->type_name("N")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  publish->add_option("--json", text.json, "Write the figures there at the end")->type_name("FILE");
  publish->add_option("--every", text.every, "Print the figures as a line of JSON this often")
      ->type_name("S")
      ->check(CLI::Range(0.1, 3600.0));
  publish->add_flag("--insecure", options.insecure, "Take any certificate of the server");
  return publish;
}

// The error is a sentence.
std::expected<void, std::string> finish_bench_publish(const CLI::App& publish,
                                                      const BenchPublishText& text,
                                                      BenchPublishOptions& options) {
  auto server = io::ServerUrl::parse(text.server);
  if (!server) return std::unexpected(server.error());
  options.server = std::move(*server);
  if (!is_room_name(options.room)) {
    return std::unexpected(fmt::format(
        "\"{}\" is no name of a room; rooms have 1 to 64 of a-z, 0-9 and -.", options.room));
  }
  if (publish.count("--seconds") > 0) options.seconds = text.seconds;
  if (publish.count("--every") > 0) options.every = text.every;
  if (publish.count("--json") > 0) options.json = text.json;
  return {};
}

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

  BenchPublishText bench_text;
  const CLI::App* publish = add_bench_publish(app, bench_text, result.bench);

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

  if (publish->parsed()) {
    result.subcommand = Subcommand::kBenchPublish;
    if (const auto done = finish_bench_publish(*publish, bench_text, result.bench); !done)
      return std::unexpected(CommandLineExit{kExitBadArguments, done.error() + "\n"});
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
