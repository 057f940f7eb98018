// The target for receivers without transport-wide feedback: their REMB, their loss reports, or both
// (draft-ietf-rmcat-gcc-02 §6, draft-alvestrand-rmcat-remb-03).
#pragma once

#include <optional>

#include "base/units.h"

namespace parley::congestion {

// Rules
// 1. A reported loss under 2 %: 8 % a second up. Over 10 %: down by half of the loss, at most once
//    in kDecreaseInterval. Between: as it is.
// 2. Never above the last REMB, as long as one came within kRembLifetime.
class LossReportControl {
 public:
  static constexpr TimeDelta kDecreaseInterval = TimeDelta::millis(300);
  static constexpr TimeDelta kRembLifetime = TimeDelta::seconds(10);

  LossReportControl(DataRate start, DataRate least, DataRate most)
      : target_(start), least_(least), most_(most) {}

  // `fraction` in [0, 1], of the interval since the last report.
  void on_loss_report(double fraction, Timestamp now);
  void on_remb(DataRate rate, Timestamp now);
  bool in_use() const { return remb_.has_value() || reported_; }
  DataRate target(Timestamp now) const;
  std::optional<DataRate> remb(Timestamp now) const;

 private:
  DataRate target_;
  DataRate least_;
  DataRate most_;
  std::optional<DataRate> remb_;
  Timestamp remb_at_;
  bool reported_ = false;
  Timestamp last_report_;
  Timestamp last_decrease_;
};

}  // namespace parley::congestion
