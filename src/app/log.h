// The log: one line for each event on standard error, as text for people or JSON for machines.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "app/settings.h"
#include "base/address.h"

namespace parley::app {

// A named value of a log line. Addresses of people are shortened by their type: an IPv4 address to
// its /24, an IPv6 address to its /48; write an address of the server itself as text.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  LogField(std::string_view k, T v) : key(k), value(static_cast<int64_t>(v)) {}
  LogField(std::string_view k, const IpAddress& v);

  std::string_view key;
  std::variant<std::string, int64_t, double, bool> value;
};

using LogFields = std::initializer_list<LogField>;

// Before the first line and before other threads start.
void configure_log(LogLevel level, LogFormat format);

// From any thread. `message` is a constant phrase, so that lines can be counted; what varies goes
// into fields.
void log_debug(std::string_view message, LogFields fields = {});
void log_info(std::string_view message, LogFields fields = {});
void log_warning(std::string_view message, LogFields fields = {});
void log_error(std::string_view message, LogFields fields = {});

// One line as configure_log() would have it written, without its end; for tests.
std::string format_log_line(LogFormat format, LogLevel level, std::string_view time,
                            std::string_view message, LogFields fields);

}  // namespace parley::app
