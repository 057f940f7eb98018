// When each transport-wide numbered packet of one peer arrived: the receiving half of
// transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01). The
// sender's estimator lives off what this gives back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/sequence.h"
#include "base/units.h"

namespace parley::congestion {

class ArrivalRecorder {
 public:
  // Feedback interval: often enough for a fast reaction, rare enough to stay under 5 % of a 250
  // kbit/s uplink.
  static constexpr TimeDelta kInterval = TimeDelta::millis(60);
  // The most one report covers; more than a 60 ms interval brings at 100 Mbit/s.
  static constexpr size_t kMostPackets = 800;

  struct Arrival {
    uint16_t sequence = 0;
    Timestamp at;
  };
  struct Report {
    uint16_t base_sequence = 0;  // numbers from here on that are not in `arrivals` are lost so far
    uint8_t count = 0;           // of reports, wrapping
    std::span<const Arrival> arrivals;  // ascending; empty: nothing to report
  };

  ArrivalRecorder();

  void on_packet(uint16_t sequence, Timestamp now);
  // True when something arrived and the interval since the last report is over.
  bool is_due(Timestamp now) const;
  // True when something arrived that no report covers.
  bool is_pending() const { return pending_; }
  // What came since the last report. Valid until the next take(). Starts the next interval.
  Report take(Timestamp now);

 private:
  // Unwrapped numbers may fall below zero when the first packets come reordered.
  static constexpr int64_t kNone = INT64_MIN;
  struct Entry {
    int64_t sequence = kNone;
    Timestamp at;
  };
  static constexpr size_t kRing = 1024;

  SeqUnwrapper unwrap_;
  std::vector<Entry> ring_;
  std::vector<Arrival> report_;
  int64_t next_ = kNone;  // first number the next report covers
  int64_t newest_ = kNone;
  bool pending_ = false;
  Timestamp last_report_;
  uint8_t count_ = 255;
};

}  // namespace parley::congestion
