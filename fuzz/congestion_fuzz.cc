// Sequences of sends, feedback reports, reports of loss, round trips and times on a bandwidth
// estimator with its pacer: the target stays within its limits, probes within the demand, and the
// pacer always comes to send again.
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "congestion/bandwidth_estimator.h"
#include "congestion/pacer.h"

using namespace parley;
using namespace parley::congestion;

namespace {

constexpr EstimatorConfig kConfig;
constexpr size_t kMostSteps = 4'000;

class Input {
 public:
  explicit Input(Bytes data) : data_(data) {}
  bool empty() const { return at_ >= data_.size(); }
  uint8_t u8() { return empty() ? 0 : data_[at_++]; }
  uint16_t u16() { return static_cast<uint16_t>(u8() << 8 | u8()); }

 private:
  Bytes data_;
  size_t at_ = 0;
};

struct Machine {
  BandwidthEstimator estimator{kConfig};
  Pacer pacer{kConfig.start};
  Timestamp now = Timestamp::seconds(1);
  uint16_t sequence = 0;
  DataRate demand;
  std::vector<PacketResult> results;

  void send(Input& in) {
    const DataSize size = DataSize::bytes(in.u16());
    for (int count = in.u8() % 16; count >= 0; --count) {
      if (!pacer.can_send(now)) now = std::max(now, pacer.next_send_time());
      PARLEY_CHECK(pacer.can_send(now));
      estimator.on_sent(sequence++, size, now, pacer.probe());
      pacer.on_sent(size, now);
    }
  }

  void feed_back(Input& in) {
    results.clear();
    auto next = static_cast<uint16_t>(sequence - in.u8());
    Timestamp received = now + TimeDelta::millis(static_cast<int16_t>(in.u16()) * 100);
    for (int count = in.u8(); count > 0; --count) {
      const uint8_t kind = in.u8();
      received = received + TimeDelta::micros(static_cast<int8_t>(kind) * 250);
      if (kind == 0x7f) received = received + TimeDelta::seconds(static_cast<int8_t>(in.u8()) * 60);
      if (kind % 5 == 0) {
        results.push_back({next, std::nullopt});
      } else {
        results.push_back({next, received});
      }
      ++next;
    }
    estimator.on_feedback(results, now);
  }

  void step(Input& in) {
    switch (in.u8() % 8) {
      case 0:
      case 1:
        send(in);
        break;
      case 2:
        feed_back(in);
        break;
      case 3:
        now = now + TimeDelta::millis(in.u8());
        break;
      case 4:
        now = now + TimeDelta::millis(in.u16());
        break;
      case 5:
        demand = DataRate::kbps(in.u16());
        estimator.set_demand(demand);
        break;
      case 6:
        estimator.on_round_trip(TimeDelta::millis(static_cast<int16_t>(in.u16())), now);
        break;
      case 7:
        if (in.u8() % 2) {
          estimator.on_remb(DataRate::kbps(in.u16()), now);
        } else {
          estimator.on_loss_report(in.u8() / 255.0, now);
        }
        break;
    }
    estimator.handle_tick(now);
    check();
  }

  void check() {
    PARLEY_CHECK(estimator.target() >= kConfig.least && estimator.target() <= kConfig.most);
    PARLEY_CHECK(estimator.queue_delay() >= TimeDelta::zero());
    PARLEY_CHECK(estimator.round_trip() > TimeDelta::zero());
    ProbeCluster cluster;
    if (estimator.poll_probe(cluster)) {
      PARLEY_CHECK(cluster.id && cluster.packets > 0 && cluster.rate > DataRate::zero());
      pacer.start_probe(cluster, now);
    }
    pacer.set_target(estimator.target());
    PARLEY_CHECK(pacer.next_send_time() - now < TimeDelta::seconds(60));
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input in({data, size});
  Machine machine;
  for (size_t steps = 0; !in.empty() && steps < kMostSteps; ++steps) machine.step(in);
  return 0;
}
