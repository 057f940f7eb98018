// Where the server finds its files, and how it makes those it needs.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/address.h"
#include "io/certificate_file.h"
#include "io/interfaces.h"

namespace parley::app {

// The folder of the running program.
std::filesystem::path program_folder();

// data.dir, or its default: /var/lib/parley for a program installed below /usr or /opt, else
// ./parley-data.
std::filesystem::path data_folder(const Settings& settings);

// http.web_root, or the client that came with the program: ../share/parley/web beside it, or
// web/apps/meet/dist of the checkout it was built in. nullopt: there is none.
std::optional<std::filesystem::path> web_folder(const Settings& settings);

// Makes the data folder if need be and checks that files can be written there. The error is one
// sentence.
std::expected<void, std::string> prepare_data_folder(const std::filesystem::path& folder);

// The operator's certificate, or the self-signed one of the data folder. The error is one sentence.
std::expected<io::ServerCertificate, std::string> https_certificate(
    const Settings& settings, const std::vector<io::InterfaceAddress>& interfaces);

// What clients are told to send media to: media.public_ips, else this machine's addresses, IPv4
// first; IPv6 only where `ipv6`.
std::vector<IpAddress> advertised_addresses(const Settings& settings,
                                            const std::vector<io::InterfaceAddress>& interfaces,
                                            bool ipv6);

}  // namespace parley::app
