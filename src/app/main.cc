// The program `parley`.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "app/banner.h"
#include "app/bench_publish.h"
#include "app/command_line.h"
#include "app/doctor.h"
#include "app/log.h"
#include "app/server.h"
#include "app/settings.h"
#include "app/version.h"
#include "io/interfaces.h"

namespace parley::app {
namespace {

void say(std::FILE* where, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), where);
  std::fflush(where);
}

// As many open files as the system lets us have: every client is one.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const LoadedSettings& loaded) {
  const Settings& settings = loaded.settings;
  raise_file_limit();
  // Who reads our output may go away; that must not end the server.
  signal(SIGPIPE, SIG_IGN);
  log_info("starting", {{"version", kVersion}});
  const auto server = Server::start(settings);
  if (!server) {
    say(stderr, fmt::format("parley: {}\n", server.error()));
    return kExitFailed;
  }
  const ServingAt& at = (*server)->serving_at();
  say(stdout, greeting(at, io::interface_addresses(), isatty(STDOUT_FILENO) == 1));
  say(stdout, ready_line(at) + "\n");
  (*server)->run();
  return kExitOk;
}

int diagnose(const Settings& settings) {
  int status = kExitOk;
  for (const Finding& finding : examine(settings)) {
    say(stdout, to_line(finding));
    if (finding.verdict == Verdict::kFailed) status = kExitFailed;
  }
  return status;
}

int run(int argc, char** argv) {
  const auto command = parse_command_line(argc, argv);
  if (!command) {
    const CommandLineExit& exit = command.error();
    say(exit.status == kExitOk ? stdout : stderr,
        (exit.status == kExitOk ? "" : "parley: ") + exit.text);
    return exit.status;
  }
  if (command->subcommand == Subcommand::kBench) {
    raise_file_limit();
    if (const auto* load = std::get_if<BenchLoadOptions>(&command->bench)) return bench_load(*load);
    return bench_publish(std::get<BenchPublishOptions>(command->bench));
  }
  const auto loaded = load_settings(command->config, command->overrides);
  if (!loaded) {
    say(stderr, fmt::format("parley: {}\n", loaded.error()));
    return kExitBadArguments;
  }
  configure_log(loaded->settings.log.level, loaded->settings.log.format);
  for (const std::string& warning : loaded->warnings)
    log_warning("settings", {{"problem", warning}});
  switch (command->subcommand) {
    case Subcommand::kConfig:
      say(stdout, settings_as_toml(loaded->settings));
      return kExitOk;
    case Subcommand::kDoctor:
      return diagnose(loaded->settings);
    case Subcommand::kBench:
    case Subcommand::kServe:
      break;
  }
  return serve(*loaded);
}

}  // namespace
}  // namespace parley::app

int main(int argc, char** argv) {
  return parley::app::run(argc, argv);
}
