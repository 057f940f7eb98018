#include "load/media_receiver.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/check.h"
#include "rtp/packet.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/rtcp_reports.h"
#include "rtp/vp8_descriptor.h"
#include "transport/congestion_feedback.h"

namespace parley::load {
namespace {

// Who sends what poll_rtcp() writes; a client without streams has no better number (RFC 3550
// §6.4.2).
constexpr uint32_t kOwnSsrc = 1;
// The machine itself is the path.
constexpr TimeDelta kRoundTrip = TimeDelta::millis(20);
constexpr size_t kVp8FrameHeader = 10;

size_t index_of(rtp::MediaKind kind) {
  return kind == rtp::MediaKind::kVideo ? 1 : 0;
}

// The first of the times `interval` apart from `due` on that is after `now`. What is late doesn't
// move those after it: otherwise a thread that was held up makes all its receivers answer together.
Timestamp after(Timestamp now, Timestamp due, TimeDelta interval) {
  return due + interval * ((now - due).us() / interval.us() + 1);
}

// Where the stamp of a blank packet stands; empty where none can.
Bytes stamped_part(rtp::MediaKind kind, Bytes payload) {
  if (kind == rtp::MediaKind::kAudio) return payload.size() > 1 ? payload.subspan(1) : Bytes{};
  const auto descriptor = rtp::parse_vp8_descriptor(payload);
  if (!descriptor) return {};
  const size_t at = descriptor->size + kVp8FrameHeader;
  return payload.size() > at ? payload.subspan(at) : Bytes{};
}

}  // namespace

ReceiverCounters& ReceiverCounters::operator+=(const ReceiverCounters& more) {
  packets += more.packets;
  arrived += more.arrived;
  bytes += more.bytes;
  probes += more.probes;
  checked += more.checked;
  damaged += more.damaged;
  misnumbered += more.misnumbered;
  mistimed += more.mistimed;
  return *this;
}

ReceiverCounters ReceiverCounters::operator-(const ReceiverCounters& before) const {
  return {.packets = packets - before.packets,
          .arrived = arrived - before.arrived,
          .bytes = bytes - before.bytes,
          .probes = probes - before.probes,
          .checked = checked - before.checked,
          .damaged = damaged - before.damaged,
          .misnumbered = misnumbered - before.misnumbered,
          .mistimed = mistimed - before.mistimed};
}

// RFC 3550 §5.1; an SRTP packet's header is plain (RFC 3711 §3.1).
std::optional<OpenHeader> OpenHeader::parse(Bytes packet) {
  if (packet.size() < rtp::kFixedHeaderSize || packet[0] >> 6 != 2) return std::nullopt;
  OpenHeader header{.payload_type = static_cast<uint8_t>(packet[1] & 0x7f),
                    .sequence = load_be16(&packet[2]),
                    .timestamp = load_be32(&packet[4]),
                    .ssrc = load_be32(&packet[8])};
  const size_t at = rtp::kFixedHeaderSize + 4 * size_t{packet[0] & 0x0fu};
  if (packet.size() < at) return std::nullopt;
  if (at > rtp::kFixedHeaderSize) header.csrc = load_be32(&packet[rtp::kFixedHeaderSize]);
  if ((packet[0] & 0x10) == 0) return header;
  if (packet.size() < at + 4) return std::nullopt;
  header.extension_profile = load_be16(&packet[at]);
  const size_t size = 4 * size_t{load_be16(&packet[at + 2])};
  if (packet.size() < at + 4 + size) return std::nullopt;
  header.extension = packet.subspan(at + 4, size);
  return header;
}

void MediaReceiver::add_slot(rtp::MediaKind kind, const rtp::SsrcPair& ssrc) {
  slots_.emplace_back(kind, ssrc);
}

MediaReceiver::Slot* MediaReceiver::find(uint32_t ssrc) {
  for (Slot& slot : slots_) {
    if (slot.ssrc.ssrc == ssrc || slot.ssrc.rtx_ssrc == ssrc) return &slot;
  }
  return nullptr;
}

MediaReceiver::Wants MediaReceiver::handle_header(const OpenHeader& header, size_t size,
                                                  Timestamp arrived) {
  Slot* slot = header.ssrc != 0 ? find(header.ssrc) : nullptr;
  if (slot == nullptr) return Wants::kNothing;
  rtp::ExtensionReader elements(header.extension_profile, header.extension);
  while (const auto element = elements.next()) {
    if (element->id != config_.extensions.transport_sequence) continue;
    if (const auto number = rtp::read_transport_sequence(element->data))
      arrivals_.on_packet(*number, arrived);
  }
  if (next_feedback_.is_never()) {
    next_feedback_ = arrived + feedback_phase_;
    next_report_ = arrived + report_phase_;
  }
  ++slot->counters.arrived;
  slot->counters.bytes += size;
  slot->last_packet = arrived;
  // A repair's own number is behind its header (RFC 4588 §4).
  if (header.ssrc == slot->ssrc.rtx_ssrc) return Wants::kPayload;
  auto& first = first_[index_of(slot->kind)];
  if (!first) first = arrived;
  note(*slot, header.sequence, header.timestamp, false, arrived);
  if (header.csrc != slot->csrc) {
    // Another source's numbers took place in between; it is looked at from its first packet on.
    slot->csrc = header.csrc;
    slot->judged.reset();
    slot->until_check = 0;
  }
  if (slot->until_check-- > 0) return Wants::kNothing;
  slot->until_check = config_.check_every - 1;
  return Wants::kPayload;
}

void MediaReceiver::note(Slot& slot, uint16_t sequence, uint32_t timestamp, bool repair,
                         Timestamp arrived) {
  const int64_t before = slot.ledger.newest();
  const int64_t number = slot.ledger.on_packet(sequence, repair, arrived);
  slot.counters.packets = slot.ledger.counters();
  if (!repair) slot.statistics.on_packet(number, timestamp, arrived);
  if (slot.kind != rtp::MediaKind::kVideo) return;
  slot.gaps.on_packet(number, arrived);
  const bool hole = before != SequenceLedger::kNone && number > before + 1;
  if (hole && next_repair_.is_never()) next_repair_ = arrived + kRepairInterval;
}

void MediaReceiver::handle_payload(Bytes packet, Timestamp arrived) {
  const auto view = rtp::PacketView::parse(packet);
  if (!view) return;
  Slot* slot = find(view->ssrc);
  if (slot == nullptr) return;
  if (view->ssrc != slot->ssrc.rtx_ssrc) {
    // A number without payload fills a gap that the choice of layers left; a probe looks the same.
    if (view->payload.empty()) {
      ++slot->counters.probes;
    } else if (view->payload_type != config_.red_payload_type || config_.red_payload_type == 0) {
      judge(*slot, view->sequence_number, view->timestamp, view->payload, arrived);
    }
    return;
  }
  if (view->payload.size() <= 2) {
    ++slot->counters.probes;
    return;
  }
  const uint16_t original = load_be16(view->payload.data());
  const uint64_t repeated = slot->ledger.counters().repeated;
  note(*slot, original, view->timestamp, true, arrived);
  if (slot->ledger.counters().repeated != repeated) {
    ++slot->counters.probes;
    return;
  }
  judge(*slot, original, view->timestamp, view->payload.subspan(2), arrived);
}

void MediaReceiver::judge(Slot& slot, uint16_t sequence, uint32_t timestamp, Bytes payload,
                          Timestamp arrived) {
  ++slot.counters.checked;
  const Bytes part = stamped_part(slot.kind, payload);
  const auto stamp = read_stamp(part);
  const Bytes rest = part.subspan(std::min(part.size(), kStampSize));
  if (!stamp || rest.size() > kMaxFiller ||
      !std::ranges::equal(rest, filler(*stamp, rest.size()))) {
    ++slot.counters.damaged;
    return;
  }
  // Nearest to the newest, which the ledger has just seen.
  SeqUnwrapper near;
  near.unwrap(static_cast<uint16_t>(slot.ledger.newest()));
  const int64_t number = slot.ledger.newest() + (near.peek(sequence) - *near.last());
  if (!slot.judged || slot.judged->stamp.source != stamp->source ||
      is_new_spurt(slot, *stamp, number)) {
    slot.judged = {*stamp, number, timestamp, arrived};
  } else {
    judge_order(slot, *stamp, number, timestamp);
  }
  // What was kept from before this receiver looked is not late.
  if (stamp->sent < slot.judged->since) return;
  (slot.kind == rtp::MediaKind::kVideo ? latencies_.video : latencies_.audio)
      .add(arrived - stamp->sent);
}

// Silence isn't forwarded: after it the stream goes on without a gap, from a little before the
// voice.
bool MediaReceiver::is_new_spurt(const Slot& slot, const Stamp& stamp, int64_t sequence) {
  return slot.kind == rtp::MediaKind::kAudio &&
         int64_t{stamp.number} - slot.judged->stamp.number > sequence - slot.judged->sequence;
}

void MediaReceiver::judge_order(Slot& slot, const Stamp& stamp, int64_t sequence,
                                uint32_t timestamp) {
  Judged& before = *slot.judged;
  const int64_t steps = int64_t{stamp.number} - before.stamp.number;
  if (sequence - before.sequence != steps) ++slot.counters.misnumbered;
  const int64_t clock = slot.kind == rtp::MediaKind::kVideo ? 90'000 : 48'000;
  const auto ticks = static_cast<int32_t>(timestamp - before.timestamp);
  const TimeDelta played = TimeDelta::micros(int64_t{ticks} * 1'000'000 / clock);
  const TimeDelta passed = stamp.sent - before.stamp.sent;
  const bool settled = stamp.sent - before.since > kSettling;
  if (settled && std::abs((played - passed).us()) > kTimingTolerance.us()) ++slot.counters.mistimed;
  before = {stamp, sequence, timestamp, before.since};
}

void MediaReceiver::handle_rtcp(const rtp::RtcpBlock& block, Timestamp arrived) {
  const auto report = rtp::parse_sender_report(block);
  if (!report) return;
  if (Slot* slot = find(report->sender_ssrc))
    slot->statistics.on_sender_report(report->ntp.compact(), arrived);
}

size_t MediaReceiver::poll_rtcp(MutableBytes buffer, Timestamp now) {
  if (now >= next_feedback_) {
    next_feedback_ = after(now, next_feedback_, congestion::ArrivalRecorder::kInterval);
    if (arrivals_.is_due(now)) {
      const size_t size =
          transport::write_arrivals(arrivals_, {kOwnSsrc, slots_.front().ssrc.ssrc}, buffer, now);
      if (size > 0) return size;
    }
  }
  ByteWriter writer(buffer);
  if (now >= next_repair_) write_repairs(writer, now);
  if (writer.size() == 0 && now >= next_report_) write_report(writer, now);
  return writer.size();
}

void MediaReceiver::write_repairs(ByteWriter& writer, Timestamp now) {
  bool missing = false;
  for (Slot& slot : slots_) {
    std::array<uint16_t, sfu::NackGenerator::kMissing> wanted;
    const size_t count = slot.gaps.collect(wanted, kRoundTrip, now);
    if (count > 0)
      rtp::write_nack(writer, kOwnSsrc, slot.ssrc.ssrc, std::span(wanted).first(count));
    if (slot.gaps.take_unrepairable()) rtp::write_pli(writer, {kOwnSsrc, slot.ssrc.ssrc});
    missing = missing || slot.gaps.missing() > 0;
  }
  next_repair_ = missing ? now + kRepairInterval : Timestamp::never();
}

void MediaReceiver::write_report(ByteWriter& writer, Timestamp now) {
  next_report_ = after(now, next_report_, kReportInterval);
  rtp::ReceiverReport report{.sender_ssrc = kOwnSsrc, .reports = {}};
  for (Slot& slot : slots_) {
    slot.ledger.settle(now);
    slot.counters.packets = slot.ledger.counters();
    const auto block = slot.statistics.take_report(now);
    if (!block) continue;
    report.reports.push_back({.ssrc = slot.ssrc.ssrc,
                              .fraction_lost = block->fraction_lost,
                              .cumulative_lost = block->cumulative_lost,
                              .extended_highest_sequence = block->extended_highest,
                              .jitter = block->jitter,
                              .last_sr = block->last_sender_report,
                              .delay_since_last_sr = block->delay_since});
  }
  rtp::write_receiver_report(writer, report);
}

Deadline MediaReceiver::poll_timeout() const {
  return Deadline::earliest(
      Deadline::earliest({next_feedback_, "feedback"}, {next_repair_, "repairs"}),
      {next_report_, "report"});
}

ReceiverCounters MediaReceiver::total(rtp::MediaKind kind) const {
  ReceiverCounters sum;
  for (const Slot& slot : slots_) {
    if (slot.kind == kind) sum += slot.counters;
  }
  return sum;
}

size_t MediaReceiver::slots(rtp::MediaKind kind) const {
  return static_cast<size_t>(std::ranges::count(slots_, kind, &Slot::kind));
}

size_t MediaReceiver::live_slots(rtp::MediaKind kind, TimeDelta within, Timestamp now) const {
  return static_cast<size_t>(std::ranges::count_if(slots_, [&](const Slot& slot) {
    return slot.kind == kind && slot.last_packet && now - *slot.last_packet <= within;
  }));
}

std::optional<Timestamp> MediaReceiver::first_packet_at(rtp::MediaKind kind) const {
  return first_[index_of(kind)];
}

}  // namespace parley::load
