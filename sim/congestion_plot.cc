#include "sim/congestion_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

namespace parley::sim {
namespace {

constexpr double kWidth = 900;
constexpr double kLeft = 60;
constexpr double kRight = 20;
constexpr double kTop = 30;
constexpr double kRates = 260;
constexpr double kGap = 40;
constexpr double kQueues = 110;
constexpr double kHeight = kTop + kRates + kGap + kQueues + 40;
constexpr size_t kMostPoints = 400;
// Okabe and Ito's palette: told apart by everybody.
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"};

using Series = std::function<double(size_t)>;

class Canvas {
 public:
  explicit Canvas(const CongestionTrace& trace) : samples_(trace.forward.size()) {
    fmt::format_to(out(),
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" "
                   "font-family=\"sans-serif\" font-size=\"12\">\n"
                   "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
                   "<text x=\"{}\" y=\"18\" font-size=\"14\">{}</text>\n",
                   kWidth, kHeight, kLeft, trace.plan.title);
  }

  // Axes of a panel; values from 0 to `most`.
  void panel(double top, double height, double most, const char* unit, double seconds) {
    for (int i = 0; i <= 4; ++i) {
      const double y = top + height - height * i / 4;
      fmt::format_to(out(),
                     "<path d=\"M{} {:.0f}H{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.0f}\" "
                     "text-anchor=\"end\">{:g}</text>\n",
                     kLeft, y, kWidth - kRight, kLeft - 6, y + 4, most * i / 4);
    }
    fmt::format_to(out(), "<text x=\"{}\" y=\"{:.0f}\">{}</text>\n", kLeft + 4, top + 12, unit);
    for (int i = 0; i <= 10; ++i) {
      fmt::format_to(
          out(), "<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"middle\">{:g} s</text>\n",
          kLeft + (kWidth - kLeft - kRight) * i / 10, top + height + 16, seconds * i / 10);
    }
  }

  void line(double top, double height, double most, const char* style, const Series& series) {
    text_ += "<path fill=\"none\" ";
    text_ += style;
    text_ += " d=\"";
    const size_t step = std::max<size_t>(1, (samples_ + kMostPoints - 1) / kMostPoints);
    for (size_t i = 0; i < samples_; i += step) {
      double value = 0;
      const size_t end = std::min(i + step, samples_);
      for (size_t j = i; j < end; ++j) value += series(j) / static_cast<double>(end - i);
      const double x = kLeft + (kWidth - kLeft - kRight) * static_cast<double>(i) /
                                   static_cast<double>(samples_);
      const double y = top + height - height * std::min(value, most) / most;
      fmt::format_to(out(), "{}{:.0f} {:.0f}", i == 0 ? "M" : "L", x, y);
    }
    text_ += "\"/>\n";
  }

  void legend(size_t place, const char* colour, const std::string& name) {
    const double x = kWidth - kRight - 100.0 * static_cast<double>(place + 1);
    fmt::format_to(out(), "<text x=\"{:.0f}\" y=\"18\" fill=\"{}\">{}</text>\n", x, colour, name);
  }

  std::string finish() { return text_ + "</svg>\n"; }

 private:
  std::back_insert_iterator<std::string> out() { return std::back_inserter(text_); }
  size_t samples_;
  std::string text_;
};

double mbps(DataRate rate) {
  return static_cast<double>(rate.bps()) / 1e6;
}

}  // namespace

std::string plot_svg(const CongestionTrace& trace) {
  const double seconds = trace.plan.duration.seconds_f();
  double most = 0;
  double most_ms = 100;
  for (const DataRate rate : trace.forward) most = std::max(most, mbps(rate));
  for (const auto& flow : trace.media) {
    for (const auto& s : flow)
      most_ms = std::max(most_ms, static_cast<double>(s.worst_queueing.ms()));
  }
  most *= 1.2;
  Canvas canvas(trace);
  canvas.panel(kTop, kRates, most, "Mbit/s", seconds);
  const double lower = kTop + kRates + kGap;
  canvas.panel(lower, kQueues, most_ms, "queueing, ms", seconds);
  canvas.line(kTop, kRates, most, "stroke=\"#000\" stroke-dasharray=\"4 3\"",
              [&](size_t i) { return mbps(trace.forward[i]); });
  if (trace.backward.front() > DataRate::zero()) {
    canvas.line(kTop, kRates, most, "stroke=\"#888\" stroke-dasharray=\"2 3\"",
                [&](size_t i) { return mbps(trace.backward[i]); });
  }
  if (!trace.tcp.empty()) {
    canvas.line(kTop, kRates, most, "stroke=\"#999\"", [&](size_t i) {
      double sum = 0;
      for (const auto& flow : trace.tcp) sum += mbps(flow[i].received);
      return sum;
    });
    canvas.legend(trace.media.size(), "#777", "TCP received");
  }
  for (size_t f = 0; f < trace.media.size(); ++f) {
    const char* colour = kColours[f % std::size(kColours)];
    const std::string style = fmt::format("stroke=\"{}\" stroke-width=\"1.5\"", colour);
    canvas.line(kTop, kRates, most, style.c_str(),
                [&](size_t i) { return mbps(trace.media[f][i].target); });
    canvas.line(lower, kQueues, most_ms, style.c_str(), [&](size_t i) {
      return static_cast<double>(trace.media[f][i].worst_queueing.ms());
    });
    canvas.legend(f, colour, fmt::format("target {}", f + 1));
  }
  return canvas.finish();
}

}  // namespace parley::sim
