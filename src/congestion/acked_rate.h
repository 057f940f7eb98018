// The rate at which packets reach the receiver.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/units.h"

namespace parley::congestion {

// Rules
// 1. Bytes are counted over windows of the receiver's time: kFirstWindow for the first value,
//    kWindow afterwards.
// 2. Each window's rate is a sample, folded in by its variance: the further it is from the
//    estimate in relation to its own rate, the less it counts, so that one burst or one idle
//    window moves little; several of the same kind move all. More than kFarthest estimates away is
//    no further: from the rate of sound alone to that of pictures took 5 to 13 s otherwise.
// 3. While the application sends little, a lower sample counts less: it tells of the application.
// 4. A silence longer than kSilence starts over.
// 5. Besides, the plain rate of the last while is kept, in slots of kSlot: what a decrease starts
//    from must not lag.
class AckedRate {
 public:
  static constexpr TimeDelta kFirstWindow = TimeDelta::millis(500);
  static constexpr TimeDelta kWindow = TimeDelta::millis(150);
  static constexpr TimeDelta kSilence = TimeDelta::seconds(2);

  void on_received(DataSize size, Timestamp received, bool application_limited);
  // Empty until the first window is full.
  std::optional<DataRate> value() const;
  // The plain rate of the last `window` before the newest packet, at most kSlots x kSlot.
  DataRate recent(TimeDelta window) const;

 private:
  static constexpr TimeDelta kSlot = TimeDelta::millis(20);
  static constexpr size_t kSlots = 32;
  void count(DataSize size, Timestamp received);
  void fold(double sample_kbps, bool application_limited);

  Timestamp window_start_;
  Timestamp last_;
  bool started_ = false;
  DataSize bytes_;
  std::array<int64_t, kSlots> slots_{};  // bytes
  int64_t slot_ = 0;                     // number of the newest one
  double estimate_kbps_ = -1;
  double variance_ = 50;
};

}  // namespace parley::congestion
