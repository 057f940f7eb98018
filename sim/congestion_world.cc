#include "sim/congestion_world.h"

#include <algorithm>
#include <cmath>

namespace parley::sim {
namespace {

constexpr uint16_t kMediaPort = 1'000;
constexpr uint16_t kTcpPort = 2'000;
const IpAddress kNear = IpAddress::v4(10, 0, 0, 1);
constexpr TimeDelta kTcpOneWay = TimeDelta::millis(50);

DataRate capacity_at(const std::vector<CapacityStep>& steps, TimeDelta at) {
  DataRate capacity;
  for (const CapacityStep& step : steps) {
    if (step.at <= at) capacity = step.capacity;
  }
  return capacity;
}

LinkConfig bottleneck(DataRate rate, const CongestionPlan& plan) {
  return {.delay = TimeDelta::zero(),
          .jitter = plan.jitter,
          .loss = plan.loss,
          .rate = rate,
          .queue = rate * plan.queue};
}

class World {
 public:
  World(const CongestionPlan& plan, uint64_t seed)
      : plan_(plan), network_(seed), random_(seed), origin_(network_.now()) {
    network_.attach(kNear, near_);
    trace_.plan = plan;
    for (const MediaPlan& flow : plan.media) add_media(flow);
    for (const TcpPlan& flow : plan.tcp) add_tcp(flow);
    trace_.media.resize(media_.size());
    trace_.packets.resize(media_.size());
    trace_.tcp.resize(tcp_.size());
  }

  CongestionTrace run() {
    for (TimeDelta at; at < plan_.duration; at += CongestionTrace::kSample) {
      const DataRate forward = capacity_at(plan_.forward, at);
      const DataRate backward = capacity_at(plan_.backward, at);
      if (trace_.forward.empty() || trace_.forward.back() != forward ||
          trace_.backward.back() != backward) {
        network_.set_links(kNear, bottleneck(forward, plan_),
                           backward > DataRate::zero() ? bottleneck(backward, plan_) : still());
      }
      trace_.forward.push_back(forward);
      trace_.backward.push_back(backward);
      restart_short_transfers();
      network_.run_until(origin_ + at + CongestionTrace::kSample);
      sample(at);
    }
    for (const Media& m : media_) {
      const double all = static_cast<double>(m.sender->padding_bytes + m.sender->media_bytes);
      trace_.padding_share.push_back(all > 0 ? static_cast<double>(m.sender->padding_bytes) / all
                                             : 0);
    }
    trace_.network_trace = network_.trace();
    return std::move(trace_);
  }

 private:
  struct Media {
    std::unique_ptr<CongestionHost> far;
    std::unique_ptr<MediaSender> sender;
    std::unique_ptr<MediaReceiver> receiver;
  };
  struct Tcp {
    TcpPlan plan;
    std::unique_ptr<CongestionHost> far;
    std::unique_ptr<TcpSender> sender;
    std::unique_ptr<TcpReceiver> receiver;
  };

  static LinkConfig still() { return {.delay = TimeDelta::zero()}; }
  static LinkConfig way(TimeDelta one_way) { return {.delay = one_way}; }
  IpAddress next_far() { return IpAddress::v4(10, 0, 1, ++hosts_); }

  void add_media(const MediaPlan& flow) {
    Media m;
    m.far = std::make_unique<CongestionHost>();
    const IpAddress address = next_far();
    network_.attach(address, *m.far, way(flow.one_way), way(flow.one_way));
    const auto port = static_cast<uint16_t>(kMediaPort + hosts_);
    const FlowPath outward{{kNear, port}, {address, port}};
    const FlowPath inward{{address, port}, {kNear, port}};
    MediaConfig config{.demand = flow.demand, .start = origin_ + flow.start};
    if (!flow.pause.is_infinite()) {
      config.pause = origin_ + flow.pause;
      config.resume = origin_ + flow.resume;
    }
    m.sender = std::make_unique<MediaSender>(network_, flow.backward ? inward : outward, config,
                                             random_.u64());
    m.receiver =
        std::make_unique<MediaReceiver>(network_, flow.backward ? outward : inward, flow.one_way);
    (flow.backward ? *m.far : near_).add(port, *m.sender);
    (flow.backward ? near_ : *m.far).add(port, *m.receiver);
    media_.push_back(std::move(m));
  }

  void add_tcp(const TcpPlan& flow) {
    Tcp t{.plan = flow};
    t.far = std::make_unique<CongestionHost>();
    const IpAddress address = next_far();
    network_.attach(address, *t.far, way(kTcpOneWay), way(kTcpOneWay));
    const auto port = static_cast<uint16_t>(kTcpPort + hosts_);
    const FlowPath outward{{kNear, port}, {address, port}};
    t.sender = std::make_unique<TcpSender>(network_, outward, flow.growth);
    t.receiver = std::make_unique<TcpReceiver>(network_, FlowPath{outward.remote, outward.local});
    near_.add(port, *t.sender);
    t.far->add(port, *t.receiver);
    t.sender->start(transfer(flow, origin_ + flow.start));
    tcp_.push_back(std::move(t));
  }

  TcpTransfer transfer(const TcpPlan& flow, Timestamp from) {
    if (flow.most_bytes == 0) return {.start = from};
    const double uniform = (static_cast<double>(random_.below(1'000'000)) + 1) / 1e6;
    const double pause = -std::log(uniform) * flow.mean_pause.seconds_f();
    const uint64_t bytes = flow.least_bytes + random_.below(flow.most_bytes - flow.least_bytes);
    return {.start = from + TimeDelta::micros(static_cast<int64_t>(pause * 1e6)),
            .segments = bytes / TcpSender::kSegment + 1};
  }

  void restart_short_transfers() {
    for (Tcp& t : tcp_) {
      if (t.sender->done()) t.sender->start(transfer(t.plan, network_.now()));
    }
  }

  static FlowSample take(FlowMeter& meter, DataRate target) {
    const FlowSample sample{.target = target,
                            .received = meter.received / CongestionTrace::kSample,
                            .worst_queueing = meter.worst_queueing};
    meter = {};
    return sample;
  }

  void sample(TimeDelta at) {
    for (size_t i = 0; i < media_.size(); ++i) {
      FlowMeter& meter = media_[i].receiver->meter;
      for (const TimeDelta queueing : meter.queueing) trace_.packets[i].push_back({at, queueing});
      const bool active = media_[i].sender->active(network_.now());
      const DataRate target = media_[i].sender->estimator().target();
      trace_.media[i].push_back(take(meter, active ? target : DataRate::zero()));
    }
    for (size_t i = 0; i < tcp_.size(); ++i)
      trace_.tcp[i].push_back(take(tcp_[i].receiver->meter, DataRate::zero()));
  }

  const CongestionPlan& plan_;
  Network network_;
  SeededRandom random_;
  Timestamp origin_;
  uint8_t hosts_ = 0;
  CongestionHost near_;
  std::vector<Media> media_;
  std::vector<Tcp> tcp_;
  CongestionTrace trace_;
};

}  // namespace

CongestionTrace run_congestion(const CongestionPlan& plan, uint64_t seed) {
  return World(plan, seed).run();
}

}  // namespace parley::sim
