#include "sfu/layer_rate_meter.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace parley::sfu {
namespace {

double decay(TimeDelta passed, TimeDelta constant) {
  return std::exp(-std::max(0.0, passed.seconds_f()) / constant.seconds_f());
}

}  // namespace

void LayerRateMeter::Cell::advance(Timestamp now) {
  if (!seen || now - last_packet >= kPausedAfter) {
    // What the interrupted window had is lost: it would count as a slow one.
    window_start = now;
    open_bytes = 0;
    open_all_bytes = 0;
    seen = true;
  }
  bool changed = false;
  while (now - window_start >= kWindow) {  // at most kPausedAfter / kWindow + 1 times
    close_window();
    window_start = window_start + kWindow;
    changed = true;
  }
  if (changed) estimate();
  last_packet = now;
}

void LayerRateMeter::Cell::close_window() {
  const auto bytes = static_cast<double>(open_bytes);
  const bool outside = is_measured() && (bytes < median / kClamp || bytes > median * kClamp);
  windows[next] = open_bytes;
  next = static_cast<uint8_t>((next + 1) % kWindows);
  closed = static_cast<uint8_t>(std::min<size_t>(closed + size_t{1}, kWindows));
  constexpr auto kSlowWindows = static_cast<uint16_t>(kSlowMean.us() / kWindow.us());
  slow_windows = std::min<uint16_t>(static_cast<uint16_t>(slow_windows + 1), kSlowWindows);
  slow_bytes += (static_cast<double>(open_all_bytes) - slow_bytes) / slow_windows;
  irregular += ((outside ? 1 : 0) - irregular) / kSlowWindows;  // a steady one until shown
  open_bytes = 0;
  open_all_bytes = 0;
}

void LayerRateMeter::Cell::estimate() {
  std::array<int64_t, kWindows> sorted = windows;
  std::sort(sorted.begin(), sorted.begin() + closed);
  median = static_cast<double>(sorted[(closed - size_t{1}) / 2] + sorted[closed / size_t{2}]) / 2;
  double sum = 0;
  for (size_t i = 0; i < closed; ++i)
    sum += std::clamp(static_cast<double>(sorted[i]), median / kClamp, median * kClamp);
  steady_bps = sum * 8 / (closed * kWindow.seconds_f());
}

double LayerRateMeter::Cell::key_bytes_at(Timestamp now) const {
  return key_bytes * decay(now - key_time, kKeyFrameSpread);
}

double LayerRateMeter::Cell::bps(Timestamp now) const {
  if (!is_steady()) return slow_bytes * 8 / kWindow.seconds_f();
  const Timestamp lived = std::min(now, last_packet + kPausedAfter);
  return steady_bps + key_bytes_at(lived) * 8 / kKeyFrameSpread.seconds_f();
}

void LayerRateMeter::add(Layer layer, DataSize size, bool key_frame, Timestamp now) {
  if (!is_known(layer)) return;
  Cell& cell = cells_[index(layer.encoding, layer.spatial, layer.temporal)];
  cell.advance(now);
  cell.open_all_bytes += size.bytes();
  if (!key_frame) {
    cell.open_bytes += size.bytes();
    return;
  }
  cell.key_bytes = cell.key_bytes_at(now) + static_cast<double>(size.bytes());
  cell.key_time = now;
}

void LayerRateMeter::set_declared(Layer layer, DataRate rate, Timestamp now) {
  if (!is_known(layer)) return;
  declared_[index(layer.encoding, layer.spatial, layer.temporal)] = {rate, now};
}

void LayerRateMeter::restart(uint8_t encoding) {
  if (encoding >= kEncodings) return;
  for (size_t i = index(encoding, 0, 0); i < index(encoding + size_t{1}, 0, 0); ++i) {
    cells_[i] = Cell();
    declared_[i] = Declared();
  }
}

DataRate LayerRateMeter::rate(Layer layer, uint16_t lines, float fps, Timestamp now) const {
  if (!is_known(layer)) return default_rate(lines, fps);
  double bps = 0;
  for (size_t s = 0; s <= layer.spatial; ++s) {
    for (size_t t = 0; t <= layer.temporal; ++t) {
      const Cell& cell = cells_[index(layer.encoding, s, t)];
      if (cell.is_measured()) bps += cell.bps(now);
    }
  }
  const auto measured = DataRate::bps(std::llround(bps));
  const size_t own = index(layer.encoding, layer.spatial, layer.temporal);
  const Declared& declared = declared_[own];
  if (declared.rate > DataRate::zero() && now - declared.when <= kDeclaredFresh &&
      measured.bps() / kDisbelief <= declared.rate.bps())
    return declared.rate;
  if (cells_[own].is_measured()) return measured;
  return std::max(default_rate(lines, fps), measured);
}

DataRate LayerRateMeter::default_rate(uint16_t lines, float fps) {
  // At 180, 360 and 720 lines libwebrtc's simulcast targets (video/config/simulcast.cc, 30 frames a
  // second); the others are drawn on from these.
  struct Point {
    double lines, kbps;
  };
  constexpr Point kPoints[] = {{90, 60},    {180, 150},  {270, 350},   {360, 500},
                               {540, 1200}, {720, 2500}, {1080, 4000}, {2160, 12000}};
  double kbps = kPoints[0].kbps;
  for (size_t i = 1; i < std::size(kPoints); ++i) {
    const Point& a = kPoints[i - 1];
    const Point& b = kPoints[i];
    if (lines <= a.lines) break;
    kbps = a.kbps + (b.kbps - a.kbps) * std::min(1.0, (lines - a.lines) / (b.lines - a.lines));
  }
  // Three temporal layers share a rate as 40, 20 and 40 %: 40 % of it for 7.5 frames, 60 % for 15.
  const double share = 0.2 + 0.8 * std::clamp(static_cast<double>(fps), 1.0, 30.0) / 30;
  return DataRate::bps(std::llround(kbps * share * 1000));
}

}  // namespace parley::sfu
