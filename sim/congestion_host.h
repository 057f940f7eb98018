// A host of the congestion scenarios: several ends of flows behind one pair of links, told apart by
// port.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "sim/network.h"

namespace parley::sim {

// One end of a flow.
class FlowEnd {
 public:
  virtual ~FlowEnd() = default;
  virtual void on_datagram(Bytes datagram, Timestamp now) = 0;
  virtual void on_timeout(Timestamp now) = 0;
  virtual Timestamp next_timeout() const = 0;
};

class CongestionHost final : public Node {
 public:
  void add(uint16_t port, FlowEnd& end) { ends_[port] = &end; }
  void on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) override {
    const auto end = ends_.find(path.local.port);
    if (end != ends_.end()) end->second->on_datagram(datagram, now);
  }
  void on_timeout(Timestamp now) override {
    for (auto& [port, end] : ends_) {
      if (end->next_timeout() <= now) end->on_timeout(now);
    }
  }
  Timestamp next_timeout() const override {
    Timestamp next = Timestamp::never();
    for (const auto& [port, end] : ends_) next = std::min(next, end->next_timeout());
    return next;
  }

 private:
  std::map<uint16_t, FlowEnd*> ends_;
};

}  // namespace parley::sim
