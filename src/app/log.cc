#include "app/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <time.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "io/clock.h"

namespace parley::app {
namespace {

struct Log {
  std::shared_ptr<spdlog::logger> logger =
      std::make_shared<spdlog::logger>("parley", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  LogFormat format = LogFormat::kText;
  Log() { logger->set_pattern("%v"); }
};

Log& the_log() {
  static Log log;
  return log;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

// RFC 3339 in UTC, to the millisecond.
std::string time_now() {
  const int64_t ms = io::wall_clock_ms();
  const time_t seconds = ms / 1000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ms % 1000);
}

std::string shortened(const IpAddress& ip) {
  if (ip.is_loopback() || ip.is_unspecified()) return ip.to_string();
  const Bytes b = ip.bytes();
  if (ip.is_v4()) return fmt::format("{}.{}.{}.0/24", b[0], b[1], b[2]);
  std::array<uint8_t, 16> kept{};
  for (size_t i = 0; i < 6; ++i) kept[i] = b[i];
  return IpAddress::v6(kept).to_string() + "/48";
}

bool needs_quotes(const std::string& text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
      return true;
  }
  return false;
}

// JSON's quoting: no control character reaches the terminal.
std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string text_of(const LogField& field) {
  if (const auto* i = std::get_if<int64_t>(&field.value)) return fmt::format("{}", *i);
  if (const auto* d = std::get_if<double>(&field.value)) return fmt::format("{:.3f}", *d);
  if (const auto* b = std::get_if<bool>(&field.value)) return *b ? "true" : "false";
  return {};
}

void write(LogLevel level, std::string_view message, LogFields fields) {
  Log& log = the_log();
  if (!log.logger->should_log(to_spdlog(level))) return;
  log.logger->log(to_spdlog(level),
                  format_log_line(log.format, level, time_now(), message, fields));
}

}  // namespace

LogField::LogField(std::string_view k, const IpAddress& v) : key(k), value(shortened(v)) {}

std::string format_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view message, LogFields fields) {
  if (format == LogFormat::kText) {
    std::string line = fmt::format("{} {:<7} {}", time, name_of(level), message);
    for (const LogField& field : fields) {
      const auto* text = std::get_if<std::string>(&field.value);
      line += fmt::format(" {}={}", field.key,
                          text == nullptr       ? text_of(field)
                          : needs_quotes(*text) ? json_text(*text)
                                                : *text);
    }
    return line;
  }
  std::string line = fmt::format(R"({{"time":{},"level":"{}","message":{})", json_text(time),
                                 name_of(level), json_text(message));
  for (const LogField& field : fields) {
    const auto* text = std::get_if<std::string>(&field.value);
    line += fmt::format(",{}:{}", json_text(field.key),
                        text == nullptr ? text_of(field) : json_text(*text));
  }
  return line + "}";
}

void configure_log(LogLevel level, LogFormat format) {
  the_log().format = format;
  the_log().logger->set_level(to_spdlog(level));
}

void log_debug(std::string_view message, LogFields fields) {
  write(LogLevel::kDebug, message, fields);
}
void log_info(std::string_view message, LogFields fields) {
  write(LogLevel::kInfo, message, fields);
}
void log_warning(std::string_view message, LogFields fields) {
  write(LogLevel::kWarning, message, fields);
}
void log_error(std::string_view message, LogFields fields) {
  write(LogLevel::kError, message, fields);
}

}  // namespace parley::app
