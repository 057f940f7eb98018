#include "command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace parley::lab {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array kTimes{Unit{"us", 1}, Unit{"ms", 1e3}, Unit{"s", 1e6}};
constexpr std::array kRates{Unit{"bit", 1}, Unit{"kbit", 1e3}, Unit{"mbit", 1e6}};
constexpr std::array kSizes{Unit{"b", 1}, Unit{"kb", 1e3}};
constexpr std::array kShares{Unit{"%", 0.01}};
constexpr std::array kPlain{Unit{"", 1}};
// Keeps every product with a time in 64 bits.
constexpr double kMost = 1e12;

// "12.5ms" in the units' base; nothing if it isn't a number of one of these units.
template <size_t N>
std::optional<double> parse_quantity(std::string_view text, const std::array<Unit, N>& units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    const double value = number * known.factor;
    if (!(value >= 0 && value <= kMost)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

std::optional<TimeDelta> parse_time(std::string_view text) {
  const auto us = parse_quantity(text, kTimes);
  if (!us) return std::nullopt;
  return TimeDelta::micros(static_cast<int64_t>(*us));
}

template <typename T>
bool take(std::optional<T> value, T& into) {
  if (value) into = *value;
  return value.has_value();
}

bool apply(std::string_view key, std::string_view value, LinkSettings& settings) {
  if (key == "delay") return take(parse_time(value), settings.delay);
  if (key == "jitter") return take(parse_time(value), settings.jitter);
  if (key == "loss") return take(parse_quantity(value, kShares), settings.loss);
  if (key == "bad") return take(parse_quantity(value, kShares), settings.bad_loss);
  if (key == "order") {
    settings.keep_order = value == "keep";
    return value == "keep" || value == "free";
  }
  if (key == "burst") {
    if (value == "none") return take(std::optional<double>(0), settings.burst);
    return take(parse_quantity(value, kPlain), settings.burst);
  }
  if (key == "rate") {
    const auto bps = value == "none" ? std::optional<double>(0) : parse_quantity(value, kRates);
    if (!bps || (*bps < 1 && value != "none")) return false;
    settings.rate = DataRate::bps(static_cast<int64_t>(*bps));
    return true;
  }
  if (key == "queue") {
    if (const auto time = parse_time(value)) {
      if (*time == TimeDelta::zero()) return false;
      settings.queue_time = *time;
      return true;
    }
    const auto size = parse_quantity(value, kSizes);
    if (!size) return false;
    settings.queue_time = TimeDelta::zero();
    settings.queue_size = DataSize::bytes(static_cast<int64_t>(*size));
    return true;
  }
  return false;
}

// The next word, taken off the front of `text`; empty at its end.
std::string_view take_word(std::string_view& text) {
  const size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  text.remove_prefix(begin);
  const size_t end = std::min(text.find_first_of(" \t\r"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::string show(const Link& link) {
  const LinkSettings& s = link.settings();
  const LinkCounters& c = link.counters();
  return fmt::format(
      R"({{"rate_bps":{},"queue_time_us":{},"queue_size":{},"delay_us":{},"jitter_us":{},"keep_order":{},)"
      R"("loss":{},"burst":{},"bad_loss":{},"packets_in":{},"bytes_in":{},"packets_out":{},"bytes_out":{},)"
      R"("lost":{},"queue_full":{},"overflow":{},"reordered":{},"refused":{},"waiting":{},"longest_wait_us":{},)"
      R"("latest_us":{}}})",
      s.rate.bps(), s.queue_time.us(), s.queue_size.bytes(), s.delay.us(), s.jitter.us(),
      s.keep_order, s.loss, s.burst, s.bad_loss, c.packets_in, c.bytes_in, c.packets_out,
      c.bytes_out, c.lost, c.queue_full, c.overflow, c.reordered, c.refused, link.waiting().bytes(),
      c.longest_wait.us(), c.latest.us());
}

// Of the caller's words only what JSON takes as it is.
std::string error(std::string_view what) {
  std::string said;
  for (const char c : what) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') said += c;
  }
  return fmt::format(R"({{"error":"{}"}})", said);
}

constexpr std::string_view kOk = R"({"ok":true})";

std::string set(std::string_view rest, Links links, Timestamp now) {
  const std::string_view which = take_word(rest);
  const bool both = which == "both";
  if (!both && which != "down" && which != "up")
    return error(fmt::format("down, up or both, not: {}", which));
  // Both are looked at before one is changed.
  const auto down = parse_settings(rest, links.down.settings());
  const auto up = parse_settings(rest, links.up.settings());
  if (both || which == "down") {
    if (!down) return error(down.error());
  }
  if (both || which == "up") {
    if (!up) return error(up.error());
  }
  if (both || which == "down") links.down.set(*down, now);
  if (both || which == "up") links.up.set(*up, now);
  return std::string(kOk);
}

}  // namespace

std::expected<LinkSettings, std::string> parse_settings(std::string_view text,
                                                        LinkSettings before) {
  LinkSettings settings = before;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos ||
        !apply(word.substr(0, equals), word.substr(equals + 1), settings))
      return std::unexpected("not a setting: " + std::string(word));
  }
  if (const char* problem = settings.problem()) return std::unexpected(problem);
  return settings;
}

std::string handle_command(std::string_view line, Links links, Timestamp now) {
  const std::string_view verb = take_word(line);
  if (verb == "set") return set(line, links, now);
  if (verb == "show")
    return fmt::format(R"({{"down":{},"up":{}}})", show(links.down), show(links.up));
  if (verb == "reset") {
    links.down.reset_counters();
    links.up.reset_counters();
    return std::string(kOk);
  }
  return error(fmt::format("set, show or reset, not: {}", verb));
}

}  // namespace parley::lab
