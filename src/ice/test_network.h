// For tests only: a network in virtual time that loses and delays, with NATs, to which agents are
// joined by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/random.h"
#include "ice/datagram.h"

namespace parley::ice {

class TestNetwork {
 public:
  // What is attached at an address: the three verbs, type-erased.
  struct Node {
    std::function<void(const FlowPath&, Bytes, Timestamp)> receive;
    std::function<bool(OutDatagram&)> output;
    std::function<Timestamp()> timeout;
    std::function<void(Timestamp)> wake;
  };

  explicit TestNetwork(uint64_t seed) : random_(seed) {}

  template <typename AgentT>
  void attach(AgentT& agent, const std::vector<SocketAddress>& addresses) {
    const size_t index = nodes_.size();
    nodes_.push_back({
        [&agent](const FlowPath& p, Bytes b, Timestamp t) { agent.handle_stun(p, b, t); },
        [&agent](OutDatagram& d) { return agent.poll_output(d); },
        [&agent] { return agent.poll_timeout().when; },
        [&agent](Timestamp t) { agent.handle_timeout(t); },
    });
    for (const auto& a : addresses) owner_[a] = index;
  }
  void attach(Node node, const SocketAddress& address) {
    owner_[address] = nodes_.size();
    nodes_.push_back(std::move(node));
  }
  // Packets from `inside` leave as `outside`, and only those to `outside` from where something was
  // sent before get in.
  void add_nat(const SocketAddress& inside, const SocketAddress& outside) {
    nats_.push_back({inside, outside, {}});
  }

  int loss_percent = 0;
  TimeDelta delay = TimeDelta::millis(20);
  bool cut = false;
  size_t sent = 0;
  std::function<bool(const OutDatagram&)> drop;  // true: lost

  void run_until(Timestamp end) {
    for (int steps = 0; steps < 200'000; ++steps) {
      drain();
      Timestamp next = end;
      for (const auto& p : in_flight_) next = std::min(next, p.at);
      for (const auto& n : nodes_) next = std::min(next, n.timeout());
      now_ = std::max(now_, next);
      deliver();
      for (const auto& n : nodes_) {
        if (n.timeout() <= now_) n.wake(now_);
      }
      drain();
      if (now_ >= end) return;
    }
    ADD_FAILURE() << "the agents keep asking to be woken at " << now_.ms() << " ms";
  }
  void run_for(TimeDelta span) { run_until(now_ + span); }
  Timestamp now() const { return now_; }

 private:
  struct Nat {
    SocketAddress inside;
    SocketAddress outside;
    std::vector<SocketAddress> opened;
  };
  struct Packet {
    Timestamp at;
    OutDatagram datagram;
  };

  void drain() {
    OutDatagram d;
    for (const auto& n : nodes_) {
      while (n.output(d)) send(d);
    }
  }
  void send(OutDatagram d) {
    ++sent;
    if (drop && drop(d)) return;
    if (cut || static_cast<int>(random_.below(100)) < loss_percent) return;
    for (Nat& nat : nats_) {
      if (d.path.local != nat.inside) continue;
      nat.opened.push_back(d.path.remote);
      d.path.local = nat.outside;
    }
    for (Nat& nat : nats_) {
      if (d.path.remote != nat.outside) continue;
      if (std::ranges::find(nat.opened, d.path.local) == nat.opened.end()) return;
      d.path.remote = nat.inside;
    }
    in_flight_.push_back({now_ + delay, d});
  }
  void deliver() {
    std::vector<Packet> due;
    std::erase_if(in_flight_, [&](const Packet& p) {
      if (p.at > now_) return false;
      due.push_back(p);
      return true;
    });
    for (const Packet& p : due) {
      const auto owner = owner_.find(p.datagram.path.remote);
      if (owner == owner_.end()) continue;
      const FlowPath path{p.datagram.path.remote, p.datagram.path.local};
      nodes_[owner->second].receive(path, p.datagram.data(), now_);
      drain();
    }
  }

  SeededRandom random_;
  Timestamp now_ = Timestamp::seconds(1);
  std::vector<Node> nodes_;
  std::map<SocketAddress, size_t> owner_;
  std::vector<Nat> nats_;
  std::vector<Packet> in_flight_;
};

}  // namespace parley::ice
