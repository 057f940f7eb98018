// A shard and its clients on a simulated network: the stage of the media scenarios.
#pragma once

#include <cstdint>
#include <functional>
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

class ServerNode final : public Node {
 public:
  ServerNode(Network& network, const dtls::Certificate& certificate);
  void command(const media::Command& command);
  void on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) override;
  void on_timeout(Timestamp now) override;
  Timestamp next_timeout() const override { return shard_.poll_timeout().when; }
  shard::Shard& shard() { return shard_; }

  std::vector<media::Event> events;
  // Told of each event as it comes, if set.
  std::function<void(const media::Event&)> on_event;

 private:
  void flush();
  Network& network_;
  SeededRandom random_;
  shard::Shard shard_;
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
