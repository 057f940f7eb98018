#include "app/bench_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace parley::app {
namespace {

constexpr double kWidth = 900;
constexpr double kHeight = 190;  // of one chart
constexpr double kLeft = 70;
constexpr double kRight = 20;
constexpr double kTop = 30;
constexpr double kBottom = 25;

struct Curve {
  const char* name;
  const char* color;
  std::function<double(const LoadSample&)> value;
};

// 1, 2 or 5 times a power of ten, at least `value`.
double round_up(double value) {
  double step = 1e-3;
  for (;;) {
    for (const double times : {1.0, 2.0, 5.0}) {
      if (step * times >= value) return step * times;
    }
    step *= 10;
  }
}

std::string chart(const LoadFigures& figures, double offset, const char* title,
                  const std::vector<Curve>& curves) {
  const auto& samples = figures.samples;
  const double end = samples.empty() ? 1 : std::max(samples.back().at_seconds, 1.0);
  double most = 0;
  for (const Curve& curve : curves) {
    for (const LoadSample& sample : samples) most = std::max(most, curve.value(sample));
  }
  const double top = round_up(most);
  const double plot_width = kWidth - kLeft - kRight;
  const double plot_height = kHeight - kTop - kBottom;
  const auto x = [&](double at) { return kLeft + at / end * plot_width; };
  const auto y = [&](double value) { return offset + kTop + (1 - value / top) * plot_height; };

  std::string out;
  for (const LoadSample& sample : samples) {
    if (sample.phase != "measuring") continue;
    out +=
        fmt::format("<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='#eef4ff'/>\n",
                    x(sample.at_seconds - 1), y(top), x(1) - x(0), plot_height);
  }
  for (int i = 0; i <= 2; ++i) {
    const double value = top * i / 2;
    out += fmt::format(
        "<path d='M{:.1f},{:.1f}H{:.1f}' stroke='#ccc'/><text x='{:.1f}' y='{:.1f}' "
        "text-anchor='end'>{:g}</text>\n",
        kLeft, y(value), kWidth - kRight, kLeft - 6, y(value) + 4, value);
  }
  out += fmt::format("<text x='{:.1f}' y='{:.1f}' font-weight='bold'>{}</text>\n", kLeft,
                     offset + 18, title);
  double legend = kWidth - kRight;
  for (const Curve& curve : curves) {
    std::string points;
    for (const LoadSample& sample : samples)
      points += fmt::format("{:.1f},{:.1f} ", x(sample.at_seconds), y(curve.value(sample)));
    out += fmt::format("<polyline points='{}' fill='none' stroke='{}' stroke-width='1.5'/>\n",
                       points, curve.color);
    out += fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='end' fill='{}'>{}</text>\n",
                       legend, offset + 18, curve.color, curve.name);
    legend -= 100;
  }
  for (int i = 0; i <= 4; ++i) {
    out += fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='middle'>{:.0f} s</text>\n",
                       x(end * i / 4), offset + kHeight - 8, end * i / 4);
  }
  return out;
}

}  // namespace

std::string to_svg(const LoadFigures& figures) {
  const std::vector<std::pair<const char*, std::vector<Curve>>> charts = {
      {"Latency, ms",
       {{"p99", "#c0392b", [](const LoadSample& s) { return s.p99.seconds_f() * 1e3; }},
        {"p50", "#2471a3", [](const LoadSample& s) { return s.p50.seconds_f() * 1e3; }}}},
      {"Processor, % of a core",
       {{"server", "#c0392b", [](const LoadSample& s) { return 100 * s.server_share.value_or(0); }},
        {"generator", "#7f8c8d", [](const LoadSample& s) { return 100 * s.own_share; }}}},
      {"Packets a second",
       {{"forwarded", "#2471a3",
         [](const LoadSample& s) { return static_cast<double>(s.forwarded); }},
        {"lost", "#c0392b", [](const LoadSample& s) { return static_cast<double>(s.lost); }}}}};
  std::string out = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}' "
      "font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n",
      kWidth, kHeight * static_cast<double>(charts.size()));
  double offset = 0;
  for (const auto& [title, curves] : charts) {
    out += chart(figures, offset, title, curves);
    offset += kHeight;
  }
  return out + "</svg>\n";
}

}  // namespace parley::app
