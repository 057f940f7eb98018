#include "rtp/transport_feedback.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"

namespace parley::rtp {
namespace {

constexpr uint8_t kFormat = 15;
constexpr size_t kFixedSize = 16;  // two SSRCs, base, count, reference time, feedback count
constexpr int64_t kTicksPerReference = kFeedbackReferenceTick.us() / kFeedbackTick.us();

// §3.1.1. As a number, also the bytes of the delta that follows.
enum Symbol : uint8_t { kLost = 0, kSmallDelta = 1, kLargeDelta = 2, kReserved = 3 };

constexpr size_t kMaxRun = 0x1fff;
constexpr size_t kOneBitSymbols = 14;
constexpr size_t kTwoBitSymbols = 7;

// The number of statuses a chunk holds, and the one at `index`.
//
//    0                   1
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//   |0| S |       run length        |   §3.1.3: S repeated
//   |1|0| 14 statuses of one bit    |   §3.1.4: lost or small delta
//   |1|1|  7 statuses of two bits   |   §3.1.4
constexpr size_t chunk_size(uint16_t chunk) {
  if ((chunk & 0x8000) == 0) return chunk & kMaxRun;
  return (chunk & 0x4000) == 0 ? kOneBitSymbols : kTwoBitSymbols;
}
constexpr Symbol chunk_symbol(uint16_t chunk, size_t index) {
  if ((chunk & 0x8000) == 0) return static_cast<Symbol>((chunk >> 13) & 3);
  if ((chunk & 0x4000) == 0) {
    return static_cast<Symbol>((chunk >> (kOneBitSymbols - 1 - index)) & 1);
  }
  return static_cast<Symbol>((chunk >> (2 * (kTwoBitSymbols - 1 - index))) & 3);
}

struct Chunk {
  uint16_t bits = 0;
  size_t count = 0;  // statuses taken
};

// The chunk for the front of `symbols` (not empty): a run where it beats a vector, else the denser
// vector that can hold them.
Chunk next_chunk(std::span<const Symbol> symbols) {
  size_t run = 1;
  while (run < symbols.size() && run < kMaxRun && symbols[run] == symbols[0]) ++run;
  const auto dense = symbols.first(std::min(symbols.size(), kOneBitSymbols));
  const bool one_bit = std::ranges::all_of(dense, [](Symbol s) { return s <= kSmallDelta; });
  if (run == symbols.size() || run >= kOneBitSymbols || (run >= kTwoBitSymbols && !one_bit)) {
    return {.bits = static_cast<uint16_t>((size_t{symbols[0]} << 13) | run), .count = run};
  }

  unsigned bits = one_bit ? 0x8000 : 0xc000;
  const size_t width = one_bit ? 1 : 2;
  const size_t places = one_bit ? kOneBitSymbols : kTwoBitSymbols;
  const size_t count = std::min(symbols.size(), places);
  for (size_t i = 0; i < count; ++i) {
    bits |= static_cast<unsigned>(symbols[i]) << (width * (places - 1 - i));
  }
  return {.bits = static_cast<uint16_t>(bits), .count = count};
}

// A feedback block being planned: the status of every number from the base on, and the delta of
// every arrival.
struct Plan {
  int64_t reference = 0;  // in reference ticks
  size_t arrivals = 0;
  std::array<Symbol, kMaxFeedbackPackets> symbols;
  std::array<int16_t, kMaxFeedbackPackets> deltas;     // by arrival
  std::array<uint16_t, kMaxFeedbackPackets> position;  // by arrival: its place in `symbols`

