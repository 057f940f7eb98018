// A shard and its clients on a simulated network: the stage of the media scenarios.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "dtls/certificate.h"
#include "dtls/deterministic_random.h"
#include "shard/shard.h"
#include "sim/client.h"
#include "sim/network.h"

namespace parley::sim {

// The media side of a server: its shards, each on a port of its own from `kFirstPort` on, and the
// relay between them, which takes no time.
class ServerNode final : public Node {
 public:
  static constexpr uint16_t kFirstPort = 3478;

  ServerNode(Network& network, const dtls::Certificate& certificate, size_t shards = 1);
  void command(const media::Command& command, size_t shard = 0);
  void on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) override;
  void on_timeout(Timestamp now) override;
  Timestamp next_timeout() const override;
  shard::Shard& shard(size_t index = 0) { return *shards_[index]; }
  size_t shards() const { return shards_.size(); }
  uint64_t relayed = 0;  // packets that went from one shard to others
  // Datagrams that come within so much of the first are taken in before anything is sent, as a busy
  // media thread does; zero, the default: each by itself.
  void gather(TimeDelta window) { window_ = window; }
  // A machine that can do no more: each datagram that is sent takes so long, and what arrives
  // meanwhile waits. Zero, the default: none does. Not with gather().
  void slow_down(TimeDelta per_datagram) { cost_ = per_datagram; }
  // What its socket has room for while it waits, and what was lost for want of it.
  void give_room_for(size_t datagrams) { room_ = datagrams; }
  uint64_t lost = 0;
  // How long what was taken in last had waited.
  TimeDelta waited() const { return waited_; }

  std::vector<media::Event> events;
  // Told of each event as it comes, if set.
  std::function<void(const media::Event&)> on_event;

 private:
  void flush(size_t index);
  // What was gathered, and what relays may have made.
  void flush_all();
  // Takes in what waits, unless there is still something to send.
  void work(Timestamp now);
  Network& network_;
  SeededRandom random_;
  std::vector<std::unique_ptr<shard::Shard>> shards_;
  // A message on its way, with what it shows.
  struct Relayed {
    sfu::RelayMessage message;
    std::vector<uint8_t> payload;
    std::vector<uint8_t> dependencies;
  };
  std::deque<Relayed> relays_;
  struct Waiting {
    FlowPath path;
    std::vector<uint8_t> bytes;
    Timestamp arrived;
  };
  TimeDelta cost_;
  TimeDelta waited_;
  Timestamp busy_until_;
  std::deque<Waiting> waiting_;
  size_t room_ = std::numeric_limits<size_t>::max();
  TimeDelta window_;
  Timestamp flush_at_ = Timestamp::never();
  std::deque<std::vector<uint8_t>> gathered_;  // what the shards' plans point into
};

class MediaWorld {
 public:
  explicit MediaWorld(uint64_t seed);

  // Joins the one room; connects at once.
  SimClient& join(const ClientConfig& config = {}, LinkConfig up = {}, LinkConfig down = {});
  void leave(SimClient& client);
  // From now on publishers encode what they are told that is wanted of them; until then,
  // everything. Signalling takes no time.
  void obey_layers();
  bool all_connected() const;
  // The client wants to see these cameras at this height, in this order.
  void view(SimClient& client, const std::vector<const SimClient*>& others, uint16_t height = 720);

  Network network;
  const SocketAddress server_address{IpAddress::v4(10, 0, 0, 1), 3478};
  std::vector<std::unique_ptr<SimClient>> clients;

 private:
  SeededRandom openssl_seed_;
  dtls::DeterministicRandomScope openssl_;
  dtls::Certificate certificate_;

 public:
  ServerNode server;

 private:
  PeerId peer_of(const SimClient& client) const;
  uint32_t next_ = 1;
  std::map<const SimClient*, PeerId> peers_;
};

}  // namespace parley::sim
