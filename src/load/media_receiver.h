// The receiving half of a client that plays nothing: counts every packet of its slots from the
// header alone, judges the stamps (stamp.h) of a sample, and answers as a browser does: NACK,
// transport-wide feedback, receiver reports, key frame requests.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/random.h"
#include "base/units.h"
#include "congestion/arrival_recorder.h"
#include "load/latency_histogram.h"
#include "load/sequence_ledger.h"
#include "load/stamp.h"
#include "rtp/header_extensions.h"
#include "rtp/parameters.h"
#include "rtp/rtcp.h"
#include "sfu/nack_generator.h"
#include "sfu/receive_statistics.h"

namespace parley::load {

// What an RTP packet says before it is decrypted. The payload's size isn't known then.
struct OpenHeader {
  uint8_t payload_type = 0;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  uint32_t csrc = 0;  // the first; 0: none
  uint16_t extension_profile = 0;
  Bytes extension;  // the block, within the packet

  // nullopt for what is no RTP packet.
  static std::optional<OpenHeader> parse(Bytes packet);
};

struct ReceiverCounters {
  LedgerCounters packets;
  uint64_t arrived = 0;  // RTP packets, whatever they were
  uint64_t bytes = 0;    // their bytes above UDP
  uint64_t probes = 0;   // packets that only probe the path: repeated or empty
  uint64_t checked = 0;  // packets whose stamp was looked at
  // Of those:
  uint64_t damaged = 0;      // no stamp, or not the bytes that belong to it
  uint64_t misnumbered = 0;  // the stream's numbers and those of the stamps don't go together
  uint64_t mistimed = 0;     // neither do RTP times and the times of the stamps

  ReceiverCounters& operator+=(const ReceiverCounters& more);
  ReceiverCounters operator-(const ReceiverCounters& before) const;
};

// Of all receivers of a run; one thread.
struct Latencies {
  LatencyHistogram audio;
  LatencyHistogram video;
};

struct ReceiverConfig {
  rtp::HeaderExtensionIds extensions;
  // Of each slot every n-th packet is decrypted and judged; 1: all.
  uint32_t check_every = 16;
  uint8_t red_payload_type = 0;  // 0: none
};

class MediaReceiver {
 public:
  // A browser's pace of looking for gaps.
  static constexpr TimeDelta kRepairInterval = TimeDelta::millis(20);
  static constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);
  // RTP times may be off by this from the times of the stamps: pictures are timed when they are
  // planned and stamped when they leave.
  static constexpr TimeDelta kTimingTolerance = TimeDelta::millis(30);
  // A repeated start of a stream (docs/adr/0006) plays faster than it was made.
  static constexpr TimeDelta kSettling = TimeDelta::seconds(2);

  // `latencies` must outlive it; `random` draws when in its intervals it answers.
  MediaReceiver(const ReceiverConfig& config, Latencies& latencies, RandomSource& random)
      : config_(config),
        latencies_(latencies),
        feedback_phase_(random.below(congestion::ArrivalRecorder::kInterval)),
        report_phase_(random.below(kReportInterval)) {}

  void add_slot(rtp::MediaKind kind, const rtp::SsrcPair& ssrc);

  enum class Wants : uint8_t { kNothing, kPayload };
  // A packet before decryption; `size` of it, `arrived` when it reached the machine. kPayload: give
  // it to handle_payload(), decrypted.
  Wants handle_header(const OpenHeader& header, size_t size, Timestamp arrived);
  void handle_payload(Bytes packet, Timestamp arrived);
  void handle_rtcp(const rtp::RtcpBlock& block, Timestamp arrived);

  // The next compound packet due, plain, to the start of `buffer` (at least 1,200 bytes); its size,
  // or 0.
  size_t poll_rtcp(MutableBytes buffer, Timestamp now);
  Deadline poll_timeout() const;

  const ReceiverCounters& counters(size_t slot) const { return slots_[slot].counters; }
  size_t slots(rtp::MediaKind kind) const;
  // Of all slots of the kind.
  ReceiverCounters total(rtp::MediaKind kind) const;
  // Slots of the kind whose last packet is at most `within` old.
  size_t live_slots(rtp::MediaKind kind, TimeDelta within, Timestamp now) const;
  std::optional<Timestamp> first_packet_at(rtp::MediaKind kind) const;

 private:
  // The stamp seen before in a slot, to compare the next one with.
  struct Judged {
    Stamp stamp;
    int64_t sequence = 0;
    uint32_t timestamp = 0;
    Timestamp since;  // of the first packet seen of this source
  };
  struct Slot {
    explicit Slot(rtp::MediaKind k, const rtp::SsrcPair& pair)
        : kind(k), ssrc(pair), statistics(k == rtp::MediaKind::kVideo ? 90'000 : 48'000) {}
    rtp::MediaKind kind;
    rtp::SsrcPair ssrc;
    ReceiverCounters counters;
    SequenceLedger ledger;
    sfu::NackGenerator gaps;
    sfu::ReceiveStatistics statistics;
    std::optional<Judged> judged;
    std::optional<Timestamp> last_packet;
    uint32_t csrc = 0;  // whose packets it brings now
    uint32_t until_check = 0;
  };

  Slot* find(uint32_t ssrc);
  void note(Slot& slot, uint16_t sequence, uint32_t timestamp, bool repair, Timestamp arrived);
  void judge(Slot& slot, uint16_t sequence, uint32_t timestamp, Bytes payload, Timestamp arrived);
  static bool is_new_spurt(const Slot& slot, const Stamp& stamp, int64_t sequence);
  void judge_order(Slot& slot, const Stamp& stamp, int64_t sequence, uint32_t timestamp);
  void write_repairs(ByteWriter& writer, Timestamp now);
  void write_report(ByteWriter& writer, Timestamp now);

  ReceiverConfig config_;
  Latencies& latencies_;
  std::vector<Slot> slots_;
  // As with browsers, those who watch the same don't answer together.
  TimeDelta feedback_phase_;
  TimeDelta report_phase_;
  congestion::ArrivalRecorder arrivals_;
  std::optional<Timestamp> first_[2];
  Timestamp next_feedback_ = Timestamp::never();
  Timestamp next_repair_ = Timestamp::never();
  Timestamp next_report_ = Timestamp::never();
};

}  // namespace parley::load
