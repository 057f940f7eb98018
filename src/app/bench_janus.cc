// Janus as a server to compare with: a folder with its settings, a room, and the process.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/bench_process.h"
#include "base/address.h"
#include "io/interfaces.h"
#include "load/janus_client.h"

namespace parley::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "/usr/bin/janus";
constexpr const char* kTransport = "libjanus_websockets.so";
constexpr const char* kPlugin = "libjanus_videoroom.so";
constexpr int kStartAttempts = 200;
constexpr int kAttemptMs = 50;

sockaddr_in socket_name(const IpAddress& ip, uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(ip.v4_host_order());
  return out;
}

// Janus never uses the loopback interface. What is sent to one's own address goes over it
// nevertheless.
std::optional<IpAddress> own_address() {
  for (const io::InterfaceAddress& one : io::interface_addresses()) {
    if (one.ip.is_v4() && !one.loopback && !one.link_local && one.running) return one.ip;
  }
  return std::nullopt;
}

// One that nobody has now; 0 where there is none.
uint16_t free_port(const IpAddress& ip) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = socket_name(ip, 0);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

bool accepts(const IpAddress& ip, uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = socket_name(ip, port);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

// Debian has them in the folder of its architecture: /usr/lib/x86_64-linux-gnu/janus.
fs::path library_folder() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib", ignored)) {
    if (fs::exists(entry.path() / "janus" / "plugins" / kPlugin, ignored))
      return entry.path() / "janus";
  }
  return {};
}

// Its settings are Debian's where they aren't named. What isn't in the folders isn't loaded.
void write_settings(const fs::path& folder, const fs::path& libraries, const SocketAddress& at,
                    int loops) {
  for (const char* name : {"plugins", "transports", "none"}) fs::create_directory(folder / name);
  fs::create_symlink(libraries / "plugins" / kPlugin, folder / "plugins" / kPlugin);
  fs::create_symlink(libraries / "transports" / kTransport, folder / "transports" / kTransport);
  const std::string place = folder.string();
  std::string general = fmt::format(
      "general: {{\n  configs_folder = \"{0}\"\n  plugins_folder = \"{0}/plugins\"\n"
      "  transports_folder = \"{0}/transports\"\n  events_folder = \"{0}/none\"\n"
      "  loggers_folder = \"{0}/none\"\n  debug_level = 2\n  log_to_stdout = true\n",
      place);
  if (loops > 0) general += fmt::format("  event_loops = {}\n", loops);
  write_file(
      folder / "janus.jcfg",
      general + fmt::format("}}\nnat: {{\n  ice_enforce_list = \"{}\"\n}}\n", at.ip.to_string()));
  write_file(folder / "janus.transport.websockets.jcfg",
             fmt::format("general: {{\n  json = \"compact\"\n  ws = true\n  ws_port = {}\n"
                         "  ws_ip = \"{}\"\n  wss = false\n}}\n",
                         at.port, at.ip.to_string()));
  write_file(folder / "janus.plugin.videoroom.jcfg",
             fmt::format("general: {{}}\nroom-{}: {{\n  description = \"bench\"\n"
                         "  publishers = 1\n  bitrate = 0\n  fir_freq = 0\n"
                         "  audiocodec = \"opus\"\n  videocodec = \"vp8\"\n  record = false\n}}\n",
                         load::JanusClientConfig::kRoom));
}

[[noreturn]] void become_janus(const std::string& folder, std::optional<int> core, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (core) pin_to_core(*core);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  const std::string settings = folder + "/janus.jcfg";
  execl(kProgram, "janus", "--config", settings.c_str(), "--configs-folder", folder.c_str(),
        nullptr);
  _exit(127);
}

}  // namespace

std::expected<SpawnedServer, std::string> SpawnedServer::start_janus(const JanusOptions& options) {
  const fs::path libraries = library_folder();
  if (access(kProgram, X_OK) != 0 || libraries.empty())
    return std::unexpected("Janus isn't here; Debian has it as the package janus.");
  SpawnedServer server;
  std::string folder = (fs::temp_directory_path() / "parley-bench-janus-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr)
    return std::unexpected(fmt::format("No folder for Janus in {}.", folder));
  server.folder_ = folder;
  const auto ip = own_address();
  if (!ip) return std::unexpected("Janus needs an IPv4 address that isn't loopback's.");
  const SocketAddress at{*ip, free_port(*ip)};
  if (at.port == 0) return std::unexpected("No free port for Janus.");
  write_settings(folder, libraries, at, options.event_loops);
  const fs::path log = fs::path(folder) / "log";
  std::FILE* output = std::fopen(log.c_str(), "we");
  if (output == nullptr) return std::unexpected("Janus's log can't be written.");
  server.pid_ = fork();
  if (server.pid_ == 0) become_janus(folder, options.core, fileno(output));
  std::fclose(output);
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    if (accepts(at.ip, at.port)) {
      server.url_ = fmt::format("http://{}", at.to_string());
      return server;
    }
    if (waitpid(server.pid_, nullptr, WNOHANG) == server.pid_) {
      server.pid_ = -1;
      break;
    }
    poll(nullptr, 0, kAttemptMs);
  }
  return std::unexpected("Janus that was started doesn't serve.");
}

}  // namespace parley::app
