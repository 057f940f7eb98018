#include "sim/congestion_media.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace parley::sim {
namespace {

constexpr size_t kMostPayload = 1'200;
constexpr size_t kHeaders = 28 + 12 + 8 + 10;  // IP and UDP, RTP, its extension, the SRTP tag
constexpr TimeDelta kFrame = TimeDelta::micros(33'333);
constexpr TimeDelta kTick = TimeDelta::millis(20);
constexpr TimeDelta kMostQueued = TimeDelta::millis(200);
constexpr size_t kFeedbackHeaders = 28 + 8 + 12 + 14;
// The receiver's clock runs elsewhere.
constexpr TimeDelta kClockOffset = TimeDelta::seconds(54'321);
// Receive times travel in units of 250 us, as in transport-wide feedback.
constexpr int64_t kUnit = 250;
constexpr int16_t kMissing = INT16_MIN;

template <typename T>
void put(std::vector<uint8_t>& out, T value) {
  const size_t at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &value, sizeof(T));
}

template <typename T>
T get(Bytes in, size_t at) {
  T value;
  std::memcpy(&value, in.data() + at, sizeof(T));
  return value;
}

}  // namespace

MediaSender::MediaSender(Network& network, const FlowPath& path, const MediaConfig& config,
                         uint64_t seed)
    : network_(network),
      path_(path),
      config_(config),
      random_(seed),
      estimator_(config.estimator),
      pacer_(config.estimator.start),
      next_frame_(config.start),
      next_tick_(config.start) {
  estimator_.set_demand(config.demand);
}

bool MediaSender::active(Timestamp now) const {
  const bool paused = now >= config_.pause && now < config_.resume;
  return now >= config_.start && now < config_.stop && !paused;
}

void MediaSender::encode() {
  const DataRate rate = std::min(estimator_.target(), config_.demand);
  if (static_cast<int64_t>(queued_bytes_) > (rate * kMostQueued).bytes()) return;
  const auto mean = static_cast<uint64_t>((rate * kFrame).bytes());
  size_t left = static_cast<size_t>(mean / 2 + random_.below(mean + 1));
  const size_t packets = left / (kMostPayload + kHeaders) + 1;
  const size_t each = std::max(left / packets, kHeaders + 20);
  for (size_t i = 0; i < packets; ++i) queue_.push_back(each);
  queued_bytes_ += packets * each;
}

void MediaSender::send(size_t bytes, Timestamp now) {
  std::vector<uint8_t> datagram;
  datagram.reserve(bytes);
  put(datagram, sequence_);
  put(datagram, now.us());
  datagram.resize(std::max(bytes, datagram.size()));
  const auto size = DataSize::bytes(static_cast<int64_t>(datagram.size()));
  const congestion::ProbeId probe = pacer_.probe();
  estimator_.on_sent(sequence_++, size, now, probe);
  pacer_.on_sent(size, now);
  network_.send(path_, datagram);
}

void MediaSender::flush(Timestamp now) {
  pacer_.set_target(estimator_.target());
  pacer_.set_burst(estimator_.burst(), now);
  congestion::ProbeCluster cluster;
  if (estimator_.poll_probe(cluster)) pacer_.start_probe(cluster, now);
  while (pacer_.can_send(now) && estimator_.allows(now)) {
    if (!queue_.empty()) {
      const size_t bytes = queue_.front();
      queue_.pop_front();
      queued_bytes_ -= bytes;
      media_bytes += bytes;
      send(bytes, now);
    } else if (pacer_.padding_wanted() > DataSize() && active(now)) {
      const auto bytes = static_cast<size_t>(
          std::clamp<int64_t>(pacer_.padding_wanted().bytes(), 200, kMostPayload));
      padding_bytes += bytes;
      send(bytes, now);
    } else {
      return;
    }
  }
  if (!queue_.empty() && pacer_.indebted(now)) estimator_.on_held(now);
}

void MediaSender::on_datagram(Bytes datagram, Timestamp now) {
  std::vector<congestion::PacketResult> results;
  uint16_t sequence = get<uint16_t>(datagram, 0);
  const size_t count = get<uint16_t>(datagram, 2);
  int64_t unit = get<int64_t>(datagram, 4);
  for (size_t i = 0; i < count; ++i, ++sequence) {
    const int16_t delta = get<int16_t>(datagram, 12 + 2 * i);
    if (delta == kMissing) {
      results.push_back({sequence, std::nullopt});
    } else {
      unit += delta;
      results.push_back({sequence, Timestamp::micros(unit * kUnit)});
    }
  }
  estimator_.on_feedback(results, now);
  flush(now);
}

void MediaSender::on_timeout(Timestamp now) {
  if (now >= next_tick_) {
    estimator_.set_demand(active(now) ? config_.demand : DataRate::zero());
    estimator_.handle_tick(now);
    next_tick_ = now + kTick;
  }
  if (now >= next_frame_) {
    if (active(now)) encode();
    next_frame_ = next_frame_ + kFrame;
  }
  flush(now);
}

Timestamp MediaSender::next_timeout() const {
  Timestamp next = std::min(next_tick_, next_frame_);
  const bool wants = !queue_.empty() || pacer_.padding_wanted() > DataSize();
  const Timestamp now = network_.now();
  if (wants && (active(now) || !queue_.empty())) {
    const Timestamp paced = pacer_.next_send_time();
    next = std::min(next, estimator_.allows(now) ? paced : std::max(paced, estimator_.allows_at()));
  }
  return next;
}

void MediaReceiver::on_datagram(Bytes datagram, Timestamp now) {
  const auto sequence = get<uint16_t>(datagram, 0);
  const auto sent = Timestamp::micros(get<int64_t>(datagram, 2));
  recorder_.on_packet(sequence, now + kClockOffset);
  const TimeDelta queueing = now - sent - propagation_;
  meter.received += DataSize::bytes(static_cast<int64_t>(datagram.size()));
  ++meter.packets;
  meter.worst_queueing = std::max(meter.worst_queueing, queueing);
  meter.queueing.push_back(queueing);
  if (next_.is_never()) next_ = now + TimeDelta::millis(1);
}

void MediaReceiver::on_timeout(Timestamp now) {
  if (!recorder_.is_due(now + kClockOffset)) {
    next_ = now + TimeDelta::millis(5);
    return;
  }
  next_ = now + congestion::ArrivalRecorder::kInterval;
  const auto report = recorder_.take(now + kClockOffset);
  if (report.arrivals.empty()) return;
  std::vector<uint8_t> datagram;
  const auto count =
      static_cast<uint16_t>(report.arrivals.back().sequence - report.base_sequence + 1);
  put(datagram, report.base_sequence);
  put(datagram, count);
  int64_t unit = report.arrivals.front().at.us() / kUnit;
  put(datagram, unit);
  size_t i = 0;
  for (uint16_t n = 0; n < count; ++n) {
    const auto sequence = static_cast<uint16_t>(report.base_sequence + n);
    if (report.arrivals[i].sequence != sequence) {
      put(datagram, kMissing);
      continue;
    }
    const int64_t at = report.arrivals[i++].at.us() / kUnit;
    put(datagram, static_cast<int16_t>(std::clamp<int64_t>(at - unit, -32'000, 32'000)));
    unit = at;
  }
  datagram.resize(datagram.size() + kFeedbackHeaders);
  network_.send(path_, datagram);
}

}  // namespace parley::sim
