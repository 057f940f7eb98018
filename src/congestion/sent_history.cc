#include "congestion/sent_history.h"

#include <algorithm>
#include <limits>

namespace parley::congestion {

void SentHistory::on_sent(uint16_t sequence, DataSize size, ProbeId probe, Timestamp now) {
  const int64_t most = std::numeric_limits<uint16_t>::max();
  ring_[sequence % kPackets] = {
      .sent = now,
      .sequence = sequence,
      .size = static_cast<uint16_t>(std::clamp<int64_t>(size.bytes(), 0, most)),
      .probe = static_cast<uint16_t>(probe.value),
      .fate = Fate::kOutstanding};
}

std::optional<SentHistory::Packet> SentHistory::on_result(const PacketResult& result) {
  Entry& entry = ring_[result.sequence % kPackets];
  if (entry.sequence != result.sequence) return std::nullopt;
  const Fate before = entry.fate;
  if (before == Fate::kNone || before == Fate::kReceived) return std::nullopt;
  if (!result.received && before == Fate::kLost) return std::nullopt;
  entry.fate = result.received ? Fate::kReceived : Fate::kLost;
  return Packet{.sent = entry.sent,
                .size = DataSize::bytes(entry.size),
                .probe = ProbeId{entry.probe},
                .was_lost = before == Fate::kLost};
}

}  // namespace parley::congestion
