#include "congestion/acked_rate.h"

#include <algorithm>
#include <cmath>

namespace parley::congestion {
namespace {

constexpr double kFirstUncertainty = 50;
constexpr double kUncertainty = 10;
constexpr double kLimitedUncertainty = 20;
constexpr double kFarthest = 2;
constexpr double kDrift = 5;  // how much the variance grows from window to window

}  // namespace

void AckedRate::on_received(DataSize size, Timestamp received, bool application_limited) {
  if (!started_ || received - last_ > kSilence || last_ - received > kSilence) {
    started_ = true;
    window_start_ = received;
    bytes_ = DataSize();
  }
  last_ = std::max(last_, received);
  if (received < last_ - kSilence) last_ = received;
  const TimeDelta window = estimate_kbps_ < 0 ? kFirstWindow : kWindow;
  if (received - window_start_ >= window) {
    // Idle windows in between aren't samples of zero: only the time counts.
    const DataRate sample = bytes_ / (received - window_start_);
    fold(static_cast<double>(sample.bps()) / 1000, application_limited);
    window_start_ = received;
    bytes_ = DataSize();
  }
  bytes_ += size;
  count(size, received);
}

void AckedRate::count(DataSize size, Timestamp received) {
  const int64_t slot = received.us() / kSlot.us();
  const auto slots = static_cast<int64_t>(kSlots);
  if (slot > slot_ + slots || slot < slot_ - slots) {
    slots_.fill(0);
    slot_ = slot;
  }
  for (; slot_ < slot; ++slot_) slots_[static_cast<size_t>((slot_ + 1) & (slots - 1))] = 0;
  if (slot_ - slot < slots) slots_[static_cast<size_t>(slot & (slots - 1))] += size.bytes();
}

DataRate AckedRate::recent(TimeDelta window) const {
  // The newest slot is still filling.
  const auto slots = static_cast<int64_t>(kSlots);
  const int64_t whole = std::clamp<int64_t>(window.us() / kSlot.us(), 1, slots - 1);
  int64_t bytes = 0;
  for (int64_t i = 1; i <= whole; ++i)
    bytes += slots_[static_cast<size_t>((slot_ - i) & (slots - 1))];
  return DataSize::bytes(bytes) / (kSlot * whole);
}

void AckedRate::fold(double sample_kbps, bool application_limited) {
  if (estimate_kbps_ < 0) {
    estimate_kbps_ = sample_kbps;
    variance_ = kFirstUncertainty;
    return;
  }
  const bool lower = sample_kbps < estimate_kbps_;
  const double scale = application_limited && lower ? kLimitedUncertainty : kUncertainty;
  const double away = std::abs(estimate_kbps_ - sample_kbps) / std::max(estimate_kbps_, 1.0);
  const double off = scale * std::min(away, kFarthest);
  const double sample_variance = off * off;
  const double predicted = variance_ + kDrift;
  estimate_kbps_ =
      (sample_variance * estimate_kbps_ + predicted * sample_kbps) / (sample_variance + predicted);
  variance_ = sample_variance * predicted / (sample_variance + predicted);
}

std::optional<DataRate> AckedRate::value() const {
  if (estimate_kbps_ < 0) return std::nullopt;
  return DataRate::bps(static_cast<int64_t>(estimate_kbps_ * 1000));
}

}  // namespace parley::congestion