  // Of the symbols, if only the first `count` arrivals are reported.
  std::span<const Symbol> first(size_t count) const {
    return std::span(symbols).first(position[count - 1] + size_t{1});
  }
  // Of the block's body with the first `count` arrivals.
  size_t body_size(size_t count) const {
    const auto reported = first(count);
    size_t size = kFixedSize;
    for (const Symbol s : reported) size += s;
    for (auto rest = reported; !rest.empty(); size += 2) {
      rest = rest.subspan(next_chunk(rest).count);
    }
    return (size + 3) & ~size_t{3};
  }
};

constexpr int64_t arrival_ticks(TimeDelta arrival) {
  return (arrival.us() + kFeedbackTick.us() / 2) / kFeedbackTick.us();
}

// Takes arrivals while they ascend, stay in bounds and have a delta that 16 bits hold.
void fill_plan(Plan& plan, uint16_t base, std::span<const PacketArrival> arrivals) {
  plan.reference = arrival_ticks(arrivals.front().arrival) / kTicksPerReference;
  int64_t last_ticks = plan.reference * kTicksPerReference;
  size_t next = 0;
  for (const PacketArrival& a : arrivals) {
    const size_t place = static_cast<uint16_t>(a.sequence - base);
    const int64_t ticks = arrival_ticks(a.arrival);
    const int64_t delta = ticks - last_ticks;
    if (place < next || place >= kMaxFeedbackPackets ||
        delta < std::numeric_limits<int16_t>::min() ||
        delta > std::numeric_limits<int16_t>::max()) {
      break;
    }
    while (next < place) plan.symbols[next++] = kLost;
    plan.symbols[next++] = delta >= 0 && delta <= 0xff ? kSmallDelta : kLargeDelta;
    plan.deltas[plan.arrivals] = static_cast<int16_t>(delta);
    plan.position[plan.arrivals] = static_cast<uint16_t>(place);
    ++plan.arrivals;
    last_ticks = ticks;
  }
}

// The most arrivals whose block fits `space`; 0 if not even one does.
size_t count_that_fits(const Plan& plan, size_t space) {
  size_t fits = 0;
  size_t too_many = plan.arrivals + 1;
  if (plan.arrivals > 0 && plan.body_size(plan.arrivals) <= space) return plan.arrivals;
  while (too_many - fits > 1) {
    const size_t middle = fits + (too_many - fits) / 2;
    (plan.body_size(middle) <= space ? fits : too_many) = middle;
  }
  return fits;
}

}  // namespace

// §3.1
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |                     SSRC of packet sender                     |
//   |                      SSRC of media source                     |
//   |      base sequence number     |      packet status count      |
//   |                 reference time                | fb pkt. count |
//   |          packet chunk         |         packet chunk ....     |
//   |  recv delta: 8 bits unsigned or 16 bits signed ....           |
//   |  .... zeros to the next 32-bit boundary                       |
std::expected<void, TransportFeedbackError> parse_transport_feedback(const RtcpBlock& block,
                                                                     TransportFeedback& out) {
  using enum TransportFeedbackError;
  if (!block.is(RtcpType::kTransportFeedback, kFormat)) return std::unexpected(kWrongBlock);
  ByteReader reader(block.body);
  out.sender_ssrc = reader.u32();
  out.media_ssrc = reader.u32();
  out.base_sequence = reader.u16();
  const size_t count = reader.u16();
  out.reference_ticks = reader.u24();
  out.feedback_count = reader.u8();
  out.packets.clear();
  if (count > kMaxFeedbackPackets) return std::unexpected(kTooManyPackets);

  // First the statuses, with the size of each delta in its place. The last chunk may hold more than
  // are left.
  while (out.packets.size() < count) {
    const uint16_t chunk = reader.u16();
    if (!reader.ok()) return std::unexpected(kTruncated);
    const size_t take = std::min(chunk_size(chunk), count - out.packets.size());
    for (size_t i = 0; i < take; ++i) {
      const Symbol symbol = chunk_symbol(chunk, i);
      if (symbol == kReserved) return std::unexpected(kReservedSymbol);
      out.packets.push_back(
          {.sequence = static_cast<uint16_t>(out.base_sequence + out.packets.size()),
           .delta_ticks = symbol,
           .received = symbol != kLost});
    }
  }
  for (PacketStatus& p : out.packets) {
    if (!p.received) continue;
    p.delta_ticks =
        p.delta_ticks == kSmallDelta ? int16_t{reader.u8()} : static_cast<int16_t>(reader.u16());
  }
  if (!reader.ok()) return std::unexpected(kTruncated);
  return {};
}

size_t write_transport_feedback(ByteWriter& writer, const FeedbackHeader& header,
                                std::span<const PacketArrival> arrivals) {
  if (arrivals.empty() || !writer.ok() || writer.remaining() < kRtcpHeaderSize) return 0;
  Plan plan;
  fill_plan(plan, header.base_sequence, arrivals);
  const size_t count = count_that_fits(plan, writer.remaining() - kRtcpHeaderSize);
  if (count == 0) return 0;

  const size_t body_size = plan.body_size(count);
  const bool started = write_rtcp_header(writer, RtcpType::kTransportFeedback, kFormat, body_size);
  PARLEY_CHECK(started);
  const size_t end = writer.size() + body_size;
  const auto symbols = plan.first(count);
  writer.u32(header.sender_ssrc);
  writer.u32(header.media_ssrc);
  writer.u16(header.base_sequence);
  writer.u16(static_cast<uint16_t>(symbols.size()));
  writer.u24(static_cast<uint32_t>(plan.reference & 0xff'ffff));
  writer.u8(header.feedback_count);
  for (auto rest = symbols; !rest.empty();) {
    const Chunk chunk = next_chunk(rest);
    writer.u16(chunk.bits);
    rest = rest.subspan(chunk.count);
  }
  for (size_t i = 0; i < count; ++i) {
    if (symbols[plan.position[i]] == kSmallDelta) {
      writer.u8(static_cast<uint8_t>(plan.deltas[i]));
    } else {
      writer.u16(static_cast<uint16_t>(plan.deltas[i]));
    }
  }
  writer.zeros(end - writer.size());
  PARLEY_CHECK(writer.ok());
  return count;
}

}  // namespace parley::rtp
