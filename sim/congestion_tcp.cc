#include "sim/congestion_tcp.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace parley::sim {
namespace {

constexpr TimeDelta kLeastTimeout = TimeDelta::millis(200);
constexpr TimeDelta kMostTimeout = TimeDelta::seconds(60);
constexpr uint64_t kDuplicates = 3;
constexpr double kRenoBeta = 0.5;
constexpr double kCubicBeta = 0.7;
constexpr double kCubicC = 0.4;

struct Header {
  uint64_t number = 0;      // data: the segment; acknowledgement: the one that caused it
  uint64_t cumulative = 0;  // acknowledgement: all before arrived
  int64_t sent_us = 0;      // echoed
};

}  // namespace

void TcpSender::start(const TcpTransfer& transfer) {
  running_ = true;
  started_ = false;
  start_ = transfer.start;
  first_ = next_;
  end_ = transfer.segments == UINT64_MAX ? UINT64_MAX : next_ + transfer.segments;
  recovery_point_ = next_;
  slow_restart_ = false;
  outstanding_.clear();
  window_ = 10;
  threshold_ = 1e9;
  epoch_set_ = false;
  window_max_ = 0;
  timeout_ = TimeDelta::seconds(1);
  measured_ = false;
  deadline_ = Timestamp::never();
}

double TcpSender::pipe() const {
  double count = 0;
  for (const auto& [number, s] : outstanding_) {
    if (!s.sacked && (!s.lost || s.retransmitted)) ++count;
  }
  return count;
}

void TcpSender::transmit(uint64_t number, Timestamp now) {
  std::vector<uint8_t> datagram(kSegment);
  const Header header{.number = number, .sent_us = now.us()};
  std::memcpy(datagram.data(), &header, sizeof header);
  network_.send(path_, datagram);
  outstanding_[number].sent = now;
  if (deadline_.is_never()) deadline_ = now + timeout_;
}

void TcpSender::send_more(Timestamp now) {
  double flying = pipe();
  for (auto& [number, s] : outstanding_) {
    if (flying >= window_) return;
    if (!s.lost || s.retransmitted || s.sacked) continue;
    s.retransmitted = true;
    transmit(number, now);
    ++flying;
  }
  while (flying < window_ && next_ < end_) {
    transmit(next_++, now);
    ++flying;
  }
}

void TcpSender::sample_round_trip(TimeDelta sample) {
  if (!measured_) {
    srtt_ = sample;
    variation_ = sample / 2;
    measured_ = true;
  } else {
    const TimeDelta off = std::max(srtt_ - sample, sample - srtt_);
    variation_ = (variation_ * 3 + off) / 4;
    srtt_ = (srtt_ * 7 + sample) / 8;
  }
  timeout_ = std::clamp(srtt_ + variation_ * 4, kLeastTimeout, kMostTimeout);
}

void TcpSender::on_congestion() {
  const double beta = growth_ == TcpGrowth::kCubic ? kCubicBeta : kRenoBeta;
  // Fast convergence (RFC 9438 §4.7).
  window_max_ = window_ < window_max_ ? window_ * (1 + kCubicBeta) / 2 : window_;
  threshold_ = std::max(window_ * beta, 2.0);
  window_ = threshold_;
  epoch_set_ = false;
  recovery_point_ = next_;
  slow_restart_ = false;
}

void TcpSender::detect_loss() {
  bool fresh = false;
  for (auto& [number, s] : outstanding_) {
    if (number + kDuplicates > highest_sacked_) break;
    if (s.sacked || s.lost) continue;
    s.lost = true;
    if (number >= recovery_point_) fresh = true;
  }
  if (fresh) on_congestion();
}

void TcpSender::grow(double acked, Timestamp now) {
  if (window_ < threshold_) {
    window_ += acked;
    return;
  }
  const double reno = window_ + acked / window_;
  if (growth_ == TcpGrowth::kReno) {
    window_ = reno;
    return;
  }
  if (!epoch_set_) {
    epoch_ = now;
    epoch_set_ = true;
    window_max_ = std::max(window_max_, window_);
  }
  const double k = std::cbrt((window_max_ - window_max_ * kCubicBeta) / kCubicC);
  const double t = (now - epoch_ + srtt_).seconds_f();
  const double aim = std::min(kCubicC * std::pow(t - k, 3) + window_max_, 1.5 * window_);
  const double cubic = aim > window_ ? window_ + acked * (aim - window_) / window_ : window_;
  window_ = std::max(cubic, reno);  // the Reno-friendly region, simplified
}

void TcpSender::on_datagram(Bytes datagram, Timestamp now) {
  Header header;
  std::memcpy(&header, datagram.data(), sizeof header);
  if (!running_ || header.number < first_) return;
  sample_round_trip(now - Timestamp::micros(header.sent_us));
  double acked = 0;
  const auto hit = outstanding_.find(header.number);
  if (hit != outstanding_.end() && !hit->second.sacked) {
    hit->second.sacked = true;
    ++acked;
  }
  while (!outstanding_.empty() && outstanding_.begin()->first < header.cumulative) {
    if (!outstanding_.begin()->second.sacked) ++acked;
    outstanding_.erase(outstanding_.begin());
    deadline_ = now + timeout_;
  }
  highest_sacked_ = std::max(highest_sacked_, header.number);
  if (outstanding_.empty()) deadline_ = Timestamp::never();
  const bool recovering = header.cumulative < recovery_point_ && !slow_restart_;
  detect_loss();
  if (!recovering && acked > 0) grow(acked, now);
  if (outstanding_.empty() && next_ >= end_) {
    running_ = false;
    return;
  }
  send_more(now);
}

void TcpSender::on_timeout(Timestamp now) {
  if (!running_) return;
  if (!started_) {
    started_ = true;
    send_more(now);
    return;
  }
  if (now < deadline_) return;
  ++timeouts;
  threshold_ = std::max(pipe() / 2, 2.0);
  window_ = 1;
  epoch_set_ = false;
  recovery_point_ = next_;
  slow_restart_ = true;
  for (auto& [number, s] : outstanding_) {
    s.lost = !s.sacked;
    s.retransmitted = false;
  }
  timeout_ = std::min(timeout_ * 2, kMostTimeout);
  deadline_ = now + timeout_;
  send_more(now);
}

Timestamp TcpSender::next_timeout() const {
  if (!running_) return Timestamp::never();
  return started_ ? deadline_ : start_;
}

void TcpReceiver::on_datagram(Bytes datagram, Timestamp) {
  Header header;
  std::memcpy(&header, datagram.data(), sizeof header);
  meter.received += DataSize::bytes(static_cast<int64_t>(datagram.size()));
  ++meter.packets;
  beyond_.insert(header.number);
  while (!beyond_.empty() && *beyond_.begin() <= expected_) {
    if (*beyond_.begin() == expected_) ++expected_;
    beyond_.erase(beyond_.begin());
  }
  std::vector<uint8_t> ack(60);
  header.cumulative = expected_;
  std::memcpy(ack.data(), &header, sizeof header);
  network_.send(path_, ack);
}

}  // namespace parley::sim
