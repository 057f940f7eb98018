// RTCP compound packets: every block type is parsed from every block, and what parses is written
// and parsed again.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "rtp/rtcp.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/rtcp_remb.h"
#include "rtp/rtcp_reports.h"
#include "rtp/rtcp_sdes.h"
#include "rtp/rtcp_xr.h"
#include "rtp/transport_feedback.h"

using namespace parley;
using namespace parley::rtp;

namespace {

std::array<uint8_t, 65536> buffer;

template <typename Write>
RtcpBlock rewritten(Write&& write) {
  ByteWriter writer(buffer);
  PARLEY_CHECK(write(writer));
  RtcpReader reader(writer.written());
  const auto block = reader.next();
  PARLEY_CHECK(block && !reader.next() && reader.ok());
  return *block;
}

template <typename List>
bool same(const List& a, const List& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

void check_reports(const RtcpBlock& block) {
  if (const auto sr = parse_sender_report(block)) {
    const auto again =
        parse_sender_report(rewritten([&](ByteWriter& w) { return write_sender_report(w, *sr); }));
    PARLEY_CHECK(again && again->ntp == sr->ntp && same(again->reports, sr->reports));
  }
  if (const auto rr = parse_receiver_report(block)) {
    const auto again = parse_receiver_report(
        rewritten([&](ByteWriter& w) { return write_receiver_report(w, *rr); }));
    PARLEY_CHECK(again && same(again->reports, rr->reports));
  }
  if (const auto xr = parse_extended_report(block)) {
    const auto again = parse_extended_report(
        rewritten([&](ByteWriter& w) { return write_extended_report(w, *xr); }));
    PARLEY_CHECK(again && again->reference_time == xr->reference_time);
    PARLEY_CHECK(same(again->dlrr, xr->dlrr));
  }
}

void check_sources(const RtcpBlock& block) {
  if (const auto chunks = parse_sdes(block)) {
    const auto again = parse_sdes(
        rewritten([&](ByteWriter& w) { return write_sdes(w, {chunks->begin(), chunks->size()}); }));
    PARLEY_CHECK(again && same(*again, *chunks));
  }
  if (const auto bye = parse_bye(block)) {
    const auto again = parse_bye(rewritten([&](ByteWriter& w) {
      return write_bye(w, {bye->ssrcs.begin(), bye->ssrcs.size()}, bye->reason);
    }));
    PARLEY_CHECK(again && same(again->ssrcs, bye->ssrcs) && again->reason == bye->reason);
  }
}

void check_feedback(const RtcpBlock& block) {
  if (const auto nack = parse_nack(block); nack && !nack->sequences.empty()) {
    // Repeated numbers are written once, so compare from the second writing on.
    const auto write = [](const Nack& n) {
      return parse_nack(rewritten([&](ByteWriter& w) {
        return write_nack(w, 1, 2, {n.sequences.begin(), n.sequences.size()});
      }));
    };
    const auto once = write(*nack);
    PARLEY_CHECK(once && once->sequences.size() <= nack->sequences.size());
    for (const uint16_t s : nack->sequences) {
      PARLEY_CHECK(std::ranges::find(once->sequences, s) != once->sequences.end());
    }
  }
  if (const auto pli = parse_pli(block)) {
    PARLEY_CHECK(parse_pli(rewritten([&](ByteWriter& w) { return write_pli(w, *pli); })) == pli);
  }
  if (const auto fir = parse_fir(block)) {
    const auto again = parse_fir(rewritten([&](ByteWriter& w) {
      return write_fir(w, fir->sender_ssrc, {fir->entries.begin(), fir->entries.size()});
    }));
    PARLEY_CHECK(again && same(again->entries, fir->entries));
  }
  if (const auto remb = parse_remb(block)) {
    const auto again = parse_remb(rewritten([&](ByteWriter& w) { return write_remb(w, *remb); }));
    PARLEY_CHECK(again && again->rate == remb->rate && same(again->ssrcs, remb->ssrcs));
  }
}

// Turns a feedback back into arrivals, far enough from time zero that no sum of deltas is negative,
// and writes it.
void check_transport_feedback(const RtcpBlock& block) {
  static TransportFeedback feedback;
  static TransportFeedback again;
  if (!parse_transport_feedback(block, feedback)) return;
  static std::array<PacketArrival, kMaxFeedbackPackets> arrivals;
  size_t count = 0;
  int64_t ticks = (int64_t{1} << 32) + int64_t{feedback.reference_ticks} * 256;
  for (const PacketStatus& p : feedback.packets) {
    if (!p.received) continue;
    ticks += p.delta_ticks;
    arrivals[count++] = {.sequence = p.sequence, .arrival = kFeedbackTick * ticks};
  }
  ByteWriter writer(buffer);
  const size_t taken = write_transport_feedback(writer, {.base_sequence = feedback.base_sequence},
                                                std::span(arrivals).first(count));
  PARLEY_CHECK(taken == count);
  if (count == 0) return;
  const auto block_again = RtcpReader(writer.written()).next();
  PARLEY_CHECK(block_again && parse_transport_feedback(*block_again, again));
  PARLEY_CHECK(again.packets.size() <= feedback.packets.size());
  // Only the reference time, and with it the first delta, may be expressed differently.
  bool first = true;
  for (size_t i = 0; i < again.packets.size(); ++i) {
    PARLEY_CHECK(again.packets[i].received == feedback.packets[i].received);
    if (!again.packets[i].received) continue;
    PARLEY_CHECK(first || again.packets[i].delta_ticks == feedback.packets[i].delta_ticks);
    first = false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  is_rtcp({data, size});
  RtcpReader reader({data, size});
  size_t total = 0;
  while (const auto block = reader.next()) {
    total += kRtcpHeaderSize + block->body.size();
    check_reports(*block);
    check_sources(*block);
    check_feedback(*block);
    check_transport_feedback(*block);
  }
  PARLEY_CHECK(total <= size);
  return 0;
}
