// Every setting of the server: its default, its meaning and how it is checked.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace parley::app {

enum class P2pMode : uint8_t { kOn, kLan, kOff };
enum class LogFormat : uint8_t { kText, kJson };
enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

// The values in force. Comments stand with the table in settings.cc, where `parley config` takes
// them from.
struct Settings {
  struct {
    std::optional<SocketAddress> listen =
        SocketAddress{IpAddress::v4(127, 0, 0, 1), 8080};  // absent: off
    std::string web_root;                                  // empty: found beside the program
    std::vector<std::string> allowed_origins;
    int64_t max_connections = 10'000;
    int64_t max_connections_per_ip = 1'000;
  } http;
  struct {
    std::optional<SocketAddress> listen = SocketAddress{IpAddress(), 8443};
    std::string certificate;  // empty: self-signed, made at the first start
    std::string key;
  } https;
  struct {
    uint16_t port = 3478;
    int64_t shards = 0;  // 0: one for each core, at most 4
    int64_t room_share = 50;
    std::vector<IpAddress> public_ips;
  } media;
  struct {
    P2pMode mode = P2pMode::kOn;
    std::map<std::string, P2pMode> rooms;  // by name; the stricter of this and `mode` holds
    int64_t quiet_seconds = 5;
  } p2p;
  struct {
    int64_t max_participants = 200;
  } rooms;
  struct {
    std::string api_key;
    std::string api_secret;
  } auth;
  struct {
    std::string url;
  } store;
  struct {
    std::string redis_url;
  } cluster;
  struct {
    std::string dir;  // empty: ./parley-data, or /var/lib/parley for an installed program
  } data;
  struct {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kText;
  } log;
};

// A value given outside the file.
struct SettingOverride {
  std::string key;     // "media.port"
  std::string value;   // as typed
  std::string source;  // where it was given, for messages: "--media-port"
};

struct LoadedSettings {
  Settings settings;
  std::vector<std::string> warnings;  // a sentence each
};

// Defaults, then the TOML file, then the overrides in their order. Unknown keys are warnings, so
// that a newer file works with an older program. The error is one sentence: where, what, what to
// do.
std::expected<LoadedSettings, std::string> load_settings(
    const std::optional<std::filesystem::path>& file, std::span<const SettingOverride> overrides);

// All settings as TOML with a comment each; load_settings() reads it back to the same values.
std::string settings_as_toml(const Settings& settings);

// The setting whose name is nearest to `key`; empty when none is near.
std::string_view nearest_setting(std::string_view key);

// media.shards, or what 0 stands for on this machine.
size_t shard_count(const Settings& settings);

}  // namespace parley::app
