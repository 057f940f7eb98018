// A TCP sender and receiver as competitors of media flows: selective acknowledgements (RFC 6675 in
// the main), retransmission timeout (RFC 6298), Reno (RFC 5681) or CUBIC (RFC 9438) growth. No
// handshake, no receive window, every segment acknowledged at once.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "sim/congestion_host.h"
#include "sim/congestion_media.h"
#include "sim/network.h"

namespace parley::sim {

enum class TcpGrowth { kReno, kCubic };

struct TcpTransfer {
  Timestamp start;
  uint64_t segments = UINT64_MAX;
};

class TcpSender final : public FlowEnd {
 public:
  static constexpr size_t kSegment = 1'500;

  TcpSender(Network& network, const FlowPath& path, TcpGrowth growth)
      : network_(network), path_(path), growth_(growth) {}

  // Begins a transfer with a fresh window. One at a time.
  void start(const TcpTransfer& transfer);
  bool done() const { return !running_; }

  void on_datagram(Bytes datagram, Timestamp now) override;
  void on_timeout(Timestamp now) override;
  Timestamp next_timeout() const override;
  uint64_t timeouts = 0;

 private:
  struct Segment {
    Timestamp sent;
    bool sacked = false;
    bool lost = false;
    bool retransmitted = false;
  };
  void send_more(Timestamp now);
  void transmit(uint64_t number, Timestamp now);
  void sample_round_trip(TimeDelta sample);
  void detect_loss();
  void on_congestion();
  void grow(double acked, Timestamp now);
  double pipe() const;

  Network& network_;
  FlowPath path_;
  TcpGrowth growth_;
  bool running_ = false;
  bool started_ = false;
  Timestamp start_;
  uint64_t first_ = 0;  // of the transfer
  uint64_t end_ = 0;    // one past its last
  uint64_t next_ = 0;
  uint64_t highest_sacked_ = 0;
  uint64_t recovery_point_ = 0;
  std::map<uint64_t, Segment> outstanding_;
  bool slow_restart_ = false;  // after a timeout: no fast recovery
  double window_ = 10;
  double threshold_ = 1e9;
  double window_max_ = 0;
  Timestamp epoch_;
  bool epoch_set_ = false;
  bool measured_ = false;
  TimeDelta srtt_ = TimeDelta::millis(200);
  TimeDelta variation_ = TimeDelta::millis(100);
  TimeDelta timeout_ = TimeDelta::seconds(1);
  Timestamp deadline_ = Timestamp::never();
};

class TcpReceiver final : public FlowEnd {
 public:
  TcpReceiver(Network& network, const FlowPath& path) : network_(network), path_(path) {}
  void on_datagram(Bytes datagram, Timestamp now) override;
  void on_timeout(Timestamp) override {}
  Timestamp next_timeout() const override { return Timestamp::never(); }

  FlowMeter meter;

 private:
  Network& network_;
  FlowPath path_;
  uint64_t expected_ = 0;
  std::set<uint64_t> beyond_;
};

}  // namespace parley::sim
