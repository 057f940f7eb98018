#include "app/settings_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

namespace parley::app {
namespace {

using List = SettingList;
using Value = SettingValue;

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::optional<std::string> read_text(std::string& target, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return "a text in quotes";
  target = *text;
  return std::nullopt;
}

template <typename T>
std::optional<std::string> read_integer(T& target, const Value& value, int64_t min, int64_t max) {
  const auto* number = std::get_if<int64_t>(&value);
  if (number == nullptr || *number < min || *number > max) {
    return fmt::format("a whole number from {} to {}", min, max);
  }
  target = static_cast<T>(*number);
  return std::nullopt;
}

template <typename T, size_t N>
using Choices = std::array<std::pair<std::string_view, T>, N>;

template <typename T, size_t N>
std::optional<std::string> read_choice(T& target, const Value& value,
                                       const Choices<T, N>& choices) {
  std::string expected;
  for (size_t i = 0; i < N; ++i) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && *text == choices[i].first) {
      target = choices[i].second;
      return std::nullopt;
    }
    expected += (i == 0 ? "" : i + 1 == N ? " or " : ", ") + in_quotes(choices[i].first);
  }
  return expected;
}

template <typename T, size_t N>
std::string write_choice(T value, const Choices<T, N>& choices) {
  for (const auto& [name, choice] : choices) {
    if (choice == value) return in_quotes(name);
  }
  return in_quotes("");
}

std::optional<std::string> read_listen(std::optional<SocketAddress>& target, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && *text == "off") {
    target.reset();
    return std::nullopt;
  }
  const auto address = text != nullptr ? SocketAddress::parse(*text) : std::nullopt;
  if (!address) return R"(an address with a port such as "0.0.0.0:8443" or "[::]:8443", or "off")";
  target = *address;
  return std::nullopt;
}

std::string write_listen(const std::optional<SocketAddress>& listen) {
  return in_quotes(listen ? listen->to_string() : "off");
}

// A list, or one text with commas as the command line gives it.
std::optional<List> items_of(const Value& value) {
  if (const auto* list = std::get_if<List>(&value)) return *list;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::nullopt;
  List items;
  std::istringstream in(*text);
  for (std::string item; std::getline(in, item, ',');) {
    const size_t begin = item.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    items.push_back(item.substr(begin, item.find_last_not_of(' ') - begin + 1));
  }
  return items;
}

std::optional<std::string> read_ips(std::vector<IpAddress>& target, const Value& value) {
  static constexpr const char* kExpected =
      R"(a list of IP addresses such as ["192.0.2.1", "2001:db8::1"])";
  const auto items = items_of(value);
  if (!items) return kExpected;
  std::vector<IpAddress> ips;
  for (const std::string& item : *items) {
    const auto ip = IpAddress::parse(item);
    if (!ip || ip->is_unspecified()) return kExpected;
    ips.push_back(*ip);
  }
  target = std::move(ips);
  return std::nullopt;
}

std::optional<std::string> read_origins(List& target, const Value& value) {
  auto items = items_of(value);
  const auto is_origin = [](const std::string& item) {
    const bool scheme = item.starts_with("https://") || item.starts_with("http://");
    return scheme && item.find('/', item.find("://") + 3) == std::string::npos;
  };
  if (!items || !std::all_of(items->begin(), items->end(), is_origin)) {
    return R"(a list of origins such as ["https://meet.example.org"], without a path)";
  }
  target = std::move(*items);
  return std::nullopt;
}

constexpr Choices<P2pMode, 3> kP2pModes = {
    {{"on", P2pMode::kOn}, {"lan", P2pMode::kLan}, {"off", P2pMode::kOff}}};
// "ROOM=MODE" each.
std::optional<std::string> read_room_modes(std::map<std::string, P2pMode>& target,
                                           const Value& value) {
  static constexpr const char* kExpected =
      R"(a list of rooms (1 to 64 of a-z, 0-9, -) with a mode each, such as ["blue-fox=off", "board=lan"])";
  static constexpr std::string_view kRoomCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  const auto items = items_of(value);
  if (!items) return kExpected;
  std::map<std::string, P2pMode> modes;
  for (const std::string& item : *items) {
    const size_t equals = item.find('=');
    if (equals == 0 || equals > 64 || item.find_first_not_of(kRoomCharacters) != equals) {
      return kExpected;
    }
    P2pMode mode{};
    if (read_choice(mode, Value(item.substr(equals + 1)), kP2pModes)) return kExpected;
    modes[item.substr(0, equals)] = mode;
  }
  target = std::move(modes);
  return std::nullopt;
}

