#include "app/places.h"

#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "io/clock.h"

namespace parley::app {
namespace fs = std::filesystem;

fs::path program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::current_path(error) : program.parent_path();
}

fs::path data_folder(const Settings& settings) {
  if (!settings.data.dir.empty()) return settings.data.dir;
  const std::string program = program_folder().string() + "/";
  const bool installed = program.starts_with("/usr/") || program.starts_with("/opt/");
  return installed ? fs::path("/var/lib/parley") : fs::path("parley-data");
}

std::optional<fs::path> web_folder(const Settings& settings) {
  if (!settings.http.web_root.empty()) return settings.http.web_root;
  std::error_code error;
  const auto has_client = [&](const fs::path& folder) {
    return fs::is_regular_file(folder / "index.html", error);
  };
  const fs::path installed = program_folder().parent_path() / "share" / "parley" / "web";
  if (has_client(installed)) return installed;
  // build/PRESET/parley in a checkout, started from anywhere, or any build started from the
  // checkout.
  fs::path folder = program_folder();
  for (int level = 0; level < 4; ++level, folder = folder.parent_path()) {
    const fs::path built = folder / "web" / "apps" / "meet" / "dist";
    if (has_client(built)) return built;
  }
  const fs::path here = fs::current_path(error) / "web" / "apps" / "meet" / "dist";
  if (has_client(here)) return here;
  return std::nullopt;
}

std::expected<void, std::string> prepare_data_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return std::unexpected(
        fmt::format("The data folder {} can't be made: {}; choose another with --data.",
                    folder.string(), error.message()));
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return std::unexpected(
        fmt::format("The data folder {} can't be written to: {}; change its permissions or choose "
                    "another with --data.",
                    folder.string(), strerror(errno)));
  }
  return {};
}

std::expected<io::ServerCertificate, std::string> https_certificate(
    const Settings& settings, const std::vector<io::InterfaceAddress>& interfaces) {
  const int64_t now_s = io::wall_clock_ms() / 1000;
  if (!settings.https.certificate.empty()) {
    return io::load_certificate(settings.https.certificate, settings.https.key, now_s);
  }
  const fs::path folder = data_folder(settings);
  if (auto prepared = prepare_data_folder(folder); !prepared)
    return std::unexpected(prepared.error());
  io::CertificateNames names{.hosts = {io::host_name()}, .addresses = settings.media.public_ips};
  for (const io::InterfaceAddress& i : interfaces) {
    if (!i.link_local) names.addresses.push_back(i.ip);
  }
  auto certificate = io::load_or_create_certificate(folder, names, now_s);
  if (certificate) certificate->self_signed = true;
  return certificate;
}

std::vector<IpAddress> advertised_addresses(const Settings& settings,
                                            const std::vector<io::InterfaceAddress>& interfaces,
                                            bool ipv6) {
  if (!settings.media.public_ips.empty()) return settings.media.public_ips;
  std::vector<IpAddress> result;
  for (const io::InterfaceAddress& i : interfaces) {
    // A link-local address can't be written into a candidate without its interface.
    if (i.link_local || !i.running || (i.ip.is_v6() && !ipv6)) continue;
    if (std::find(result.begin(), result.end(), i.ip) == result.end()) result.push_back(i.ip);
  }
  std::stable_partition(result.begin(), result.end(),
                        [](const IpAddress& ip) { return ip.is_v4(); });
  return result;
}

}  // namespace parley::app
