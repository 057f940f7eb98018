#include "transport/congestion_feedback.h"

#include <array>
#include <optional>
namespace parley::transport {

size_t write_arrivals(congestion::ArrivalRecorder& arrivals, FeedbackSsrcs ssrcs, MutableBytes out,
                      Timestamp now) {
  const auto report = arrivals.take(now);
  if (report.arrivals.empty()) return 0;
  std::array<rtp::PacketArrival, congestion::ArrivalRecorder::kMostPackets> packets;
  size_t count = 0;
  for (const auto& arrival : report.arrivals)
    packets[count++] = {arrival.sequence, arrival.at - Timestamp()};
  ByteWriter writer(out);
  rtp::write_transport_feedback(writer,
                                {.sender_ssrc = ssrcs.sender,
                                 .media_ssrc = ssrcs.media,
                                 .base_sequence = report.base_sequence,
                                 .feedback_count = report.count},
                                {packets.data(), count});
  return writer.size();
}

std::span<const congestion::PacketResult> ArrivalReader::read(
    const rtp::TransportFeedback& report, std::span<congestion::PacketResult> results) {
  Timestamp at =
      Timestamp() + rtp::kFeedbackReferenceTick * reference_.unwrap(report.reference_ticks);
  size_t count = 0;
  for (const auto& packet : report.packets) {
    if (packet.received) at = at + rtp::kFeedbackTick * packet.delta_ticks;
    results[count++] = {packet.sequence, packet.received ? std::optional(at) : std::nullopt};
  }
  return results.first(count);
}

}  // namespace parley::transport