std::string write_room_modes(const std::map<std::string, P2pMode>& modes) {
  List items;
  for (const auto& [room, mode] : modes) {
    const std::string quoted = write_choice(mode, kP2pModes);
    items.push_back(room + "=" + quoted.substr(1, quoted.size() - 2));
  }
  return shown(items);
}

constexpr Choices<LogLevel, 4> kLogLevels = {{{"debug", LogLevel::kDebug},
                                              {"info", LogLevel::kInfo},
                                              {"warning", LogLevel::kWarning},
                                              {"error", LogLevel::kError}}};
constexpr Choices<LogFormat, 2> kLogFormats = {
    {{"text", LogFormat::kText}, {"json", LogFormat::kJson}}};

// Grouped by table, in the order `parley config` prints them.
constexpr Setting kSettings[] = {
    {"http.listen",
     "Address and port of plain HTTP, for this machine and for a reverse proxy on it; \"off\" for "
     "none.",
     [](Settings& s, const Value& v) { return read_listen(s.http.listen, v); },
     [](const Settings& s) { return write_listen(s.http.listen); }},
    {"http.web_root", "Folder of the built web client; empty: the one that came with the program.",
     [](Settings& s, const Value& v) { return read_text(s.http.web_root, v); },
     [](const Settings& s) { return in_quotes(s.http.web_root); }},
    {"http.allowed_origins", "Other web origins whose pages may open the signalling WebSocket.",
     [](Settings& s, const Value& v) { return read_origins(s.http.allowed_origins, v); },
     [](const Settings& s) { return shown(s.http.allowed_origins); }},
    {"http.max_connections", "TCP connections in all, HTTP and WebSocket.",
     [](Settings& s, const Value& v) {
       return read_integer(s.http.max_connections, v, 1, 1'000'000);
     },
     [](const Settings& s) { return fmt::format("{}", s.http.max_connections); }},
    {"http.max_connections_per_ip",
     "TCP connections of one IPv4 address or IPv6 /64; connections from this machine are not "
     "counted.",
     [](Settings& s, const Value& v) {
       return read_integer(s.http.max_connections_per_ip, v, 1, 1'000'000);
     },
     [](const Settings& s) { return fmt::format("{}", s.http.max_connections_per_ip); }},

    {"https.listen",
     "Address and port of HTTPS. Browsers give camera and microphone to HTTPS pages only; \"off\" "
     "for none.",
     [](Settings& s, const Value& v) { return read_listen(s.https.listen, v); },
     [](const Settings& s) { return write_listen(s.https.listen); }},
    {"https.certificate",
     "PEM file with the certificate and its chain; empty: a self-signed one is made and kept.",
     [](Settings& s, const Value& v) { return read_text(s.https.certificate, v); },
     [](const Settings& s) { return in_quotes(s.https.certificate); }},
    {"https.key", "PEM file with the certificate's private key.",
     [](Settings& s, const Value& v) { return read_text(s.https.key, v); },
     [](const Settings& s) { return in_quotes(s.https.key); }},

    {"media.port", "UDP port of media and STUN; shard number i takes port + i. 0: any free ports.",
     [](Settings& s, const Value& v) { return read_integer(s.media.port, v, 0, 65'535); },
     [](const Settings& s) { return fmt::format("{}", s.media.port); }},
    {"media.shards", "Media threads; 0: one for each core, at most 4.",
     [](Settings& s, const Value& v) { return read_integer(s.media.shards, v, 0, 32); },
     [](const Settings& s) { return fmt::format("{}", s.media.shards); }},
    {"media.room_share", "People of a room on one media thread, before it takes another.",
     [](Settings& s, const Value& v) { return read_integer(s.media.room_share, v, 1, 1'000'000); },
     [](const Settings& s) { return fmt::format("{}", s.media.room_share); }},
    {"media.public_ips",
     "Addresses that clients are told to send media to; empty: those of this machine. Set it "
     "behind a NAT.",
     [](Settings& s, const Value& v) { return read_ips(s.media.public_ips, v); },
     [](const Settings& s) {
       List texts;
       for (const IpAddress& ip : s.media.public_ips) texts.push_back(ip.to_string());
       return shown(texts);
     }},

    {"p2p.mode",
     "Whether two people talk directly: \"on\", \"lan\" (only inside one network) or \"off\".",
     [](Settings& s, const Value& v) { return read_choice(s.p2p.mode, v, kP2pModes); },
     [](const Settings& s) { return write_choice(s.p2p.mode, kP2pModes); }},
    {"p2p.rooms",
     "Rooms with a stricter mode of their own, such as \"blue-fox=off\" or \"board=lan\".",
     [](Settings& s, const Value& v) { return read_room_modes(s.p2p.rooms, v); },
     [](const Settings& s) { return write_room_modes(s.p2p.rooms); }},
    {"p2p.quiet_seconds",
     "How long a room must have had two people before they go back to talking directly.",
     [](Settings& s, const Value& v) { return read_integer(s.p2p.quiet_seconds, v, 0, 86'400); },
     [](const Settings& s) { return fmt::format("{}", s.p2p.quiet_seconds); }},

    {"rooms.max_participants", "People in one room.",
     [](Settings& s, const Value& v) {
       return read_integer(s.rooms.max_participants, v, 1, 10'000);
     },
     [](const Settings& s) { return fmt::format("{}", s.rooms.max_participants); }},

    {"auth.api_key", "Name of the key that signs access tokens.",
     [](Settings& s, const Value& v) { return read_text(s.auth.api_key, v); },
     [](const Settings& s) { return in_quotes(s.auth.api_key); }, false},
    {"auth.api_secret", "The key itself.",
     [](Settings& s, const Value& v) { return read_text(s.auth.api_secret, v); },
     [](const Settings& s) { return in_quotes(s.auth.api_secret); }, false},

    {"store.url",
     "Database: \"sqlite:FILE\" or \"postgresql://…\"; empty: nothing outlives the process.",
     [](Settings& s, const Value& v) { return read_text(s.store.url, v); },
     [](const Settings& s) { return in_quotes(s.store.url); }, false},

    {"cluster.redis_url",
     "Redis through which several servers find each other; empty: this one is alone.",
     [](Settings& s, const Value& v) { return read_text(s.cluster.redis_url, v); },
     [](const Settings& s) { return in_quotes(s.cluster.redis_url); }, false},

    {"data.dir",
     "Folder for what the server keeps; empty: ./parley-data, or /var/lib/parley when installed.",
     [](Settings& s, const Value& v) { return read_text(s.data.dir, v); },
     [](const Settings& s) { return in_quotes(s.data.dir); }},

    {"log.level", "\"debug\", \"info\", \"warning\" or \"error\".",
     [](Settings& s, const Value& v) { return read_choice(s.log.level, v, kLogLevels); },
     [](const Settings& s) { return write_choice(s.log.level, kLogLevels); }},
    {"log.format", "\"text\" for people or \"json\" for machines; on standard error.",
     [](Settings& s, const Value& v) { return read_choice(s.log.format, v, kLogFormats); },
     [](const Settings& s) { return write_choice(s.log.format, kLogFormats); }},
};

}  // namespace

std::span<const Setting> all_settings() {
  return kSettings;
}

std::string shown(const Value& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* i = std::get_if<int64_t>(&value)) return fmt::format("{}", *i);
  if (const auto* d = std::get_if<double>(&value)) return fmt::format("{}", *d);
  if (const auto* s = std::get_if<std::string>(&value)) return in_quotes(*s);
  List parts;
  for (const std::string& item : std::get<List>(value)) parts.push_back(in_quotes(item));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

const Setting* find_setting(std::string_view key) {
  const auto* const i = std::find_if(std::begin(kSettings), std::end(kSettings),
                                     [&](const Setting& s) { return s.key == key; });
  return i == std::end(kSettings) ? nullptr : i;
}

}  // namespace parley::app
