#include "app/bench_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace parley::app {
namespace {

constexpr int kStartLimitMs = 20'000;

TimeDelta ticks(uint64_t count) {
  static const int64_t per_second = sysconf(_SC_CLK_TCK);
  return TimeDelta::micros(static_cast<int64_t>(count) * 1'000'000 / per_second);
}

uint64_t count_files(const std::string& folder) {
  std::error_code error;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error))
    ++count;
  return count;
}

// The text after "ready http=" up to the next blank.
std::string http_url(const std::string& output) {
  const std::string start = "\nready http=";
  const size_t at = ("\n" + output).find(start);
  if (at == std::string::npos) return {};
  const std::string rest = output.substr(at + start.size() - 1);
  return rest.substr(0, rest.find_first_of(" \n"));
}

std::vector<std::string> arguments(const SpawnedServer::Options& options,
                                   const std::string& folder) {
  std::vector<std::string> all = {"parley",      "--listen",    "127.0.0.1:0",    "--tls-listen",
                                  "127.0.0.1:0", "--data",      folder + "/data", "--media-port",
                                  "0",           "--public-ip", "127.0.0.1"};
  const auto set = [&](const std::string& assignment) {
    all.push_back("--set");
    all.push_back(assignment);
  };
  set(fmt::format("media.shards={}", options.shards));
  set("p2p.mode=off");
  set("rooms.max_participants=10000");
  set("http.max_connections=100000");
  set("http.max_connections_per_ip=100000");
  set("log.level=warning");
  for (const std::string& more : options.settings) set(more);
  return all;
}

[[noreturn]] void become_server(const std::vector<std::string>& arguments, std::optional<int> core,
                                int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (core) pin_to_core(*core);
  dup2(output, STDOUT_FILENO);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& one : arguments) argv.push_back(const_cast<char*>(one.c_str()));
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  _exit(127);
}

}  // namespace

std::optional<ProcessUsage> read_usage(pid_t pid) {
  const std::string folder = fmt::format("/proc/{}", pid);
  std::ifstream stat(folder + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return std::nullopt;
  // proc(5): the name, in brackets, may hold blanks; the fields from the third on follow it.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::vector<std::string> values;
  for (std::string value; fields >> value;) values.push_back(value);
  const auto field = [&](size_t number) -> uint64_t {
    return number - 3 < values.size() ? std::strtoull(values[number - 3].c_str(), nullptr, 10) : 0;
  };
  return ProcessUsage{
      .user = ticks(field(14)),
      .system = ticks(field(15)),
      .resident = DataSize::bytes(static_cast<int64_t>(field(24)) * sysconf(_SC_PAGESIZE)),
      .threads = field(20),
      .files = count_files(folder + "/fd")};
}

TimeDelta own_processor_time() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return TimeDelta::seconds(used.tv_sec) + TimeDelta::micros(used.tv_nsec / 1000);
}

std::optional<TimeDelta> read_core_busy(int core) {
  std::ifstream stat("/proc/stat");
  const std::string wanted = fmt::format("cpu{}", core);
  for (std::string line; std::getline(stat, line);) {
    std::istringstream fields(line);
    std::string name;
    uint64_t user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0;
    fields >> name >> user >> nice >> system >> idle >> wait >> irq >> softirq;
    if (name == wanted) return ticks(user + nice + system + irq + softirq);
  }
  return std::nullopt;
}

bool pin_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(core), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

std::expected<SpawnedServer, std::string> SpawnedServer::start(const Options& options) {
  SpawnedServer server;
  std::string folder = (std::filesystem::temp_directory_path() / "parley-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr)
    return std::unexpected(fmt::format("No folder for a server in {}.", folder));
  server.folder_ = folder;
  int output[2];
  if (pipe2(output, O_CLOEXEC) != 0) return std::unexpected("No pipe to a server.");
  server.output_ = output[0];
  const auto argv = arguments(options, folder);
  server.pid_ = fork();
  if (server.pid_ == 0) become_server(argv, options.core, output[1]);
  close(output[1]);
  std::string text;
  pollfd readable{.fd = server.output_, .events = POLLIN, .revents = 0};
  while (poll(&readable, 1, kStartLimitMs) == 1) {
    char buffer[512];
    const ssize_t n = read(server.output_, buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
    server.url_ = http_url(text);
    if (!server.url_.empty() && text.ends_with('\n')) return server;
  }
  return std::unexpected("The server that was started doesn't serve.");
}

SpawnedServer::SpawnedServer(SpawnedServer&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      url_(std::move(other.url_)),
      folder_(std::exchange(other.folder_, {})) {}

SpawnedServer::~SpawnedServer() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  if (output_ >= 0) close(output_);
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace parley::app
