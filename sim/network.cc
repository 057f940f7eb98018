#include "sim/network.h"

#include <algorithm>
#include <utility>

namespace parley::sim {

void Network::attach(IpAddress address, Node& node, LinkConfig up, LinkConfig down) {
  hosts_[address] = Host{&node, {up, now_}, {down, now_}};
}

void Network::detach(IpAddress address) {
  hosts_.erase(address);
}

void Network::set_links(IpAddress address, LinkConfig up, LinkConfig down) {
  Host& host = hosts_.at(address);
  host.up.config = up;
  host.down.config = down;
}

Timestamp Network::pass(Link& link, size_t bytes) {
  const LinkConfig& config = link.config;
  if (config.loss > 0 && random_.below(1'000'000) < static_cast<uint64_t>(config.loss * 1e6))
    return Timestamp::never();
  Timestamp sent = now_;
  if (config.rate > DataRate::zero()) {
    const Timestamp start = std::max(now_, link.free_at);
    if ((config.rate * (start - now_)) > config.queue) return Timestamp::never();
    sent = start + DataSize::bytes(static_cast<int64_t>(bytes)) / config.rate;
    link.free_at = sent;
  }
  TimeDelta delay = config.delay;
  if (config.jitter > TimeDelta::zero()) {
    delay += TimeDelta::micros(
        static_cast<int64_t>(random_.below(static_cast<uint64_t>(config.jitter.us()))));
  }
  return sent + delay;
}

void Network::send(const FlowPath& path, Bytes datagram) {
  const auto host = hosts_.find(path.local.ip);
  if (host == hosts_.end()) return;
  const Timestamp at = pass(host->second.up, datagram.size());
  if (at.is_never()) {
    ++lost_;
    return;
  }
  events_.push({at, order_++, {path.remote, path.local}, true, {datagram.begin(), datagram.end()}});
}

void Network::deliver(Event event) {
  const auto host = hosts_.find(event.path.local.ip);
  if (host == hosts_.end()) return;
  if (event.arrived_at_core) {
    event.at = pass(host->second.down, event.bytes.size());
    if (event.at.is_never()) {
      ++lost_;
      return;
    }
    event.arrived_at_core = false;
    event.order = order_++;
    events_.push(std::move(event));
    return;
  }
  fold(static_cast<uint64_t>(now_.us()));
  fold(std::hash<FlowPath>{}(event.path));
  for (const uint8_t b : event.bytes) fold(b);
  ++delivered_;
  host->second.node->on_datagram(event.path, event.bytes, now_);
}

void Network::fold(uint64_t value) {
  trace_ = (trace_ ^ value) * 0x100000001b3;
}

void Network::run_until(Timestamp end, const std::function<bool()>& stop) {
  for (;;) {
    Node* due = nullptr;
    Timestamp next = end;
    for (auto& [address, host] : hosts_) {
      const Timestamp at = host.node->next_timeout();
      if (at < next) {
        next = at;
        due = host.node;
      }
    }
    const bool datagram_first =
        !events_.empty() && events_.top().at <= next && events_.top().at <= end;
    if (datagram_first) {
      now_ = std::max(now_, events_.top().at);
      // The only way to move out of a priority_queue; the order doesn't depend on what is moved.
      Event event = std::move(const_cast<Event&>(events_.top()));
      events_.pop();
      deliver(std::move(event));
    } else if (due) {
      now_ = std::max(now_, next);
      due->on_timeout(now_);
    } else {
      now_ = std::max(now_, end);
      return;
    }
    if (stop && stop()) return;
  }
}

bool Network::run_until_true(const std::function<bool()>& condition, TimeDelta limit) {
  if (condition()) return true;
  run_until(now_ + limit, condition);
  return condition();
}

}  // namespace parley::sim
