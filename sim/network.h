// A deterministic network in virtual time: hosts, and for each host a pair of links to a core
// without delay of its own. Everything that happens follows from the seed and is folded into a
// trace, so a run can be replayed and compared.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <vector>

#include "base/address.h"
#include "base/random.h"
#include "base/units.h"

namespace parley::sim {

// One direction of a host's access link.
struct LinkConfig {
  TimeDelta delay = TimeDelta::millis(10);
  TimeDelta jitter = TimeDelta::zero();      // uniform in [0, jitter); may reorder
  double loss = 0;                           // 0..1, independent
  DataRate rate = DataRate::zero();          // zero: unlimited
  DataSize queue = DataSize::bytes(64'000);  // tail drop beyond
};

// A program on a host. Called at its deadline and for each datagram.
class Node {
 public:
  virtual ~Node() = default;
  virtual void on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) = 0;
  virtual void on_timeout(Timestamp now) = 0;
  virtual Timestamp next_timeout() const = 0;
};

class Network {
 public:
  explicit Network(uint64_t seed) : random_(seed), seed_(seed) {}

  void attach(IpAddress address, Node& node, LinkConfig up = {}, LinkConfig down = {});
  void detach(IpAddress address);
  void set_links(IpAddress address, LinkConfig up, LinkConfig down);

  // From `path.local` to `path.remote`; lost if nobody is there.
  void send(const FlowPath& path, Bytes datagram);

  Timestamp now() const { return now_; }
  // Runs until `end`, or until `stop` holds (asked after each event).
  void run_until(Timestamp end, const std::function<bool()>& stop = {});
  void run_for(TimeDelta time) { run_until(now_ + time); }
  // Runs until `condition` or the limit; false at the limit.
  bool run_until_true(const std::function<bool()>& condition, TimeDelta limit);

  // FNV-1a over time, addresses and bytes of every delivered datagram.
  uint64_t trace() const { return trace_; }
  uint64_t seed() const { return seed_; }
  uint64_t delivered() const { return delivered_; }
  uint64_t lost() const { return lost_; }
  SeededRandom& random() { return random_; }

 private:
  struct Link {
    LinkConfig config;
    Timestamp free_at;  // when the transmitter is idle again
  };
  struct Host {
    Node* node = nullptr;
    Link up;
    Link down;
  };
  struct Event {
    Timestamp at;
    uint64_t order = 0;
    FlowPath path;  // as the receiver sees it
    bool arrived_at_core = false;
    std::vector<uint8_t> bytes;
    bool operator>(const Event& o) const { return at != o.at ? at > o.at : order > o.order; }
  };

  // The time of arrival at the far end, or never when dropped.
  Timestamp pass(Link& link, size_t bytes);
  void deliver(Event event);
  void fold(uint64_t value);

  std::map<IpAddress, Host> hosts_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  SeededRandom random_;
  uint64_t seed_;
  Timestamp now_ = Timestamp::seconds(1);
  uint64_t order_ = 0;
  uint64_t trace_ = 0xcbf29ce484222325;
  uint64_t delivered_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace parley::sim
