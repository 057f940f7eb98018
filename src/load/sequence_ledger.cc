#include "load/sequence_ledger.h"

#include <algorithm>

namespace parley::load {

LedgerCounters& LedgerCounters::operator+=(const LedgerCounters& more) {
  received += more.received;
  repaired += more.repaired;
  reordered += more.reordered;
  late += more.late;
  lost += more.lost;
  repeated += more.repeated;
  return *this;
}

LedgerCounters LedgerCounters::operator-(const LedgerCounters& before) const {
  return {.received = received - before.received,
          .repaired = repaired - before.repaired,
          .reordered = reordered - before.reordered,
          .late = late - before.late,
          .lost = lost - before.lost,
          .repeated = repeated - before.repeated};
}

int64_t SequenceLedger::on_packet(uint16_t sequence, bool repair, Timestamp now) {
  const int64_t number = unwrap_.peek(sequence);
  if (newest_ == kNone) newest_ = number - 1;
  if (number > newest_) {
    unwrap_.unwrap(sequence);
    for (int64_t gap = newest_ + 1; gap < number; ++gap) {
      if (!missing_.push_back({gap, now})) {
        counters_.lost += static_cast<uint64_t>(number - gap);
        break;
      }
    }
    newest_ = number;
    ++counters_.received;
    if (repair) ++counters_.repaired;
    return number;
  }
  const auto found = std::ranges::lower_bound(missing_, number, {}, &Missing::sequence);
  if (found == missing_.end() || found->sequence != number) {
    ++counters_.repeated;
    return number;
  }
  ++counters_.received;
  ++(repair ? counters_.repaired : counters_.reordered);
  if (now - found->since > kLate) ++counters_.late;
  missing_.erase(static_cast<size_t>(found - missing_.begin()));
  return number;
}

void SequenceLedger::settle(Timestamp now) {
  while (!missing_.empty() && now - missing_[0].since > kGiveUp) {
    ++counters_.lost;
    missing_.erase(0);
  }
}

}  // namespace parley::load
